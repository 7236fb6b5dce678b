// Roots that are not what they were: emptied, unmounted, gone. Nothing is written, on either side, and the exit says 4.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { figure } from './bounds.js';
import { differences, hold, proving } from './invariants.js';
import { sightsIn } from './sights.js';
import { isReading } from './trials.js';
import { BLOCK, readyToUpgrade, type Upgrade } from './upgrade.js';

/** The block with the guard that stands in a plan without `max`. */
const GUARDED = {
  ...BLOCK,
  delete: { mode: 'mirror', maxPercent: null, maxFiles: null, protect: [], trash: 3600 },
} as const;

/** Runs, and counts what was written on the remote's disk. */
const runWatched = async (trial: Upgrade, acceptRoots: readonly string[] = []) => {
  const { disk } = trial.simulation.at('r1');
  let writes = 0;
  disk.disturb = ({ verb }) => {
    if (!isReading(verb)) writes++;
    return null;
  };
  const ran = await trial.run({ options: { acceptRoots } });
  disk.disturb = () => null;
  return { ...ran, writes };
};

const refusing = (what: string, damage: (trial: Upgrade) => void): void =>
  test(
    proving(
      `${what}: refused with 4, and not a byte is written`,
      "deletions are a subset of the plan's",
      'nothing outside the roots changes',
    ),
    async () => {
      const trial = await readyToUpgrade({ block: GUARDED });
      damage(trial);
      const before = sightsIn(trial.simulation.at('r1').disk);
      const { summary, writes } = await runWatched(trial);
      assert.equal(summary.exitCode, 4, JSON.stringify(summary));
      assert.equal(writes, 0);
      const now = sightsIn(trial.simulation.at('r1').disk);
      hold("deletions are a subset of the plan's", what, { before, now, planned: new Set() });
      hold('nothing outside the roots changes', what, { before, now });
      figure('faults', 1);
    },
  );

const emptied = (trial: Upgrade, id: string): void => {
  const place = trial.simulation.at(id);
  const names = [...sightsIn(place.disk).keys()].filter(path => !path.includes('/'));
  for (const name of names) place.drop(name);
  place.disk.settle();
};

refusing('half of the master is gone', trial => {
  const master = trial.simulation.at('m');
  for (const name of ['app', 'bin', 'large', 'named']) master.drop(name);
});

refusing('the master is empty', trial => emptied(trial, 'm'));

refusing('the remote is an empty mount point', trial => {
  const place = trial.simulation.at('r1');
  emptied(trial, 'r1');
  place.drop('.syncplan');
  place.disk.settle();
});

refusing('the remote has the marker of another root', trial => {
  const { disk } = trial.simulation.at('r1');
  const marker = disk.find('/place/.syncplan/marker');
  assert.ok('content' in marker);
  marker.content = Buffer.alloc(0);
  disk.settle();
});

test(
  proving(
    'an empty mount point that is accepted is filled like any other root',
    'exit 0 exactly when every host was verified',
  ),
  async () => {
    const trial = await readyToUpgrade({ block: GUARDED });
    emptied(trial, 'r1');
    trial.simulation.at('r1').drop('.syncplan');
    const { summary } = await runWatched(trial, ['r1']);
    const now = sightsIn(trial.simulation.at('r1').disk);
    hold('exit 0 exactly when every host was verified', 'accepted', {
      exitCode: summary.exitCode,
      hosts: [{ done: summary.relations[0]!.state === 'done', now, new: trial.new }],
    });
    assert.deepEqual(differences(now, trial.new), []);
  },
);

test.run();
