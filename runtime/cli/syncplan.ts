// Where the program starts: usage and version at once, everything else through main.
import { tooFewOpenFiles } from './open-files.js';
import { usage } from './usage.js';

const argv = process.argv.slice(2);
// Usage and version need nothing but this file: they must come at once.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V'))
  process.stdout.write(`syncplan ${SYNCPLAN_VERSION}\n`);
else if (argv.length === 1 && (argv[0] === '--help' || argv[0] === '-h' || argv[0] === 'help'))
  process.stdout.write(usage());
else {
  const few = tooFewOpenFiles();
  if (few !== null) {
    process.stderr.write(few);
    process.exit(1);
  }
  const { main } = await import('./main.js');
  const code = await main(argv, process);
  // A handle that something left open must not keep a finished program alive; what was written is written first.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
