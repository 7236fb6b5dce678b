// Files of this machine that are read and written piece by piece, at once; they are persisted beside what else is done here.
//
// Whoever closes a file waits for what is under way on it, or another file would get what was meant for it.
import { closeSync, fchmodSync, fdatasync, fstatSync, ftruncateSync, futimesSync, readSync, writeSync } from 'node:fs';
import type { Attributes, Fault, Sink, Source, Stat } from './file-verbs.js';
import { faultOf } from './local-folder.js';
import { attempt, statOf } from './local-stat.js';
import { secondsOf } from './micros.js';

/** Of a file that is open; the descriptor is the source's from now on. */
export const sourceOf = (descriptor: number, stat: Stat): Source => ({
  stat,
  read: into => attempt(() => readFully(descriptor, into, null)),
  readAt: (into, position) => attempt(() => readFully(descriptor, into, position)),
  restat: () => attempt(() => statOf(fstatSync(descriptor))),
  close: () => closeSync(descriptor),
});

/** Of a file that was just created; the descriptor is the sink's from now on, and `unlink` removes the file. */
export const sinkOf = (descriptor: number, unlink: () => void): Sink => {
  const under = makeUnder();
  let end = 0;
  let inHole = false;
  let persisting = false;
  let lost: Fault | null = null;
  const discard = (): void => {
    try {
      closeSync(descriptor);
    } finally {
      unlink();
    }
  };
  const finish = (attributes: Attributes): null => {
    try {
      if (inHole) ftruncateSync(descriptor, end);
      setAttributes(descriptor, attributes);
    } finally {
      closeSync(descriptor);
    }
    return null;
  };
  return {
    write(bytes) {
      if (lost !== null) return lost;
      const start = end;
      end += bytes.length;
      inHole = false;
      return attempt(() => writeFully(descriptor, bytes, start));
    },
    skip(length) {
      end += length;
      inHole = true;
      return null;
    },
    persist() {
      if (persisting) return;
      persisting = true;
      const done = under.way(syncBeside(descriptor));
      void done.then(fault => {
        persisting = false;
        lost ??= fault;
      });
    },
    async finish(attributes) {
      await under.all();
      const fault = attempt(() => finish(attributes));
      return lost ?? fault;
    },
    async discard() {
      await under.all();
      attempt(discard);
    },
  };
};

/** What is under way on a descriptor. */
const makeUnder = () => {
  const ways = new Set<Promise<unknown>>();
  return {
    way<T>(work: Promise<T>): Promise<T> {
      ways.add(work);
      void work.then(() => ways.delete(work));
      return work;
    },
    all: (): Promise<unknown> | null => (ways.size === 0 ? null : Promise.all(ways)),
  };
};

/** As much as there is, up to all of `into`. */
export const readFully = (descriptor: number, into: Uint8Array, position: number | null): number => {
  let filled = 0;
  while (filled < into.length) {
    const count = readSync(
      descriptor,
      into,
      filled,
      into.length - filled,
      position === null ? null : position + filled,
    );
    if (count === 0) break;
    filled += count;
  }
  return filled;
};

/** All of it, from `start` on. */
export const writeFully = (descriptor: number, bytes: Uint8Array, start: number): null => {
  for (let written = 0; written < bytes.length; )
    written += writeSync(descriptor, bytes, written, bytes.length - written, start + written);
  return null;
};

const syncBeside = (descriptor: number): Promise<null | Fault> =>
  new Promise(resolve => fdatasync(descriptor, error => resolve(error === null ? null : faultOf(error))));

const setAttributes = (descriptor: number, { mode, modified }: Attributes): void => {
  fchmodSync(descriptor, mode);
  setModified(descriptor, modified);
};

export const setModified = (descriptor: number, modified: number | null): void => {
  if (modified !== null) futimesSync(descriptor, secondsOf(modified), secondsOf(modified));
};
