// Bad surroundings: few open files, links that flip, a state folder of somebody else, files that change while they are read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import { bounded, figure } from './bounds.js';
import { hold, proving } from './invariants.js';
import { withUpgrade } from './real.js';
import { sightsOn } from './sights.js';

const asRoot = process.getuid?.() === 0 ? test : test.skip;

test(
  proving(
    'with few open files allowed the run ends in order, and without the limit it converges',
    'every run ends',
    'every read of a final path is old or new',
    'a second run does nothing',
  ),
  () =>
    withUpgrade(['copy'], async upgrade => {
      for (const limit of bounded([24, 52], [24, 30, 36, 40, 52, 64])) {
        const where = `${limit} open files`;
        const applied = await upgrade.apply(where, ['prlimit', `--nofile=${limit}:${limit}`]);
        if (applied.code !== 0) assert.match(applied.said, /open files|open at once/, where);
        upgrade.check(where, applied);
        figure('faults', 1);
      }
      await upgrade.converges('without the limit');
    }),
);

test(
  proving(
    'a folder that is flipped to a link and back all the time leads nobody out of the root',
    'nothing outside the roots changes',
    'every run ends',
  ),
  () =>
    withUpgrade(['copy'], async upgrade => {
      const [folder, aside] = [join(upgrade.remote('copy'), 'app'), join(upgrade.folder, 'aside')];
      mkdirSync(join(upgrade.outside, 'sub'));
      for (const name of ['core', 'mode', 'drifted', 'link'])
        writeFileSync(join(upgrade.outside, name), `outside ${name}`);
      const before = sightsOn(upgrade.outside);
      const flipper = startFlipping(folder, aside, upgrade.outside);
      try {
        for (let round = 1; round <= 3; round++) {
          await upgrade.apply(`round ${round}`);
          hold('nothing outside the roots changes', `round ${round}`, { before, now: sightsOn(upgrade.outside) });
        }
      } finally {
        await flipper();
      }
      assert.ok(lstatSync(folder).isDirectory());
      for (const name of ['core', 'mode', 'drifted', 'link', 'sub'])
        rmSync(join(upgrade.outside, name), { recursive: true });
      await upgrade.converges('nobody flips it any more');
      figure('faults', 1);
    }),
);

test(
  proving(
    'staging that is a link, or open to others, is not used',
    'nothing outside the roots changes',
    'exit 0 exactly when every host was verified',
  ),
  () =>
    withUpgrade(['copy'], async upgrade => {
      const state = join(upgrade.remote('copy'), '.syncplan');
      const aside = join(upgrade.folder, 'aside');
      for (const name of ['.syncplan', '.syncplan/staging', '.syncplan/intent', '.syncplan/trash']) {
        const path = join(upgrade.remote('copy'), name);
        if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
        renameSync(path, aside);
        symlinkSync(upgrade.outside, path);
        const applied = await upgrade.apply(`${name} is a link`);
        assert.ok([1, 4, 5].includes(applied.code!), `${name}: exit ${applied.code} ${applied.said}`);
        upgrade.check(`${name} is a link`, applied);
        rmSync(path);
        renameSync(aside, path);
      }
      execFileSync('chmod', ['0777', state]);
      const open = await upgrade.apply('.syncplan is open to others');
      assert.notEqual(open.code, 0, open.said);
      assert.match(open.said, /others/);
      upgrade.check('.syncplan is open to others', open);
      execFileSync('chmod', ['0711', state]);
      await upgrade.converges('as it was');
      figure('faults', 5);
    }),
);

asRoot(
  proving(
    'a state folder that belongs to another user is not used',
    'nothing outside the roots changes',
    'exit 0 exactly when every host was verified',
  ),
  () =>
    withUpgrade(['copy'], async upgrade => {
      const state = join(upgrade.remote('copy'), '.syncplan');
      for (const path of [state, join(state, 'staging')]) {
        const { uid, gid } = statSync(path);
        chownSync(path, 65_534, 65_534);
        const applied = await upgrade.apply(`${path} of nobody`);
        assert.notEqual(applied.code, 0, applied.said);
        assert.match(applied.said, /another user/);
        upgrade.check(`${path} of nobody`, applied);
        chownSync(path, uid, gid);
      }
      await upgrade.converges('ours again');
      figure('faults', 2);
    }),
);

test(
  proving(
    'files that are replaced or truncated while they are read never arrive mixed',
    'every read of a final path is old or new',
    'every run ends',
  ),
  () =>
    withUpgrade(['copy'], async upgrade => {
      const path = join(upgrade.master, 'changing');
      writeFileSync(path, Buffer.alloc(2_000_000, 'a'));
      const stop = startChanging(path);
      try {
        for (let round = 1; round <= 3; round++) {
          await upgrade.apply(`round ${round}`);
          const there = join(upgrade.remote('copy'), 'changing');
          if (!existsSync(there)) continue;
          const found = readFileSync(there);
          assert.ok(
            new Set(found).size <= 1,
            `round ${round}: ${found.length} bytes from ${new Set(found).size} versions`,
          );
        }
      } finally {
        await stop();
      }
      // Whole seconds: what is compared here is exact, and Node.js rounds times that are finer than microseconds.
      utimesSync(path, 1_700_000_000, 1_700_000_000);
      const last = await upgrade.apply('nobody changes it any more');
      assert.equal(last.code, 0, last.said);
      figure('faults', 1);
      assert.deepEqual(sightsOn(upgrade.remote('copy')), sightsOn(upgrade.master));
    }),
);

/** Turns a folder into a link to elsewhere and back, as fast as it can, in a thread; ends with the folder in place. */
const startFlipping = (folder: string, aside: string, elsewhere: string): (() => Promise<void>) =>
  startThread(
    `
    while (!stopped()) {
      fs.renameSync(given.folder, given.aside);
      fs.symlinkSync(given.elsewhere, given.folder);
      pause(1);
      fs.unlinkSync(given.folder);
      fs.renameSync(given.aside, given.folder);
      pause(1);
    }`,
    { folder, aside, elsewhere },
  );

/** Writes one version after another, by rename or in place with a moment in which the file is empty. */
const startChanging = (path: string): (() => Promise<void>) =>
  startThread(
    `
    for (let i = 1; !stopped(); i++) {
      const content = Buffer.alloc(2000000, 'abc'[i % 3]);
      if (i % 2 === 0) {
        fs.writeFileSync(given.path + '.new', content);
        fs.renameSync(given.path + '.new', given.path);
      } else {
        fs.truncateSync(given.path, 0);
        fs.writeFileSync(given.path, content);
      }
      pause(40);
    }`,
    { path },
  );

const startThread = (loop: string, given: Readonly<Record<string, unknown>>): (() => Promise<void>) => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const code = `const fs = require('node:fs');
    const { given, flag } = require('node:worker_threads').workerData;
    const stopped = () => Atomics.load(flag, 0) === 1;
    const pause = ms => Atomics.wait(flag, 0, 0, ms);
    ${loop}`;
  const worker = new Worker(code, { eval: true, workerData: { given, flag } });
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
  return async () => {
    Atomics.store(flag, 0, 1);
    await ended;
  };
};

test.run();
