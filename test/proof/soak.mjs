// `npm run soak [-- options] [parts…]`: the tests of this room again and again, with more of everything and other seeds.
//
//   --minutes 30      no round is begun that would not be over by then
//   --seed 1          of the first round of each part, the next has the next; else the time of day
//   --json            the figures as JSON instead of a table; the lines of the rounds go to standard error
//   parts             all that are in PARTS if none is given
//
// What fails ends the soak with 1, and with the command that repeats it. Nothing that was done in a red round is counted.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { excerpt, judge, runFile } from '../support/run.mjs';
import { MUTANTS } from './mutant-list.mjs';

/** Test files, each with the seconds of a round on two cores: parts get their turns so that each has the same time. */
const PARTS = {
  crash: 20,
  faults: 30,
  damage: 5,
  kill: 120,
  model: 75,
  combos: 120,
  strace: 45,
  interleave: 30,
  together: 10,
  clocks: 5,
  roots: 5,
  disks: 15,
  surroundings: 45,
  mutants: 20,
};
const KEYS = ['rounds', 'images', 'faults', 'kills', 'runs', 'reads', 'mutants', 'caught', 'skipped'];
const MUTANTS_AT_ONCE = 4;
/** Tests bound themselves; this is for what hangs in spite of that. */
const LONGEST_MS = 900_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    json: { type: 'boolean', default: false },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0 && Number.isSafeInteger(seed) && seed >= 0)) stop('--minutes is above 0, --seed a whole number');
const unknown = positionals.find(name => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) stop(`there is no part "${unknown}"; there are ${Object.keys(PARTS).join(', ')}`);

if (spawnSync(process.execPath, ['test/support/build.mjs'], { stdio: 'inherit' }).status !== 0) process.exit(1);
const say = text => (values.json ? process.stderr : process.stdout).write(`${text}\n`);
const began = Date.now();
const elapsed = () => (Date.now() - began) / 1000;
const parts = Object.keys(PARTS)
  .filter(name => positionals.length === 0 || positionals.includes(name))
  .map(name => ({ name, rounds: 0, figures: {} }));
let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
  say('interrupted: the soak ends after this round');
});
let violation = null;
for (let part = next(); part !== undefined && violation === null && !interrupted; part = next())
  violation = await runRound(part);
tell();
process.exitCode = violation !== null ? 1 : interrupted ? 130 : 0;

/** Of those that still fit in, the part that has had the least time. */
function next() {
  const used = ({ name, rounds }) => (rounds + 1) * PARTS[name];
  return parts
    .filter(({ name }) => elapsed() + PARTS[name] <= minutes * 60)
    .filter(({ name, rounds }) => name !== 'mutants' || rounds * MUTANTS_AT_ONCE < MUTANTS.length)
    .sort((a, b) => used(a) - used(b))[0];
}

/** What went wrong, or null. */
async function runRound(part) {
  const { path, args, env } = roundOf(part);
  const ran = await runFile(path, { args, env, timeoutMs: LONGEST_MS });
  const { why, skipped } = part.name === 'mutants' ? judgeMutants(ran) : judge(ran);
  const figures = { ...figuresIn(ran.output), ...(skipped > 0 ? { skipped } : {}) };
  const shown = Object.entries(figures).map(([name, count]) => `${count} ${name}`);
  const which = part.name === 'mutants' ? '' : `, seed ${env.SYNCPLAN_SEED}`;
  say(
    `${why === null ? 'ok  ' : 'FAIL'} ${part.name}, round ${part.rounds + 1}${which}: ${shown.join(', ')} (${ran.seconds.toFixed(0)} s)`,
  );
  if (why === null) {
    part.rounds++;
    part.figures = plus(part.figures, figures);
    return null;
  }
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `);
  const command = `${settings.join('')}node ${[path, ...args.map(arg => `'${arg}'`)].join(' ')}`;
  say(`${excerpt(ran.output)}\n${part.name}: ${why}. To repeat it: ${command}`);
  const [, invariant = null] = /broken is "([^"]+)"/.exec(ran.output) ?? [];
  return { part: part.name, why, invariant, seed: env.SYNCPLAN_SEED ?? null, command };
}

/** They are no test file: the exit says it all. */
function judgeMutants({ code }) {
  return { why: code === 0 ? null : `exit ${code}`, skipped: 0 };
}

/** Mutants are what they are: each is tried once, from the seed on, by the tests as `npm test` has them. */
function roundOf({ name, rounds }) {
  if (name !== 'mutants') {
    const env = { SYNCPLAN_THOROUGH: '1', SYNCPLAN_SEED: String(seed + rounds) };
    return { path: `build/test/proof/${name}.test.js`, args: [], env };
  }
  const first = (seed + rounds) % Math.ceil(MUTANTS.length / MUTANTS_AT_ONCE);
  const chosen = MUTANTS.slice(first * MUTANTS_AT_ONCE, (first + 1) * MUTANTS_AT_ONCE);
  return { path: 'test/proof/mutants.mjs', args: chosen.map(({ name }) => name), env: {} };
}

/** What was said to be done: by test files as `figure NAME COUNT`, of mutants in the last line. */
function figuresIn(output) {
  const [, caught, mutants] = /^(\d+) of (\d+) mutants caught$/m.exec(output) ?? [];
  const score = caught === undefined ? {} : { mutants: Number(mutants), caught: Number(caught) };
  return [...output.matchAll(/\bfigure (\w+) (\d+)$/gm)].reduce(
    (sum, [, name, count]) => plus(sum, { [name]: Number(count) }),
    score,
  );
}

function tell() {
  const rows = parts.map(({ name, rounds, figures }) => ({ part: name, rounds, ...figures }));
  const all = parts.reduce((sum, { rounds, figures }) => plus(sum, { rounds, ...figures }), { part: 'all' });
  const [spent, violations] = [Number((elapsed() / 60).toFixed(1)), violation === null ? [] : [violation]];
  if (values.json) {
    const told = { seed, minutes: spent, parts: rows, all, allMutants: MUTANTS.length, violations };
    console.log(JSON.stringify(told, null, 2));
    return;
  }
  const line = cells => cells.map((cell, i) => (i === 0 ? cell.padEnd(14) : String(cell).padStart(9))).join('');
  console.log(`\n${line(['part', ...KEYS])}`);
  for (const row of [...rows, all]) console.log(line([row.part, ...KEYS.map(key => row[key] ?? '')]));
  const unheard = parts.filter(({ rounds }) => rounds === 0).map(({ name }) => name);
  if (unheard.length > 0) console.log(`without a whole round: ${unheard.join(', ')}`);
  console.log(`${violations.length} violations in ${spent} minutes, seed ${seed}; there are ${MUTANTS.length} mutants`);
}

/** One sum for every key that either has. */
function plus(a, b) {
  const sum = { ...a };
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

function stop(why) {
  console.error(why);
  process.exit(64);
}
