// Owners and groups that have no name on the master: a remote that has one for them is listed again, with them by number.
//
// Names are compared, numbers where there are none. Whoever has no name on the master and one on the remote would differ in
// every run, also from what that run has just put there.
import type { Selection } from '../host/host.js';
import type { Change } from '../tree/change.js';
import type { Entry } from '../tree/entry.js';
import { isNumber } from './check-owners.js';

/** Numbers of the master where the remote has a name; null where there are none. */
export const numbersIn = (changes: readonly Change[]): NonNullable<Selection['numbers']> | null => {
  const owners = new Set<string>();
  const groups = new Set<string>();
  for (const change of changes) {
    if (change.kind !== 'attributes' && change.kind !== 'replace') continue;
    const [ours, theirs] = [ownersOf(change.entry), ownersOf(change.was)];
    if (ours === null || theirs === null) continue;
    if (isOnlyHere(ours.owner, theirs.owner)) owners.add(ours.owner);
    if (isOnlyHere(ours.group, theirs.group)) groups.add(ours.group);
  }
  if (owners.size + groups.size === 0) return null;
  return { owners: [...owners].slice(0, MOST), groups: [...groups].slice(0, MOST) };
};

const ownersOf = (entry: Entry): { readonly owner: string; readonly group: string } | null =>
  entry.kind === 'hard' ? null : entry;

const isOnlyHere = (ours: string, theirs: string): boolean => isNumber(ours) && theirs !== '' && !isNumber(theirs);

const MOST = 10_000;
