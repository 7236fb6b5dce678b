// Runs the tests against deliberately broken variants of the compiled program: each must be caught, and the score is told.
//
// `node test/proof/mutants.mjs [--quick] [part of a name…]`, after a build; all of them in `npm run soak`.
// `--fit` runs nothing: it names those whose words are no longer in the program. Each mutant is a copy of build/ in which a few
// words of one file were changed. The tree it was made of is never touched.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { MUTANTS } from './mutant-list.mjs';

const TIMEOUT_MS = 180_000;
const AT_ONCE = 2;
/** One scenario instead of all. */
const QUICK = process.argv.includes('--quick');

/** What became of each: `caught` by a test, `survived` all of them, or not a mutant at all (`misfit`, `stillborn`). */
export const runMutants = async (mutants, say) => {
  const score = { caught: 0, survived: [], broken: [] };
  const queue = [...mutants];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const { end, by, seconds } = await tryMutant(mutant);
        if (end === 'caught') score.caught++;
        else if (end === 'survived') score.survived.push(mutant.name);
        else score.broken.push(`${mutant.name}: ${end}`);
        say(
          `${end === 'caught' ? 'ok  ' : 'FAIL'} ${mutant.name}: ${end}${by === '' ? '' : ` by ${by}`} (${seconds.toFixed(1)} s)`,
        );
      }
    }),
  );
  await stop();
  return score;
};

const tryMutant = async mutant => {
  const began = Date.now();
  const place = mkdtempSync(join(tmpdir(), 'syncplan-mutant-'));
  const told = (end, by = '') => ({ end, by, seconds: (Date.now() - began) / 1000 });
  try {
    copyTree(place);
    const why = change(place, mutant);
    if (why !== null) return told(why);
    if (mutant.program === true) await bundle(place);
    if (mutant.gross !== true && (await runNode(place, 'build/test/proof/viable.js')) !== 0)
      return told('stillborn: an undisturbed run fails');
    for (const part of mutant.tests) {
      for (const test of filesOf(part))
        if ((await runNode(place, test)) !== 0) return told('caught', test.replace(/^build\/test\/|\.test\.js$/g, ''));
    }
    return told('survived');
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
};

/** Hard links, so that it costs next to nothing: a file that is changed is unlinked first. */
const copyTree = place => {
  for (const folder of ['build', 'tmp']) mkdirSync(join(place, folder));
  spawnLinks('build', join(place, 'build'));
  cpSync('package.json', join(place, 'package.json'));
  for (const name of ['node_modules', 'test', 'plans']) symlinkSync(resolve(name), join(place, name));
  if (existsSync('dist')) spawnLinks('dist', join(place, 'dist'));
};

const spawnLinks = (from, to) => cpSync(from, to, { recursive: true, mode: 0 });

const change = (place, { file, from, to }) => {
  const path = join(place, file);
  const parts = partsOf(path, from);
  if (parts.length !== 2) return `misfit: its words occur ${parts.length - 1} times in ${file}`;
  unlinkSync(path);
  writeFileSync(path, parts.join(to));
  return null;
};

const partsOf = (path, words) =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
        .split(words)
    : [''];

/** The program as it is shipped, from the compiled files with the mutant among them. */
const bundle = async place => {
  const require =
    "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
  const common = {
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node18',
    banner: { js: require },
    logLevel: 'error',
  };
  rmSync(join(place, 'dist'), { recursive: true, force: true });
  const at = name => join(place, name);
  await build({
    ...common,
    entryPoints: [at('build/runtime/cli/agent.js')],
    outfile: at('dist/agent.cjs'),
    format: 'cjs',
    banner: {},
  });
  await build({
    ...common,
    entryPoints: [at('build/runtime/cli/syncplan.js')],
    outdir: at('dist'),
    splitting: true,
    external: ['react-devtools-core'],
  });
};

const filesOf = part => {
  const list = TESTS.filter(name => name.includes(part));
  if (list.length === 0) throw new Error(`no test file matches ${part}`);
  return list;
};

/** The exit code; the first test that fails is enough, and one that hangs is caught as well. */
const runNode = (cwd, path) => {
  const child = spawn(process.execPath, [path], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      NO_COLOR: '1',
      TMPDIR: join(cwd, 'tmp'),
      ...(QUICK ? { SYNCPLAN_SCENARIO: 'a whole upgrade' } : {}),
    },
  });
  const timer = setTimeout(() => killGroup(child.pid), TIMEOUT_MS);
  child.stdout.setEncoding('utf8').on('data', text => {
    if (text.includes('✘')) killGroup(child.pid);
  });
  return new Promise(done => {
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      killGroup(child.pid);
      done(code ?? signal);
    });
  });
};

const killGroup = pid => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
};

const TESTS = (await import('node:fs'))
  .readdirSync('build/test', { recursive: true })
  .filter(name => name.endsWith('.test.js'))
  .map(name => join('build/test', name));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const parts = args.filter(arg => !arg.startsWith('--'));
  if (args.includes('--fit')) {
    const misfits = MUTANTS.filter(({ file, from }) => partsOf(file, from).length !== 2);
    for (const { name, file } of misfits) console.log(`${name}: its words are not once in ${file}`);
    process.exit(misfits.length > 0 ? 1 : 0);
  }
  const chosen = MUTANTS.filter(({ quick }) => !args.includes('--quick') || quick === true).filter(
    ({ name }) => parts.length === 0 || parts.some(part => name.includes(part)),
  );
  const { caught, survived, broken } = await runMutants(chosen, line => console.log(line));
  console.log(`${caught} of ${chosen.length} mutants caught`);
  process.exitCode = survived.length + broken.length > 0 || chosen.length === 0 ? 1 : 0;
}
