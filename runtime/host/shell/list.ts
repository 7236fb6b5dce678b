// Lists a folder through a shell, and believes no name that could not be one.
import { type Fault, type Folder, isFault, type Named } from '../file-verbs.js';
import { apart, faultAmong, UNREADABLE } from './complaints.js';
import { pathOf } from './folder.js';
import { FIND_FORMAT, parseFound } from './found.js';
import type { ShellTools } from './probe.js';
import { parseLooked } from './records.js';
import type { ShellSession } from './session.js';

export const listFolder = async (
  session: ShellSession,
  find: NonNullable<ShellTools['find']>,
  folder: Folder,
): Promise<readonly Named[] | Fault> => {
  const answer = await session.ask('list', [pathOf(folder), find, FIND_FORMAT], { most: MOST_LISTED });
  const parts = apart(answer);
  if (isFault(parts)) return parts;
  const fault = faultAmong(parts.said);
  if (fault !== null) return fault;
  const named = find === 'printf' ? parseFound(parts.text) : withoutDot(parseLooked(parts.text, session.mark));
  if (named === null) return UNREADABLE;
  const names = new Set(named.map(({ name }) => name));
  return names.size === named.length && !names.has('') && !named.some(({ name }) => name.includes('/'))
    ? named
    : UNREADABLE;
};

/** stat was given each as `./NAME`. */
const withoutDot = (named: readonly Named[] | null): readonly Named[] | null =>
  named?.every(({ name }) => name.startsWith('./'))
    ? named.map(({ name, stat }) => ({ name: name.slice(2), stat }))
    : null;

/** As in survey.ts: what fits into one text. */
const MOST_LISTED = 402_653_184;
