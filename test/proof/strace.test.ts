// System calls of real runs fail, or kill the process, at their nth use: nothing is torn, and the same command converges.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { seeded } from '../support/seeded.js';
import { bounded, figure, SEED } from './bounds.js';
import { hold, proving } from './invariants.js';
import { openRealUpgrade, type RealUpgrade } from './real.js';
import { canInject, INJECTIONS, straced } from './strace.js';

type Chosen = readonly [what: keyof typeof INJECTIONS, use: number];

const CHOSEN: readonly Chosen[] = [
  ['syncs fail', 1],
  ['renames kill', 2],
  ['renames kill', 9],
  ['writes find the disk full', 12],
  ['renames fail', 5],
];

/** Anything at any of its first uses: most calls are made less often by one process, and then nothing happens. */
const someOf = (count: number): readonly Chosen[] => {
  const random = seeded(SEED);
  const names = Object.keys(INJECTIONS) as (keyof typeof INJECTIONS)[];
  return Array.from({ length: count }, () => [random.pick(names), 1 + random.below(24)] as const);
};

let upgrade: RealUpgrade | null = null;
test.after(() => upgrade?.close());

const strange = canInject() ? test : test.skip;

strange(
  proving(
    'a call that fails or kills at its nth use leaves old or new, is told by the exit, and the same command converges',
    'every read of a final path is old or new',
    'an existing path that is replaced by its like is never missing',
    'exit 0 exactly when every host was verified',
    'what we overwrote or deleted was baseline content or is kept',
    'nothing outside the roots changes',
    'every run ends',
    'a second run does nothing',
  ),
  async () => {
    upgrade ??= await openRealUpgrade();
    let told = 0;
    for (const [what, n] of bounded(CHOSEN, someOf(10))) {
      const where = `seed ${SEED}: ${what}, use ${n}`;
      upgrade.reset();
      const applied = await upgrade.apply(where, straced(INJECTIONS[what], n));
      upgrade.check(where, applied);
      if (applied.code !== 0) told++;
      await upgrade.converges(where);
    }
    figure('faults', told);
  },
);

strange(proving('a sync that fails is never taken for done', 'acknowledged means new, after any crash'), async () => {
  upgrade ??= await openRealUpgrade();
  upgrade.reset();
  const { code, relations, said } = await upgrade.apply('every sync fails', straced(INJECTIONS['syncs fail'], '1+'));
  const acknowledged = code === 0 || relations?.[0]?.state === 'done';
  assert.match(said, /the disk reports an error/);
  hold('acknowledged means new, after any crash', 'every sync fails', {
    acknowledged,
    now: upgrade.old,
    new: upgrade.new,
  });
});

test.run();
