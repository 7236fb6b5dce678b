// Content for the benchmark: the same bytes in every run, that no compression makes smaller.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
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

export const fillOne = (folder, size) => {
  const file = openSync(join(folder, 'large.bin'), 'wx');
  const noise = makeNoise(1 << 20);
  for (let done = 0, block = 0; done < size; block++) {
    noise.writeUInt32LE(block, 0);
    done += writeSync(file, noise, 0, Math.min(noise.length, size - done));
  }
  closeSync(file);
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
