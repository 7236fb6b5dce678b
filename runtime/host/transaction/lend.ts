// Lends a file of this host to a step that wants its content: by a further name in staging, or as a copy.
//
// 1. A further name is given only to a file that has one name, which a step of this list takes away; that already has the mode, time,
//    owner and group that are wanted; and whose times show that it was not touched since before it was digested. Nothing is ever
//    set on it: until the commit it is still the old file.
// 2. Until the commit somebody may write to it under its old name: so it is looked at again when everything is pre-checked
//    (lent.ts), and what was written then, or is not to lose its old name any more, is taken out of staging and sent. What
//    is written later the verification finds: a file that was put in place has the time and size that were wanted.
// 3. The trash gets the old name of the same inode. What syncplan puts in place replaces a file and never writes into one, so
//    that name keeps its content; but a program that writes into the new file changes both. Restoring such a file copies it.
// 4. A copy is new: its content is digested as it was written, and whatever is wanted is set on it.

import { timesDiffer } from '../../tree/change.js';
import { leaf, parent } from '../../tree/path.js';
import type { Pair } from '../../tree/twins.js';
import { type Deed, type Fault, type Folder, isFault, isSameInode, type Stat } from '../file-verbs.js';
import { differsFromSeen } from '../seen.js';
import type { Twin } from '../twins.js';
import { givenOf, giveOne, managesExtras } from './attributes.js';
import { type Copier, makeCopier } from './copy-hashed.js';
import { isBelieved, type Lender } from './lender.js';
import { isUntouched } from './lent.js';
import { performOne } from './one-deed.js';
import { givenOwners } from './owners.js';
import { stagedFolder, stagedName, stagedPath } from './staged.js';
import { fromRoot, modeOf, type Work } from './work.js';

/** Tells of each step that it staged. `since`: what changed before that was not touched after it. */
export async function* lendAll(work: Work, pairs: readonly Pair<Lender>[], since: number): AsyncGenerator<Twin> {
  const copier = makeCopier(work);
  const { user } = work.verbs.names.self();
  for (const batch of batches(work, pairs)) {
    const [first] = batch;
    const at = await folderOfLender(work, first!.held);
    const to = await stagedFolder(work, first!.index);
    if (isFault(at) || isFault(to)) continue;
    yield* lendBatch(work, copier, batch, { at, to, since, user });
    await work.breathe();
  }
}

type Place = { readonly at: Folder; readonly to: Folder; readonly since: number; readonly user: number };

async function* lendBatch(
  work: Work,
  copier: Copier,
  batch: readonly Pair<Lender>[],
  { at, to, ...by }: Place,
): AsyncGenerator<Twin> {
  const stats = await work.verbs.stat(batch.map(({ held }) => ({ at, name: leaf(held.path) })));
  const linking: { pair: Pair<Lender>; stat: Stat }[] = [];
  const copying: Pair<Lender>[] = [];
  batch.forEach((pair, i) => {
    const stat = stats[i]!;
    if (isFault(stat) || !isTwin(work, pair, stat)) return;
    if (mayLink(work, pair, stat, by)) linking.push({ pair, stat });
    else copying.push(pair);
  });
  const deeds = linking.map(({ pair: { held, index } }): Deed => {
    return { do: 'hard-link', at, name: leaf(held.path), to, toName: stagedName(work, index) };
  });
  const faults = deeds.length === 0 ? [] : await work.verbs.perform(deeds);
  const looked = await work.verbs.stat(
    linking.map(({ pair: { index } }) => ({ at: to, name: stagedName(work, index) })),
  );
  for (const [i, { pair, stat }] of linking.entries()) {
    const now = looked[i]!;
    if (faults[i] !== null) copying.push(pair);
    else if (!isFault(now) && isSameInode(now, stat) && now.names === 2 && isUntouched(now, stat)) {
      work.disturbed.add(now.inode);
      work.lent.set(pair.index, { by: pair.held.by!, stat: now });
      yield settled(work, pair);
    } else await performOne(work.verbs, { do: 'remove', at: to, name: stagedName(work, pair.index) });
  }
  for (const pair of copying) {
    if (await copyOne(work, copier, pair, at, to)) yield settled(work, pair);
  }
}

/** It is what was listed, but for the names that this transaction gave it, and can be believed. */
const isTwin = (work: Work, { index, held }: Pair<Lender>, stat: Stat): boolean => {
  const seen = work.parts[held.part]!.scan.seen(held.within);
  if (seen === null) return false;
  const now = work.disturbed.has(stat.inode) ? { ...stat, changed: seen.changed } : stat;
  return differsFromSeen(now, seen) === null && isBelieved(work, held.part, stat, wantedOf(work, index));
};

const mayLink = (
  work: Work,
  { index, held, moves }: Pair<Lender>,
  stat: Stat,
  { since, user }: Pick<Place, 'since' | 'user'>,
): boolean => {
  if (!moves || held.by === null || stat.inode === 0 || stat.names !== 1 || stat.changed >= since) return false;
  const { part, action, mode, owner, group } = wantedOf(work, index);
  if (managesExtras(part) || action.modified === null || timesDiffer(stat.modified, action.modified)) return false;
  const isOwner = stat.owner === (owner ?? user);
  return isOwner && (group === null || stat.group === group) && stat.mode === mode;
};

const copyOne = async (
  work: Work,
  copier: Copier,
  { index, held, digest }: Pair<Lender>,
  at: Folder,
  to: Folder,
): Promise<boolean> => {
  const { part, action, owner, group, mode } = wantedOf(work, index);
  const toName = stagedName(work, index);
  const { algorithm } = part.scan.selection;
  const copied = await copier({ at, name: leaf(held.path), to, toName, algorithm, size: action.size });
  if (isFault(copied)) return false;
  const isRight = copied.size === action.size && copied.digest === digest;
  const fault: Fault | null = isRight
    ? await giveOne(work, part, to, toName, givenOf(action, { owner, group }, mode))
    : { fault: 'CHANGED', message: 'it is not what it was' };
  if (fault !== null) await performOne(work.verbs, { do: 'remove', at: to, name: toName });
  return fault === null;
};

const settled = (work: Work, { index, digest, moves }: Pair<Lender>): Twin => {
  work.digests.set(index, digest);
  work.table.setStaged(index, true);
  work.table.setWaiting(index);
  work.arrivals.ended(index, digest);
  return { index, moved: moves };
};

const wantedOf = (work: Work, index: number) => {
  const { part: number, action } = work.table.step(index)!;
  if (action.do !== 'file') throw new Error('only a file is made of another');
  const part = work.parts[number]!;
  return { part, action, mode: modeOf(part, action.mode), ...givenOwners(work, action) };
};

/** From the roots that hold them: one folder of lenders, one folder in staging. */
function* batches(work: Work, pairs: readonly Pair<Lender>[]): Generator<Pair<Lender>[]> {
  let batch: Pair<Lender>[] = [];
  let key = '';
  for (const pair of pairs) {
    const { held, index } = pair;
    const own = `${held.part} ${parent(held.path)}\0${parent(stagedPath(work, index))}`;
    if (batch.length > 0 && (own !== key || batch.length === TOGETHER)) {
      yield batch;
      batch = [];
    }
    key = own;
    batch.push(pair);
  }
  if (batch.length > 0) yield batch;
}

const folderOfLender = (work: Work, { part: number, within }: Lender): Promise<Folder | Fault> => {
  const part = work.parts[number]!;
  return part.leaders.at(parent(fromRoot(part, within)));
};

const TOGETHER = 256;
