// A machine that loses its process or its power before operation n of a run, for every n: nothing is lost, torn or mixed.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { bounded, figure, SEED, THOROUGH } from './bounds.js';
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
import { readyToUpgrade, SCENARIOS, type Upgrade, type UpgradeOptions } from './upgrade.js';

const SEEDS_EACH = bounded(2, 4);
/** Every crash of a soak has a seed of its own: one round takes fewer than this. */
const FIRST_SEED = THOROUGH ? (SEED * 10_000) >>> 0 : 0;

test('the run that is to be interrupted is a whole upgrade', async () => {
  const upgrade = await readyToUpgrade();
  const images = await imagesOf(upgrade.fork(), SEEDS_EACH);
  const { summary, preview } = await upgrade.run();
  assert.equal(summary.exitCode, 0);
  const kinds = new Set(preview.relations[0]!.changes.map(({ change }) => change));
  assert.deepEqual([...kinds].sort(), ['attributes', 'create', 'delete', 'link', 'replace']);
  assert.ok(images.length > 100, `only ${images.length} images`);
  assert.ok(images.filter(({ acknowledged }) => acknowledged).length >= 1);
  assert.ok(images.some(({ disk, seed }) => sightsIn(disk).size > 0 && seed !== null));
});

const testScenario = (scenario: string, options: UpgradeOptions): void => {
  let preparing: Promise<{ readonly upgrade: Upgrade; readonly images: readonly Image[] }> | null = null;
  const prepared = () => {
    preparing ??= readyToUpgrade(options).then(async upgrade => ({
      upgrade,
      images: await imagesOf(upgrade.fork(), SEEDS_EACH, FIRST_SEED),
    }));
    return preparing;
  };

  test(
    proving(
      `${scenario}: whenever the machine dies, what stands there is old or new, and what was said to be done is there`,
      'every read of a final path is old or new',
      'an existing path that is replaced by its like is never missing',
      'acknowledged means new, after any crash',
      'what we overwrote or deleted was baseline content or is kept',
      'nothing outside the roots changes',
    ),
    async () => {
      const { upgrade, images } = await prepared();
      for (const image of images) checkMoment(upgrade, image);
      figure('images', images.length);
    },
  );

  test(
    proving(
      `${scenario}: whenever the machine dies, it recovers without a master to all old or all new`,
      'after recovery a block is all old or all new',
      'what we overwrote or deleted was baseline content or is kept',
    ),
    async () => {
      const { upgrade, images } = await prepared();
      const ends = { old: 0, new: 0 };
      for (const image of images) {
        const disk = copyOf(image);
        await recover(disk);
        checkRecovered(upgrade, `${image.where}, recovered`, disk);
        ends[differences(sightsIn(disk), upgrade.old).length === 0 ? 'old' : 'new']++;
      }
      assert.ok(ends.old > 5 && ends.new > 5, `recovered ${ends.old} times to old, ${ends.new} times to new`);
    },
  );

  test(
    proving(
      `${scenario}: whenever the machine dies while it recovers, it recovers from that too`,
      'after recovery a block is all old or all new',
      'every read of a final path is old or new',
    ),
    async () => {
      const { upgrade, images } = await prepared();
      let tried = 0;
      const stride = Math.ceil(images.length / bounded(9, 40));
      for (const image of images.filter((_, i) => i % stride === Math.min(4, stride - 1))) {
        for (const inner of await imagesOfRecovery(copyOf(image), 1, FIRST_SEED)) {
          const where = `${image.where}, and while recovering ${inner.where}`;
          checkMoment(upgrade, { ...inner, where });
          await recover(inner.disk);
          checkRecovered(upgrade, `${where}, recovered`, inner.disk);
          tried++;
        }
      }
      figure('images', tried);
      assert.ok(tried > 5, `only ${tried} images while recovering`);
    },
  );

  test(
    proving(
      `${scenario}: whenever the machine dies, the same command ends well, and once more does nothing`,
      'exit 0 exactly when every host was verified',
      'a second run does nothing',
      'what we overwrote or deleted was baseline content or is kept',
    ),
    async () => {
      const { upgrade, images } = await prepared();
      for (const image of images.filter((_, i) => i % bounded(3, 1) === 0))
        await checkConverges(restarted(upgrade, image), image.where);
    },
  );

  test(
    proving(
      `${scenario}: a machine that dies right after its run said done has lost nothing that was said`,
      'acknowledged means new, after any crash',
    ),
    async () => {
      const { upgrade, images } = await prepared();
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
      `${scenario}: what somebody else writes between a death and the recovery is left alone, or kept`,
      'what we overwrote or deleted was baseline content or is kept',
      'every read of a final path is old or new',
    ),
    async () => {
      const { upgrade, images } = await prepared();
      const later = {
        'app/core': { file: 'theirs, later' },
        large: { file: 'theirs, larger' },
        removed: { file: 'theirs, again' },
      };
      for (const image of images.filter((_, i) => i % bounded(4, 2) === 1)) {
        const trial = restarted(upgrade, image);
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
};

/** Images stay as they are: each is used by a copy. */
const copyOf = ({ disk }: Image) => disk.image();

const restarted = (upgrade: Upgrade, image: Image): Upgrade => {
  const again = upgrade.fork();
  again.simulation.restart('r1', copyOf(image));
  return again;
};

const NAMES = Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[];
const chosen = process.env.SYNCPLAN_SCENARIO ?? (THOROUGH ? NAMES[SEED % NAMES.length] : undefined);
for (const scenario of NAMES) if ((chosen ?? scenario) === scenario) testScenario(scenario, SCENARIOS[scenario]);

test.run();
