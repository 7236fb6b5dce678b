// Standard output and standard error as they may fail: a reader that went away, a disk that is full.
// 1. Neither ends a run half-way: what can no longer be said is dropped.
// 2. A reader that went away wanted no more, which is no fault. A result that could not be written is one.
import { reasonOf } from './reasons.js';

export type OwnOutput = {
  /** The exit code of a program that would end with this one; `failed` where all went well but its result was lost. */
  readonly exitCode: (code: number) => number;
};

export const watchOutput = ({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): OwnOutput => {
  let lost = false;
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || lost) return;
    lost = true;
    stderr.write(
      `syncplan: standard output cannot be written: ${reasonOf(code)}\n  make room there, or send it elsewhere, and run this again\n`,
    );
  });
  stderr.on('error', () => {});
  return { exitCode: code => (lost && (code === DONE || code === CHANGES) ? FAILED : code) };
};

const DONE = 0;
const FAILED = 1;
const CHANGES = 2;
