// Content for the benchmark: the same bytes in every run, that no compression makes smaller.
import { spawnSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** `count` files of about `size` bytes, a hundred to a folder, ten folders to a folder. */
export const fillFiles = (folder, count, size) => {
  const noise = makeNoise(1 << 20);
  for (let i = 0; i < count; i++) {
    const group = Math.floor(i / 100);
    const path = join(folder, `g${Math.floor(group / 10)}`, `f${group}`);
    if (i % 100 === 0) mkdirSync(path, { recursive: true });
    const length = Math.round(size * (0.5 + (i % 101) / 100));
    const at = (i * 7919) % (noise.length - length);
    writeFileSync(join(path, `file-${i}.dat`), noise.subarray(at, at + length));
  }
};

export const fillOne = (folder, size, name = 'large.bin') => {
  const file = openSync(join(folder, name), 'wx');
  const noise = makeNoise(1 << 20);
  for (let done = 0, block = 0; done < size; block++) {
    noise.writeUInt32LE(block, 0);
    done += writeSync(file, noise, 0, Math.min(noise.length, size - done));
  }
  closeSync(file);
};

/** No part of it is like another, as a delta would notice. */
export const fillRandom = (path, size) => {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  const zeros = Buffer.alloc(1 << 20);
  const file = openSync(path, 'wx');
  for (let done = 0; done < size; )
    done += writeSync(file, cipher.update(zeros.subarray(0, Math.min(zeros.length, size - done))));
  closeSync(file);
};

/** A copy with a thousand bytes more at the front, and half a thousand others at `edits` places. */
export const editOne = (from, to, edits) => {
  const noise = makeNoise(2_000);
  const [old, edited] = [openSync(from, 'r'), openSync(to, 'wx')];
  const buffer = Buffer.alloc(1 << 20);
  writeSync(edited, noise, 0, 1_000);
  for (let count = readSync(old, buffer); count > 0; count = readSync(old, buffer)) writeSync(edited, buffer, 0, count);
  const size = fstatSync(old).size;
  for (let edit = 0; edit < edits; edit++)
    writeSync(edited, noise, 1_000 + edit, 500, 1_000 + Math.floor(((edit + 0.37) / edits) * Math.max(0, size - 500)));
  closeSync(old);
  closeSync(edited);
};

/** Empty files, a thousand to a folder. */
export const fillEmpty = (folder, count) => {
  for (let i = 0; i < count; i++) {
    const path = `${folder}/f${Math.floor(i / 1_000)}`;
    if (i % 1_000 === 0) mkdirSync(path);
    closeSync(openSync(`${path}/file-${i}.dat`, 'wx'));
  }
};

/** The same files with the same times, to the nanosecond; `to` is new. */
export const copyTree = (from, to) => {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`copy ${from} to ${to}: ${stderr}`);
};

/** Xorshift: fast, and the same everywhere. */
const makeNoise = length => {
  const noise = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise.writeInt32LE(state | 0, i);
  }
  return noise;
};
