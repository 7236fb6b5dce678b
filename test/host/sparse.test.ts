// Sparse files: a large file that is mostly holes travels in a moment and takes no room where it arrives.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { readRecords } from '../../runtime/bytes/pack.js';
import { giveBack } from '../../runtime/bytes/pool.js';
import { openChunk } from '../../runtime/bytes/squeeze.js';
import { openLocalHost } from '../../runtime/host/local.js';
import { makeDiskPlace } from '../support/fixture.js';
import { mirror } from './mirroring.js';
import { ALL } from './session.js';

const GIB = 1_073_741_824;
const MIB = 1_048_576;

test('a gibibyte with a mebibyte of data arrives equal, as small as it was, and quickly', async () => {
  const source = makeDiskPlace();
  const place = makeDiskPlace();
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const host = await openLocalHost({ label: 'here', cacheFolder, breathe: () => new Promise(setImmediate) });
  try {
    const data = Buffer.alloc(MIB, 'data');
    const descriptor = openSync(join(source.path, 'image'), 'w');
    ftruncateSync(descriptor, GIB + 12_345);
    writeSync(descriptor, data, 0, MIB, 300 * MIB + 777);
    closeSync(descriptor);
    const from = await host.openRoot(source.path, { create: false, state: null });
    const master = await from.scan({ ...ALL, side: 'master' });
    const started = process.hrtime.bigint();
    const { trouble, digest } = await mirror(master, host, place.path, {});
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    assert.deepEqual(trouble, []);
    assert.equal(digest, master.summary.digest);
    const { size, blocks } = lstatSync(join(place.path, 'image'));
    assert.equal(size, GIB + 12_345);
    // tmpfs and some others keep no holes of a size that is not theirs; a few mebibytes are small.
    assert.ok(blocks * 512 < 8 * MIB, `${blocks * 512} bytes on disk`);
    assert.ok(seconds < 30, `${seconds} s`);
    const [ours] = await master.digests(['image']);
    const after = await (await host.openRoot(place.path, { create: false, state: null })).scan(ALL);
    assert.deepEqual(await after.digests(['image']), [ours]);
    const read = openSync(join(place.path, 'image'), 'r');
    const there = Buffer.alloc(MIB);
    readSync(read, there, 0, MIB, 300 * MIB + 777);
    closeSync(read);
    assert.ok(there.equals(data));
    await master.close();
    await after.close();
  } finally {
    await host.close();
    source.remove();
    place.remove();
    rmSync(cacheFolder, { recursive: true, force: true });
  }
});

test('chunks of one file never share memory: one that is done with does not spoil another that is still looked at', async () => {
  const source = makeDiskPlace();
  const cacheFolder = mkdtempSync(join(tmpdir(), 'syncplan-cache-'));
  const host = await openLocalHost({ label: 'here', cacheFolder, breathe: () => new Promise(setImmediate) });
  try {
    // Data, a hole and data in every mebibyte: two chunks come of each.
    const content = randomBytes(6 * MIB);
    for (let at = 0; at < 6; at++) content.fill(0, at * MIB + 262_144, at * MIB + 786_432);
    writeFileSync(join(source.path, 'image'), content);
    const root = await host.openRoot(source.path, { create: false, state: null });
    const master = await root.scan({ ...ALL, side: 'master' });
    const there = Buffer.alloc(content.length);
    let parts = 0;
    const look = (chunk: Uint8Array): void => {
      for (const record of readRecords(openChunk(chunk))) {
        if (record.is !== 'part') continue;
        record.content.copy(there, record.offset);
        parts++;
      }
      giveBack(chunk);
    };
    // Each chunk is looked at when the next has come already, as where a receiver is slower than its sender.
    let waiting: Uint8Array | null = null;
    for await (const chunk of master.read([{ path: 'image', index: 0 }])) {
      if (waiting !== null) look(waiting);
      waiting = chunk;
    }
    look(waiting!);
    assert.ok(parts >= 12, `${parts} parts`);
    for (let at = 0; at < 12; at++) {
      const [start, end] = [at * (MIB / 2), (at + 1) * (MIB / 2)];
      assert.ok(there.subarray(start, end).equals(content.subarray(start, end)), `the half mebibyte at ${start}`);
    }
    await master.close();
  } finally {
    await host.close();
    source.remove();
    rmSync(cacheFolder, { recursive: true, force: true });
  }
});

test.run();
