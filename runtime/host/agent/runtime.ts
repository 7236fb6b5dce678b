// This machine's own Node.js, as something to be copied to a machine that has none: what it is, where it fits, its bytes.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { HostError } from '../host-error.js';

export type Runtime = {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** As `uname -s` names it. */
  readonly kernel: string;
  /** Names that `uname -m` has for its architecture. */
  readonly machines: readonly string[];
  /** '' where the system has only one. */
  readonly libc: 'glibc' | 'musl' | '';
};

/** Of the process that runs this; throws HostError where its program does not stand alone. */
export const ownRuntime = async (label: string, { execPath, config }: NodeJS.Process): Promise<Runtime> => {
  const shared = Object.entries(config.variables).find(
    ([name, value]) => name.startsWith('node_shared') && value === true,
  );
  if (shared !== undefined) {
    throw new HostError(
      'no-node',
      `${label}: this machine’s Node.js cannot be copied there: it needs libraries beside it (${shared[0]})`,
      'Run syncplan with a Node.js from nodejs.org, which is one file; or install Node.js 18 or later there.',
    );
  }
  const hash = createHash('sha256');
  let size = 0;
  let libc: Runtime['libc'] = '';
  for await (const chunk of createReadStream(execPath, { highWaterMark: CHUNK })) {
    if (size === 0) libc = libcOf(chunk as Buffer);
    size += (chunk as Buffer).length;
    hash.update(chunk as Buffer);
  }
  return {
    path: execPath,
    size,
    sha256: hash.digest('hex'),
    kernel: KERNELS[process.platform] ?? process.platform,
    machines: MACHINES[process.arch] ?? [process.arch],
    libc,
  };
};

/** A Linux program names the loader of its libc near its beginning. */
const libcOf = (start: Buffer): Runtime['libc'] =>
  process.platform !== 'linux' ? '' : start.includes('/ld-musl-') ? 'musl' : 'glibc';

/** What a machine without Node.js says of itself: kernel, architecture, and `,` before each libc it has. */
export type Bare = { readonly kernel: string; readonly machine: string; readonly libcs: string };

/** Why it cannot run there, or null. */
export const refuseRuntime = (runtime: Runtime, { kernel, machine, libcs }: Bare): string | null => {
  const theirs = libcs.split(',').filter(libc => libc !== '');
  const fits =
    kernel === runtime.kernel &&
    runtime.machines.includes(machine) &&
    (runtime.libc === '' || theirs.includes(runtime.libc));
  if (fits) return null;
  const there = kernel === 'Linux' ? ` with ${theirs.join(' and ') || 'an unknown libc'}` : '';
  const here = runtime.libc === '' ? '' : ` with ${runtime.libc}`;
  return `it is ${kernel} ${machine}${there}, this machine is ${runtime.kernel} ${runtime.machines[0]}${here}`;
};

/** Sends its bytes, no faster than they are taken; ends early where nobody takes them any more. `progress` is called on the way. */
export const sendRuntime = async ({ path, size }: Runtime, output: Writable, progress: () => void): Promise<void> => {
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: CHUNK })) {
    if (output.destroyed || output.writableEnded) return;
    if (!output.write(chunk)) await drained(output);
    progress();
  }
};

/** Or closed. */
const drained = (output: Writable): Promise<void> =>
  new Promise(resolve => {
    const done = (): void => {
      output.off('drain', done).off('close', done);
      resolve();
    };
    output.on('drain', done).on('close', done);
    if (output.destroyed) done();
  });

const CHUNK = 262_144;

const KERNELS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'Linux',
  darwin: 'Darwin',
  freebsd: 'FreeBSD',
  openbsd: 'OpenBSD',
};

/** The first name is the one to say. Node.js for ARM of 32 bits wants version 7. */
const MACHINES: Readonly<Record<string, readonly string[]>> = {
  x64: ['x86_64', 'amd64'],
  ia32: ['i686', 'i386', 'i586'],
  arm64: ['aarch64', 'arm64'],
  arm: ['armv7l', 'armv8l'],
  ppc64: ['ppc64le'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
  loong64: ['loongarch64'],
};
