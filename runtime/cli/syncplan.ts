// Where the program starts: usage and version at once, everything else through main.
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { dropRelativeHome } from '../host/own-home.js';
import { tooFewOpenFiles } from './open-files.js';
import { watchOutput } from './own-output.js';
import { noPlace } from './own-place.js';
import { usage } from './usage.js';

const argv = process.argv.slice(2);
const output = watchOutput(process);
dropRelativeHome(process.env);
// Usage and version need nothing but this file: they must come at once.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`syncplan ${SYNCPLAN_VERSION}\n`);
  end(0);
} else if (argv.length === 1 && (argv[0] === '--help' || argv[0] === '-h' || argv[0] === 'help')) {
  process.stdout.write(usage());
  end(0);
} else {
  const lacking = noPlace() ?? tooFewOpenFiles();
  if (lacking !== null) {
    process.stderr.write(lacking);
    process.exit(1);
  }
  const { main, keep } = await load(argv[0] ?? '');
  const code = await main(argv, process, () => import('../ui/screen.js'));
  keep();
  end(code);
}

/** A handle that something left open must not keep a finished program alive; what was written is written first, and what could
 * not be is known a moment later. */
function end(code: number): void {
  process.stdout.write('', () =>
    setImmediate(() => process.stderr.write('', () => process.exit(output.exitCode(code)))),
  );
}

type Main = typeof import('./main.js');

/** As it is shipped, all the rest is one script whose compiled code is kept; as it is built for tests, it is modules. */
async function load(command: string): Promise<Main & { readonly keep: () => void }> {
  if (SYNCPLAN_PROGRAM === '') return { ...(await import('./main.js')), keep: () => undefined };
  const [{ runCompiled }, { cacheFolder }] = await Promise.all([import('./compiled.js'), import('./history.js')]);
  const script = fileURLToPath(new URL(SYNCPLAN_PROGRAM, import.meta.url));
  const use = /^[a-z]{1,16}$/.test(command) ? command : 'other';
  const { exports, keep } = runCompiled(script, cacheFolder(process.env, homedir()), use);
  return { ...(exports as Main), keep };
}
