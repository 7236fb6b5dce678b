// Operation n of a run fails, or its machine dies at it, for every n: the run ends and says so, and the next one converges.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { fault, type Operation } from '../support/memory-disk.js';
import { seeded } from '../support/seeded.js';
import type { Ran } from '../support/simulated-session.js';
import { bounded, figure, isTurn, THOROUGH } from './bounds.js';
import { hold, proving } from './invariants.js';
import { sightsIn } from './sights.js';
import { checkConverges, checkKept, isReading } from './trials.js';
import { readyToUpgrade, SCENARIOS, type Upgrade } from './upgrade.js';

const CODES = ['EIO', 'ENOSPC', 'EROFS', 'EACCES'];

/** Rounds of a soak in which every operation has failed in every way; else all that write fail, and some that read. */
const SLICES = 16;

/** Every operation of an undisturbed run, in order. */
const operationsOf = async (ready: Upgrade): Promise<Operation[]> => {
  const trial = ready.fork();
  const seen: Operation[] = [];
  trial.simulation.at('r1').disk.disturb = operation => {
    seen.push(operation);
    return null;
  };
  await trial.run();
  return seen;
};

const ready = await readyToUpgrade();
const operations = await operationsOf(ready);

/** A run in which the host's disk is disturbed at its operation n, counted from 1. */
const runWith = async (
  trial: Upgrade,
  n: number,
  disturb: (operation: Operation) => ReturnType<typeof fault> | null,
) => {
  const { disk } = trial.simulation.at('r1');
  let count = 0;
  disk.disturb = operation => (++count === n ? disturb(operation) : null);
  const ran = await trial.run();
  disk.disturb = () => null;
  return ran;
};

const checkEnd = (trial: Upgrade, where: string, { summary }: Ran): void => {
  const [relation] = summary.relations;
  const now = sightsIn(trial.simulation.at('r1').disk);
  const moment = { now, old: trial.old, new: trial.new };
  hold('every read of a final path is old or new', where, moment);
  hold('an existing path that is replaced by its like is never missing', where, moment);
  hold('exit 0 exactly when every host was verified', where, {
    exitCode: summary.exitCode,
    hosts: [{ done: relation!.state === 'done', now, new: trial.new }],
  });
  checkKept(trial, where, trial.simulation.at('r1').disk);
  const acknowledged = relation!.state === 'done';
  for (let seed = 0; acknowledged && seed < 3; seed++) {
    const after = sightsIn(trial.simulation.at('r1').disk.crash(seeded(seed)));
    hold('acknowledged means new, after any crash', `${where}, crash seed ${seed}`, {
      acknowledged,
      now: after,
      new: trial.new,
    });
  }
};

test(
  proving(
    'whichever operation fails, paths are old or new, what is foreign is kept, the exit is honest, and the next run converges',
    'every read of a final path is old or new',
    'an existing path that is replaced by its like is never missing',
    'what we overwrote or deleted was baseline content or is kept',
    'acknowledged means new, after any crash',
    'exit 0 exactly when every host was verified',
    'a second run does nothing',
  ),
  async () => {
    assert.ok(operations.length > 150);
    let [number, failed] = [0, 0];
    for (const [scenario, options] of Object.entries(SCENARIOS)) {
      const start = await readyToUpgrade(options);
      const few = scenario === 'a few files';
      if (!few && !THOROUGH && scenario !== 'a whole upgrade') continue;
      for (const [i, { verb, name }] of (await operationsOf(start)).entries()) {
        if (!few && !THOROUGH && isReading(verb) && i % 3 > 0) continue;
        for (const code of THOROUGH ? CODES : [CODES[i % CODES.length]!]) {
          if (THOROUGH && !isTurn(number++, SLICES)) continue;
          failed++;
          const where = `${scenario}: operation ${i + 1} (${verb} ${name}) fails by ${code}`;
          const trial = start.fork();
          checkEnd(trial, where, await runWith(trial, i + 1, () => fault(code)));
          if (THOROUGH || i % 4 === 0) await checkConverges(trial, where);
        }
      }
    }
    figure('faults', failed);
  },
);

test(
  proving(
    'wherever the machine dies, the run ends, says so, and holds up nobody else',
    'every run ends',
    'exit 0 exactly when every host was verified',
    'a second run does nothing',
  ),
  async () => {
    const two = await readyToUpgrade({ remotes: 2 });
    /** It died when all was done and only old staging was tidied up. */
    let [late, died] = [0, 0];
    for (let n = 1; n <= operations.length; n += bounded(11, 1)) {
      if (THOROUGH && !isTurn(n, SLICES)) continue;
      died++;
      const where = `the machine dies at operation ${n} (${operations[n - 1]!.verb})`;
      const trial = two.fork();
      const { disk } = trial.simulation.at('r1');
      const began = Date.now();
      const { summary } = await runWith(trial, n, () => disk.die());
      hold('every run ends', where, { ended: true, seconds: (Date.now() - began) / 1000, within: 10 });
      const states = summary.relations.map(({ state }) => state);
      assert.equal(states[1], 'done', where);
      if (states[0] === 'done') late++;
      else assert.equal(summary.exitCode, 5, where);
      hold('exit 0 exactly when every host was verified', where, {
        exitCode: summary.exitCode,
        hosts: ['r1', 'r2'].map((id, i) => ({
          done: states[i] === 'done',
          now: sightsIn(trial.simulation.at(id).disk),
          new: trial.new,
        })),
      });
      trial.simulation.restart('r1', disk.image());
      await checkConverges(trial, where, ['r1', 'r2']);
    }
    figure('faults', died);
    assert.ok(late < operations.length / 5, `done ${late} times in spite of a death`);
  },
);

test(
  proving(
    'a disk that stays full or read-only from operation n on ends the run with a clear word, and space again converges',
    'every run ends',
    'every read of a final path is old or new',
    'what we overwrote or deleted was baseline content or is kept',
  ),
  async () => {
    let filled = 0;
    for (let n = 1; n <= operations.length; n += bounded(13, 1)) {
      if (THOROUGH && !isTurn(n, SLICES)) continue;
      filled++;
      const code = n % 2 === 1 ? 'ENOSPC' : 'EROFS';
      const where = `${code} at every write from operation ${n} on`;
      const trial = ready.fork();
      const { disk } = trial.simulation.at('r1');
      let count = 0;
      disk.disturb = ({ verb }) => (++count >= n && fails(verb, code) ? fault(code) : null);
      const ran = await trial.run();
      disk.disturb = () => null;
      checkEnd(trial, where, ran);
      await checkConverges(trial, where);
    }
    figure('faults', filled);
  },
);

/** A full disk still renames and removes; a read-only one does nothing of the kind. */
const fails = (verb: string, code: string): boolean =>
  code === 'EROFS'
    ? !isReading(verb) && !verb.startsWith('sync')
    : verb === 'write' || verb === 'write-bytes' || verb.startsWith('make-');

test(
  proving(
    'a file or folder of the master that cannot be read is not missing there',
    'unreadable is not absent',
    "deletions are a subset of the plan's",
  ),
  async () => {
    for (const unreadable of ['app', 'app/same', 'bin/run', 'large']) {
      const trial = ready.fork();
      const { disk } = trial.simulation.at('m');
      const inode = disk.find(`/place/${unreadable}`);
      assert.ok('kind' in inode);
      inode.unreadable = true;
      const { summary, preview } = await trial.run();
      const now = sightsIn(trial.simulation.at('r1').disk);
      hold('unreadable is not absent', unreadable, {
        unreadable: [unreadable],
        before: trial.old,
        now: withoutUpdates(now, trial),
      });
      const planned = new Set(
        preview.relations[0]!.changes.filter(({ change }) => change === 'delete').map(({ path }) => path),
      );
      hold("deletions are a subset of the plan's", unreadable, { before: trial.old, now, planned });
      assert.ok(planned.size > 0);
      if (unreadable !== 'app/same') assert.notEqual(summary.exitCode, 0);
    }
  },
);

/** A path that is replaced because the master could be read there after all is no loss. */
const withoutUpdates = (now: ReturnType<typeof sightsIn>, trial: Upgrade): ReturnType<typeof sightsIn> =>
  new Map(
    [...now].map(([path, sight]) => [
      path,
      trial.new.get(path)?.content === sight.content ? (trial.old.get(path) ?? sight) : sight,
    ]),
  );

test.run();
