// What is done before a side is timed, so that each begins on a machine in the same state.
//
// What was written before is written out: else its disk is busy with what another side, or the preparation, left to be done.
// And memory that a side will use has been in use: under some hypervisors the first touch of a page takes ten times as long
// as any later one, which is a whole second for a file of 600 MB, and falls to whoever comes first.
import { spawnSync } from 'node:child_process';
import { freemem } from 'node:os';

export const settle = () => {
  const bytes = Math.floor(Math.min(MOST, freemem() / 2));
  for (const [command, ...args] of [['sync'], [process.execPath, '-e', `Buffer.alloc(${bytes}, 1)`]]) {
    const { error, status } = spawnSync(command, args, { stdio: 'ignore' });
    if (error !== undefined || status !== 0) throw new Error(`${command} failed before a side was timed`);
  }
};

/** More than any side uses, for pages of its files above all. */
const MOST = 3e9;
