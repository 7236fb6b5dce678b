// Kills at random moments of real upgrades over SSH: never a torn, mixed or missing file, and the same command converges.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { seeded } from '../support/seeded.js';
import { bounded, figure, SEED } from './bounds.js';
import { proving } from './invariants.js';
import { type KillStage, openKillStage } from './kill-loop.js';
import type { Victim } from './kill-once.js';

const VICTIMS: readonly Victim[] = ['client', 'agent', 'master-agent', 'agent', 'client', 'agent'];

/** A round of a soak has more than twenty kills, and the next has other moments. */
const ROUNDS = bounded(VICTIMS.slice(0, 3), Array.from({ length: 4 }, () => VICTIMS).flat());

let stage: KillStage;
test.before(async () => {
  stage = await openKillStage('consistency lock { wait 30s; hold 5m }');
});
test.after(async () => {
  await stage?.close();
});

test(
  proving(
    'whoever is killed at whatever moment, what is read is old or new, the run ends, and the same command converges',
    'every read of a final path is old or new',
    'an existing path that is replaced by its like is never missing',
    'after recovery a block is all old or all new',
    'exit 0 exactly when every host was verified',
    'every run ends',
  ),
  async () => {
    const random = seeded(SEED);
    let killed = 0;
    for (const [i, victim] of ROUNDS.entries()) {
      const round = await stage.round(victim, random, `seed ${SEED}, round ${i + 1}, ${victim} killed`);
      if (round.killed) killed++;
    }
    assert.ok(killed >= ROUNDS.length / 2, `only ${killed} kills hit`);
    figure('kills', killed);
    figure('runs', 2 * ROUNDS.length + 1);
    await stage.tidies(`seed ${SEED}`);
    const wrong = await stage.reader.stop();
    assert.ok(stage.reader.reads() > 1000, `only ${stage.reader.reads()} reads`);
    figure('reads', stage.reader.reads());
    assert.deepEqual(wrong, [], `seed ${SEED}: what a reader may never see`);
  },
);

test.run();
