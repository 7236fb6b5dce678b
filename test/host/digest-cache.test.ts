// The digest cache remembers what it was told, only that, only when it is safe, and takes no harm from damage.
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { openDigests } from '../../runtime/bytes/digest.js';
import { type DigestTable, openDigestCache } from '../../runtime/host/digest-cache.js';
import type { FileKey } from '../../runtime/host/digest-table.js';
import type { FileVerbs } from '../../runtime/host/file-verbs.js';
import { inPlace, localVerbs, scanOf } from './scanning.js';

const NOW = 1_700_000_000_000;
/** An hour ago, in microseconds. */
const OLD = (NOW - 3_600_000) * 1000;

const inFolder = async (work: (folder: string) => Promise<void> | void): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  try {
    await work(join(folder, 'cache'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const open = (folder: string, root = '/srv/www'): DigestTable =>
  openDigestCache({ folder, root, now: () => NOW }).table('xxh128', 16);

const key = (inode: number, changed = OLD): FileKey => [7, inode, 100 + inode, OLD - 5, changed];
const digest = (n: number): string => String.fromCharCode(...Array.from({ length: 16 }, (_, i) => (n * 31 + i) & 255));

const recall = (table: DigestTable, [device, inode, size, modified, changed]: FileKey): string | null => {
  const into = Buffer.alloc(20);
  return table.find(device, inode, size, modified, changed, into, 2) ? into.toString('latin1', 2, 18) : null;
};

const fileIn = (folder: string): string => join(folder, readdirSync(folder)[0]!);

test('what was added is found, in this run and by the next', () =>
  inFolder(folder => {
    const table = open(folder);
    table.add(key(1), digest(1), NOW);
    assert.equal(recall(table, key(1)), digest(1));
    table.flush();
    assert.equal(recall(open(folder), key(1)), digest(1));
    assert.equal(recall(open(folder), key(2)), null);
    assert.equal(statSync(fileIn(folder)).mode & 0o777, 0o600);
  }));

test('any part of the identity that differs makes it unknown', () =>
  inFolder(folder => {
    const table = open(folder);
    table.add(key(1), digest(1), NOW);
    for (let part = 0; part < 5; part++) {
      const other = key(1).map((value, i) => (i === part ? value + 1 : value)) as unknown as FileKey;
      assert.equal(recall(table, other), null, `part ${part}`);
    }
  }));

test('caches of other roots and other algorithms are others', () =>
  inFolder(folder => {
    const table = open(folder);
    table.add(key(1), digest(1), NOW);
    table.flush();
    assert.equal(recall(open(folder, '/srv/other'), key(1)), null);
    const sha = openDigestCache({ folder, root: '/srv/www', now: () => NOW }).table('sha256', 32);
    assert.equal(sha.find(...key(1), Buffer.alloc(32), 0), false);
  }));

test('a file that changed within two seconds of being read is not kept', () =>
  inFolder(folder => {
    const table = open(folder);
    const moment = NOW;
    const ago = (ms: number) => (NOW - ms) * 1000;
    table.add(key(1, ago(1999)), digest(1), moment);
    table.add(key(2, ago(2001)), digest(2), moment);
    table.add(key(3, ago(-60_000)), digest(3), moment);
    const kept = [key(1, ago(1999)), key(2, ago(2001)), key(3, ago(-60_000))].map(one => recall(table, one));
    assert.deepEqual(kept, [null, digest(2), null]);
  }));

test('it answers like a map, through any mix of adding, flushing, settling and opening anew', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ add: fc.nat(40), changed: fc.nat(3) }),
          fc.constantFrom('flush' as const, 'settle' as const, 'open' as const),
        ),
        { maxLength: 60 },
      ),
      steps =>
        inFolder(folder => {
          let table = open(folder);
          const model = new Map<number, { changed: number; digest: string }>();
          const written = new Map<number, { changed: number; digest: string }>();
          let n = 0;
          for (const step of steps) {
            if (typeof step === 'object') {
              const one = { changed: OLD + step.changed, digest: digest(n++) };
              table.add(key(step.add, one.changed), one.digest, NOW);
              model.set(step.add, one);
            } else if (step === 'open') {
              table = open(folder);
              model.clear();
              for (const [inode, one] of written) model.set(inode, one);
            } else {
              table[step]();
              for (const [inode, one] of model) written.set(inode, one);
            }
            for (let inode = 0; inode <= 40; inode++) {
              const known = model.get(inode);
              for (let changed = 0; changed <= 3; changed++) {
                const expected = known?.changed === OLD + changed ? known.digest : null;
                assert.equal(recall(table, key(inode, OLD + changed)), expected);
              }
            }
          }
        }),
    ),
    { numRuns: 60 },
  ));

test('whatever is damaged, nothing wrong is found and nothing fails', () =>
  inFolder(folder => {
    const table = open(folder);
    for (let batch = 0; batch < 4; batch++) {
      for (let i = 0; i < 5; i++) table.add(key(batch * 5 + i), digest(batch * 5 + i), NOW);
      table.flush();
    }
    const path = fileIn(folder);
    const sound = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
        const damaged = cut ? sound.subarray(0, at) : Buffer.from(sound);
        if (!cut) damaged[at]! ^= flip;
        writeFileSync(path, damaged);
        const again = open(folder);
        const found = Array.from({ length: 20 }, (_, i) => recall(again, key(i)));
        // Whole batches from the front, each right.
        const intact = found.indexOf(null);
        assert.equal((intact < 0 ? 20 : intact) % 5, 0);
        const expected = found.map((_, i) => (i < (intact < 0 ? 20 : intact) ? digest(i) : null));
        assert.deepEqual(found, expected);
        // The next run mends it.
        again.add(key(99), digest(99), NOW);
        again.flush();
        const mended = open(folder);
        assert.equal(recall(mended, key(99)), digest(99));
        assert.deepEqual(
          Array.from({ length: 20 }, (_, i) => recall(mended, key(i))),
          found,
        );
      }),
      { numRuns: 150 },
    );
  }));

test('two runs that write at the same time keep what both have found', () =>
  inFolder(folder => {
    open(folder).flush();
    const first = open(folder);
    first.add(key(0), digest(0), NOW);
    first.flush();
    const [a, b] = [open(folder), open(folder)];
    for (let i = 1; i <= 50; i++) {
      a.add(key(i), digest(i), NOW);
      b.add(key(100 + i), digest(100 + i), NOW);
      if (i % 7 === 0) a.flush();
      if (i % 5 === 0) b.flush();
    }
    a.flush();
    const after = open(folder);
    for (const i of [0, 1, 50, 101, 150]) assert.equal(recall(after, key(i)), digest(i));
  }));

test('a file of which half is dead is rewritten with what is used', () =>
  inFolder(folder => {
    const rounds = 6;
    const files = 3000;
    let size = 0;
    for (let round = 0; round < rounds; round++) {
      const table = open(folder);
      // Every round has replaced every file: the inodes are new, the old records will never be asked for again.
      for (let i = 0; i < files; i++) table.add(key(round * files + i), digest(i), NOW);
      for (let i = 0; i < files; i++) assert.equal(recall(table, key(round * files + i)), digest(i));
      table.settle();
      size = statSync(fileIn(folder)).size;
    }
    const record = 56;
    assert.ok(size < 0.8 * rounds * files * record, `${size} bytes`);
    const after = open(folder);
    for (let i = 0; i < files; i++) assert.equal(recall(after, key((rounds - 1) * files + i)), digest(i));
  }));

test('a cache that cannot be written is still one for this run', () =>
  inFolder(folder => {
    writeFileSync(folder, 'a file where the folder should be');
    const table = open(folder);
    for (let i = 0; i < 10_000; i++) table.add(key(i), digest(i), NOW);
    table.settle();
    assert.equal(recall(table, key(9999)), digest(9999));
    assert.equal(recall(table, key(0)), digest(0));
    assert.equal(readFileSync(folder, 'utf8'), 'a file where the folder should be');
  }));

test('200,000 files are loaded and found at once', () =>
  inFolder(folder => {
    const table = open(folder);
    for (let i = 0; i < 200_000; i++) table.add(key(1_000_000 + i), digest(i), NOW);
    table.settle();
    const started = performance.now();
    const again = open(folder);
    const into = Buffer.alloc(16);
    let found = 0;
    for (let i = 0; i < 200_000; i++) if (again.find(...key(1_000_000 + i), into, 0)) found++;
    const took = performance.now() - started;
    assert.equal(found, 200_000);
    assert.ok(took < 3000, `${took.toFixed(0)} ms`);
  }));

/** Counts what is opened for reading. */
const counting = (): { verbs: FileVerbs; reads: () => number } => {
  const verbs = localVerbs();
  let count = 0;
  return {
    verbs: {
      ...verbs,
      read(at, name, follow) {
        count++;
        return verbs.read(at, name, follow);
      },
      readWhole(at, name, follow, into) {
        count++;
        return verbs.readWhole!(at, name, follow, into);
      },
    },
    reads: () => count,
  };
};

test('an unchanged file is read once in its life, a changed one again, whatever its size and time say', () =>
  inFolder(folder =>
    inPlace({ 'a/x': 'one', 'b/y': 'two', empty: '' }, async ({ path }) => {
      // A clock ten seconds ahead, so that files made just now are old enough.
      const cache = () => openDigestCache({ folder, root: path, now: () => Date.now() + 10_000 });
      const digests = async (): Promise<[readonly unknown[], number]> => {
        const { verbs, reads } = counting();
        const scan = await scanOf(path, {}, { verbs, cache: cache() });
        for await (const _ of scan.contents([''])) void _;
        const answer = await scan.digests(['a/x', 'b/y']);
        await scan.close();
        return [answer, reads()];
      };
      const [first, opened] = await digests();
      assert.equal(opened, 2);
      assert.deepEqual(await digests(), [first, 0]);
      writeFileSync(`${path}/b/y`, 'TWO');
      utimesSync(`${path}/b/y`, 1_600_000_000, 1_600_000_000);
      const [second, again] = await digests();
      assert.equal(again, 1);
      assert.deepEqual([second[0] === first[0], second[1] === first[1]], [true, false]);
      chmodSync(`${path}/a/x`, 0o600);
      assert.equal((await digests())[1], 1);
      assert.equal((await digests())[1], 0);
      mkdirSync(`${path}/c`);
    }),
  ));

test('a file that was made just now is read again by the next run', () =>
  inFolder(folder =>
    inPlace({ x: 'one' }, async ({ path }) => {
      for (let run = 0; run < 2; run++) {
        const { verbs, reads } = counting();
        const scan = await scanOf(path, {}, { verbs, cache: openDigestCache({ folder, root: path, now: Date.now }) });
        await scan.digests(['x']);
        await scan.close();
        assert.equal(reads(), 1);
      }
    }),
  ));

test('a file that is written to while it is read is not taken for what it was, nor for what it is', () =>
  inFolder(folder =>
    inPlace({ x: 'one' }, async ({ path }) => {
      const verbs = localVerbs();
      let written = 0;
      const writing: FileVerbs = {
        ...verbs,
        async readWhole(at, name, follow, into) {
          const read = await verbs.readWhole!(at, name, follow, into);
          written++;
          writeFileSync(`${path}/x`, 'two');
          const [stat] = await verbs.stat([{ at, name }]);
          return { ...read, stat } as typeof read;
        },
      };
      const cache = () => openDigestCache({ folder, root: path, now: () => Date.now() + 10_000 });
      const digests = async (by: FileVerbs): Promise<readonly unknown[]> => {
        const scan = await scanOf(path, {}, { verbs: by, cache: cache() });
        const answers = await scan.digests(['x']);
        await scan.close();
        return answers;
      };
      const [during] = await digests(writing);
      assert.equal(written, 1);
      const hasher = await openDigests('xxh128');
      assert.deepEqual([during, ...(await digests(verbs))], Array(2).fill(hasher.hash(Buffer.from('two'))));
    }),
  ));

test.run();
