// The file system that a folder lies on, through a shell: what stat says of it, or what df and mount of a BSD do.
import type { Folder } from '../file-verbs.js';
import { nameOfFileSystem } from '../local-file-system.js';
import { pathOf } from './folder.js';
import type { ShellSession } from './session.js';

export type Volume = {
  /** '' where nothing there tells. */
  readonly type: string;
  readonly space: { readonly bytes: number; readonly inodes: number };
};

export const volumeOf = async (session: ShellSession, folder: Folder): Promise<Volume | null> => {
  const answer = await session.ask('volume', [pathOf(folder)]);
  return answer.status === 0 ? parseVolume(answer.output.toString('latin1')) : null;
};

/**
 * `TYPE FREE BLOCK FILES LEFT`, the type in hexadecimal; or what `df -P -k` prints, and then a line for each that is mounted:
 * `WHAT on WHERE (TYPE, …)`, or `WHAT on WHERE type TYPE (…)`.
 */
export const parseVolume = (text: string): Volume | null => {
  const [, type, free, block, files, left] = STAT.exec(text) ?? [];
  if (type !== undefined) {
    // Some file systems have no fixed number of inodes and say 0 of 0.
    const inodes = Number(files) === 0 ? Number.MAX_SAFE_INTEGER : Number(left);
    return {
      type: nameOfFileSystem(Number.parseInt(type, 16)),
      space: { bytes: Number(free) * Number(block), inodes },
    };
  }
  const [, available, where] = DF.exec(text) ?? [];
  if (available === undefined) return null;
  // Less than nothing is left where what is kept for root is used.
  const space = { bytes: Math.max(0, Number(available)) * 1024, inodes: Number.MAX_SAFE_INTEGER };
  return { type: typeAt(text, where!), space };
};

/** What is mounted last lies over what was there before. */
const typeAt = (text: string, where: string): string =>
  text.split('\n').reduce((type, line) => {
    const at = line.indexOf(` on ${where} `);
    const [, before, within] = MOUNTED.exec(at < 0 ? '' : line.slice(at + where.length + 5)) ?? [];
    return before ?? within ?? type;
  }, '');

const STAT = /^([0-9a-f]+) (\d+) (\d+) (\d+) (\d+)\n$/;
/** Behind its title; what is mounted there may be named with spaces. */
const DF = /^.*\n.*? \d+ +-?\d+ +(-?\d+) +(?:\d+%|-) +(\/.*)\n/;
const MOUNTED = /^(?:type (\S+) )?\(([^,)]+)/;
