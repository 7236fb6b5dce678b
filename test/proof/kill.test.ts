// Kills at random moments of real upgrades over SSH: never a torn, mixed or missing file, and the same command converges.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { seeded } from '../support/seeded.js';
import { proving } from './invariants.js';
import { type KillStage, openKillStage } from './kill-loop.js';
import type { Victim } from './kill-once.js';

/** More of them in `npm run soak`. */
const ROUNDS: readonly Victim[] = ['client', 'agent', 'master-agent', 'agent', 'client', 'agent'];

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
    const seed = Number(process.env.SYNCPLAN_SEED ?? 20_261_121);
    const random = seeded(seed);
    let killed = 0;
    for (const [i, victim] of ROUNDS.entries()) {
      const round = await stage.round(victim, random, `seed ${seed}, round ${i + 1}, ${victim} killed`);
      if (round.killed) killed++;
    }
    assert.ok(killed >= ROUNDS.length / 2, `only ${killed} kills hit`);
    await stage.tidies(`seed ${seed}`);
    const wrong = await stage.reader.stop();
    assert.ok(stage.reader.reads() > 1000, `only ${stage.reader.reads()} reads`);
    assert.deepEqual(wrong, [], `seed ${seed}: what a reader may never see`);
  },
);

test.run();
