// Users and groups that have no name on the master: a remote that has one for them is listed again, with them by number.
//
// Names are compared, numbers where there are none. Whoever has no name on the master and one on the remote would differ in
// every run, also from what that run has just put there. It is so with owners, and with those whom an access list names.
import { WireError } from '../bytes/wire.js';
import type { Scan, Selection } from '../host/host.js';
import { readPortable, TAG } from '../tree/access-list.js';
import type { Change } from '../tree/change.js';
import type { Entry } from '../tree/entry.js';
import { ACCESS_LIST, DEFAULT_LIST, decodeExtras } from '../tree/extra.js';
import type { Path } from '../tree/path.js';
import { isNumber } from './check-owners.js';
import { batches, FILES_AT_ONCE } from './descend.js';

/** Numbers of the master where the remote may have a name; null where there are none. */
export const numbersIn = async (
  master: Pick<Scan, 'extras'>,
  changes: readonly Change[],
): Promise<NonNullable<Selection['numbers']> | null> => {
  const owners = new Set<string>();
  const groups = new Set<string>();
  const listed: Path[] = [];
  for (const change of changes) {
    if (change.kind !== 'attributes' && change.kind !== 'replace') continue;
    const { path, entry, was } = change;
    if (entry.kind === 'hard' || was.kind === 'hard') continue;
    if (isOnlyHere(entry.owner, was.owner)) owners.add(entry.owner);
    if (isOnlyHere(entry.group, was.group)) groups.add(entry.group);
    if (extraOf(entry) !== '' && extraOf(was) !== '' && extraOf(entry) !== extraOf(was)) listed.push(path);
  }
  for (const paths of batches(listed, FILES_AT_ONCE)) {
    for (const extras of await master.extras(paths)) {
      if (typeof extras !== 'string') continue;
      for (const { tag, who } of namedIn(extras)) if (isNumber(who)) (tag === TAG.user ? owners : groups).add(who);
    }
  }
  if (owners.size + groups.size === 0) return null;
  return { owners: [...owners].slice(0, MOST), groups: [...groups].slice(0, MOST) };
};

const isOnlyHere = (ours: string, theirs: string): boolean => isNumber(ours) && theirs !== '' && !isNumber(theirs);

const extraOf = (entry: Entry): string => ('extra' in entry ? entry.extra : '');

/** What cannot be understood names nobody: whoever is to set it says so. */
const namedIn = (extras: string): ReturnType<typeof readPortable> => {
  try {
    return decodeExtras(extras)
      .filter(({ name }) => name === ACCESS_LIST || name === DEFAULT_LIST)
      .flatMap(({ value }) => readPortable(value));
  } catch (error) {
    if (error instanceof WireError) return [];
    throw error;
  }
};

const MOST = 10_000;
