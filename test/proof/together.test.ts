// Hosts that switch together: when one of them does not get ready, no other has switched – wherever it dies.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { figure, SEED, THOROUGH } from './bounds.js';
import { differences, hold, proving } from './invariants.js';
import { sightsIn } from './sights.js';
import { checkConverges, recover } from './trials.js';
import { BLOCK, readyToUpgrade } from './upgrade.js';

/** Operations from one death to the next; so many rounds of a soak in a row have one at each. */
const STRIDE = 9;

test(
  proving(
    'wherever one of two hosts dies before it is ready, the other has not switched; and later both converge',
    'after recovery a block is all old or all new',
    'every run ends',
    'exit 0 exactly when every host was verified',
  ),
  async () => {
    const ready = await readyToUpgrade({ remotes: 2, block: { ...BLOCK, commit: 'together' } });
    const ends = { early: 0, late: 0 };
    for (let n = THOROUGH ? 1 + (SEED % STRIDE) : 1; ; n += STRIDE) {
      const trial = ready.fork();
      const one = trial.simulation.at('r1').disk;
      const two = trial.simulation.at('r2').disk;
      let count = 0;
      let where = '';
      one.disturb = ({ verb, name }) => {
        if (++count < n) return null;
        where = `r1 dies at operation ${count} (${verb} ${name})`;
        return one.die();
      };
      let isReady = false;
      const began = Date.now();
      const { summary } = await trial.run({
        options: {
          emit: event => {
            if (event.type === 'block' && event.host === 'r1' && event.state === 'committing') isReady = true;
          },
        },
      });
      if (where === '') break;
      hold('every run ends', where, { ended: true, seconds: (Date.now() - began) / 1000, within: 10 });
      const other = sightsIn(two);
      if (isReady) ends.late++;
      else {
        ends.early++;
        assert.deepEqual(differences(other, trial.old), [], `${where}: r2 has switched, though r1 was not ready`);
        assert.notEqual(summary.exitCode, 0, where);
      }
      hold('after recovery a block is all old or all new', `${where}, r2`, {
        now: other,
        old: trial.old,
        new: trial.new,
      });
      const image = one.image();
      await recover(image);
      hold('after recovery a block is all old or all new', `${where}, r1`, {
        now: sightsIn(image),
        old: trial.old,
        new: trial.new,
      });
      trial.simulation.restart('r1', image);
      await checkConverges(trial, where, ['r1', 'r2']);
    }
    figure('faults', ends.early + ends.late);
    assert.ok(ends.early > 5 && ends.late > 5, `${ends.early} deaths before it was ready, ${ends.late} after`);
  },
);

test.run();
