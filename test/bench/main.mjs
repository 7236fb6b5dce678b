// `npm run bench [-- options] [names…]`: this program beside rsync, or OpenSSH's sftp, over the same real SSH, whole processes, best of N.
//
//   --json          rows as JSON instead of a table
//   --scale 0.1     a tenth of the files and bytes, for a quick look
//   --rounds 3      each side runs so often, in turns; the best counts
//   --same-cipher   rsync's ssh also prefers aes128-gcm (syncplan asks for it by itself)
//   names           the cases below, by name; all if none is given
//
// Every round writes into a folder that was never used: after a big removal file systems are slow for everybody; and it begins
// on a machine that has come to rest (settle.mjs). Memory is the peak resident size of the process that was started and of its
// children here that are not ssh.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import * as bulk from './bulk.mjs';
import * as delta from './delta.mjs';
import * as farKinds from './far-kinds.mjs';
import * as idle from './idle.mjs';
import * as memory from './memory.mjs';
import * as model from './model-rows.mjs';
import * as moves from './moves.mjs';
import * as routes from './routes.mjs';
import { makeBench } from './runner.mjs';
import * as screen from './screen.mjs';
import { tableOf } from './table.mjs';
import { checksOf } from './targets.mjs';

/** In the order in which they run. */
const CASES = {
  ...idle.cases,
  ...bulk.cases,
  ...delta.cases,
  ...moves.cases,
  ...farKinds.cases,
  ...routes.cases,
  ...memory.cases,
  ...screen.cases,
  ...model.cases,
};

// Certificates that every Node.js would read before it begins, where this machine names some: no side asks anybody for one.
delete process.env.NODE_EXTRA_CA_CERTS;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    'same-cipher': { type: 'boolean', default: false },
  },
});
const scale = Number(values.scale);
const rounds = Number(values.rounds);
if (!(scale > 0 && scale <= 10 && Number.isInteger(rounds) && rounds > 0)) {
  console.error('--scale is a number above 0, --rounds a whole number from 1 on');
  process.exit(64);
}
const unknown = positionals.find(name => !Object.hasOwn(CASES, name));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; there are ${Object.keys(CASES).join(', ')}`);
  process.exit(64);
}

if (spawnSync(process.execPath, ['test/support/build.mjs', '--keep'], { stdio: 'inherit' }).status !== 0)
  process.exit(1);
const bench = await makeBench({ scale, rounds, sameCipher: values['same-cipher'] });
process.once('SIGINT', () => void bench.tidy().then(() => process.exit(130)));
try {
  for (const [name, run] of Object.entries(CASES))
    if (positionals.length === 0 || positionals.includes(name)) await run(bench);
} finally {
  await bench.tidy();
}
if (scale !== 1 && !values.json)
  console.log('What is wanted is wanted at --scale 1; smaller, the time of connecting counts for more.\n');
const told = row => ({ ...row, checks: checksOf(row) });
console.log(values.json ? JSON.stringify(bench.rows.map(told), null, 2) : tableOf(bench.rows));
