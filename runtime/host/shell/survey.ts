// One listing of a folder with all below it, from which a scan is answered while it walks: one find instead of one for each.
//
//  1. Only what was listed with something in it is answered from it: an empty folder and one that could not be read look
//     alike there, so these are listed by themselves.
//  2. A listing that find complained of, for more than vanished or forbidden names, counts for nothing.
import { isFault, type Named } from '../file-verbs.js';
import { apart, faultAmong } from './complaints.js';
import { FIND_FORMAT, type Found, parseFound } from './records.js';
import type { ShellSession } from './session.js';

export type Survey = {
  /** What is in a folder, by its path; null where the survey does not tell. */
  readonly list: (path: string) => Promise<readonly Named[] | null>;
  /** What a link in a folder points to. */
  readonly target: (folder: string, name: string) => Promise<string | null>;
};

export const openSurvey = (session: ShellSession, top: string): Survey => {
  const listed = survey(session, top);
  // Whoever asks is told; nobody may.
  listed.catch(() => undefined);
  const below = (path: string): string | null =>
    path === top
      ? ''
      : path.startsWith(top === '/' ? '/' : `${top}/`)
        ? path.slice(top === '/' ? 1 : top.length + 1)
        : null;
  return {
    async list(path) {
      const at = below(path);
      return at === null ? null : ((await listed)?.get(at) ?? null);
    },
    async target(folder, name) {
      const at = below(folder);
      const found = at === null ? undefined : (await listed)?.get(at);
      return found?.find(one => one.name === name)?.target ?? null;
    },
  };
};

const survey = async (session: ShellSession, top: string): Promise<ReadonlyMap<string, Found[]> | null> => {
  const answer = await session.ask('survey', [top, FIND_FORMAT], { most: MOST_LISTED, patience: PATIENCE_MS });
  const parts = apart(answer);
  if (isFault(parts) || faultAmong(parts.said, FORBIDDEN) !== null) return null;
  const found = parseFound(parts.text);
  return found === null ? null : byFolder(found);
};

const byFolder = (found: readonly Found[]): ReadonlyMap<string, Found[]> => {
  const folders = new Map<string, Found[]>();
  for (const { name: path, stat, target } of found) {
    const cut = path.lastIndexOf('/');
    const folder = cut < 0 ? '' : path.slice(0, cut);
    const one = { name: path.slice(cut + 1), stat, target };
    const others = folders.get(folder);
    if (others === undefined) folders.set(folder, [one]);
    else others.push(one);
  }
  return folders;
};

/** What stands in a folder that may not be entered is asked for by itself, and then its own fault is told. */
const FORBIDDEN: ReadonlySet<string> = new Set(['ENOENT', 'EACCES']);
/** Some four million names. */
const MOST_LISTED = 402_653_184;
const PATIENCE_MS = 300_000;
