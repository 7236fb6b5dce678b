// A machine that loses its process or its power before operation n of a run, for every n: nothing is lost, torn or mixed.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { differences, hold, proving } from './invariants.js';
import { keptIn, sightsIn } from './sights.js';
import {
  checkConverges,
  checkKept,
  checkMoment,
  checkRecovered,
  type Image,
  imagesOf,
  imagesOfRecovery,
  recover,
} from './trials.js';
import { readyToUpgrade, type Upgrade } from './upgrade.js';

const SEEDS_EACH = 2;

const upgrade = await readyToUpgrade();
const images = await imagesOf(upgrade.fork(), SEEDS_EACH);

/** Images that stay as they are: each is used by a copy. */
const copyOf = ({ disk }: Image) => disk.image();

test('the run that is to be interrupted is a whole upgrade', async () => {
  const { summary, preview } = await upgrade.fork().run();
  assert.equal(summary.exitCode, 0);
  const kinds = new Set(preview.relations[0]!.changes.map(({ change }) => change));
  assert.deepEqual([...kinds].sort(), ['attributes', 'create', 'delete', 'link', 'replace']);
  assert.ok(images.length > 100, `only ${images.length} images`);
  assert.ok(images.filter(({ acknowledged }) => acknowledged).length >= 1);
  assert.ok(images.some(image => [...sightsIn(image.disk)].length > 0 && image.seed !== null));
});

test(
  proving(
    'whenever the machine dies, what stands there is old or new, and what was said to be done is there',
    'every read of a final path is old or new',
    'an existing path that is replaced by its like is never missing',
    'acknowledged means new, after any crash',
    'what we overwrote or deleted was baseline content or is kept',
    'nothing outside the roots changes',
  ),
  () => {
    for (const image of images) checkMoment(upgrade, image);
  },
);

test(
  proving(
    'whenever the machine dies, it recovers without a master to all old or all new',
    'after recovery a block is all old or all new',
    'what we overwrote or deleted was baseline content or is kept',
  ),
  async () => {
    const ends = { old: 0, new: 0 };
    for (const image of images) {
      const disk = copyOf(image);
      await recover(disk);
      checkRecovered(upgrade, `${image.where}, recovered`, disk);
      ends[sightsIn(disk).get('named') === undefined ? 'old' : 'new']++;
    }
    assert.ok(ends.old > 10 && ends.new > 10, `recovered ${ends.old} times to old, ${ends.new} times to new`);
  },
);

test(
  proving(
    'whenever the machine dies while it recovers, it recovers from that too',
    'after recovery a block is all old or all new',
    'every read of a final path is old or new',
  ),
  async () => {
    let tried = 0;
    for (const image of images.filter((_, i) => i % 23 === 11)) {
      for (const inner of await imagesOfRecovery(copyOf(image), 1)) {
        const where = `${image.where}, and while recovering ${inner.where}`;
        checkMoment(upgrade, { ...inner, where });
        await recover(inner.disk);
        checkRecovered(upgrade, `${where}, recovered`, inner.disk);
        tried++;
      }
    }
    assert.ok(tried > 20, `only ${tried} images while recovering`);
  },
);

test(
  proving(
    'whenever the machine dies, the same command ends well, and once more does nothing',
    'exit 0 exactly when every host was verified',
    'a second run does nothing',
    'what we overwrote or deleted was baseline content or is kept',
  ),
  async () => {
    for (const image of images.filter((_, i) => i % 3 === 0)) await checkConverges(restarted(image), image.where);
  },
);

test(
  proving(
    'a machine that dies right after its run said done has lost nothing that was said',
    'acknowledged means new, after any crash',
  ),
  () => {
    const late = images.filter(({ acknowledged }) => acknowledged);
    for (const { where, disk } of late)
      hold('acknowledged means new, after any crash', where, {
        acknowledged: true,
        now: sightsIn(disk),
        new: upgrade.new,
      });
    for (const { where, disk } of late) checkKept(upgrade, where, disk);
  },
);

test(
  proving(
    'what somebody else writes between a death and the recovery is left alone, or kept',
    'what we overwrote or deleted was baseline content or is kept',
    'every read of a final path is old or new',
  ),
  async () => {
    const later = {
      'app/core': { file: 'theirs, later' },
      large: { file: 'theirs, larger' },
      removed: { file: 'theirs, again' },
    };
    for (const image of images.filter((_, i) => i % 4 === 1)) {
      const trial = restarted(image);
      const { disk, put } = trial.simulation.at('r1');
      put(later);
      disk.settle();
      const theirs = new Map([...sightsIn(disk)].filter(([path]) => path in later));
      const check = (when: string): void =>
        hold('what we overwrote or deleted was baseline content or is kept', `${image.where}, ${when}`, {
          foreign: theirs,
          now: sightsIn(disk),
          kept: keptIn(disk),
        });
      await recover(disk);
      check('recovered');
      for (let attempt = 1; attempt <= 3; attempt++) {
        const { summary } = await trial.run();
        check(`run ${attempt}`);
        if (summary.exitCode === 0) break;
        assert.ok(attempt < 3, `${image.where}: exit ${summary.exitCode}`);
      }
      assert.deepEqual(differences(sightsIn(disk), trial.new), [], image.where);
    }
  },
);

const restarted = (image: Image): Upgrade => {
  const again = upgrade.fork();
  again.simulation.restart('r1', copyOf(image));
  return again;
};

test.run();
