// Gives files and folders their owner, extended attributes, mode and time: in staging, and in place where they are adjusted.
//
//  1. The owner comes first: changing it takes set-user-id and capabilities away. The mode comes last: an access list changes
//     it, and so does setting one.
//  2. Until its extended attributes are there, a staged file is open to nobody but this user.
//  3. What was asked for is read back: a file system that keeps less is a fault of that file.
//  4. Where a relation manages extended attributes, what has none of them loses those it was made with (a folder with a
//     default list gives one to everything made in it).

import { stored } from '../../tree/access-list.js';
import type { Action } from '../../tree/action.js';
import {
  ACCESS_LIST,
  CAPABILITY,
  changeExtras,
  DEFAULT_LIST,
  decodeExtras,
  type Extra,
  managesExtra,
} from '../../tree/extra.js';
import { withoutExtras } from '../extra-reader.js';
import { type ExtraAt, type ExtraVerbs, type Fault, type Folder, isFault } from '../file-verbs.js';
import { performOne } from './one-deed.js';
import { idOf, type Owners } from './owners.js';
import type { Work, WorkPart } from './work.js';

export type Given = Owners & {
  readonly mode: number | null;
  readonly modified: number | null;
  /** As the master tells them; null leaves them as they are. */
  readonly extra: string | null;
  /** The mode it has now, or will have: what an access list takes from it. */
  readonly modeNow: number;
};

export type Giving = {
  /** At once where no extended attributes are managed, else together with many others; then `done` is told. */
  readonly give: (
    part: WorkPart,
    at: Folder,
    name: string,
    given: Given,
    done: (fault: Fault | null) => void | Promise<void>,
  ) => Promise<void>;
  readonly finish: () => Promise<void>;
  /** Lets go of what it holds; what was not finished is not done. */
  readonly release: () => Promise<void>;
};

/** Does the relation manage extended attributes? Then nothing is complete before they are given. */
export const managesExtras = (part: WorkPart): boolean => managesExtra(part.scan.selection.attributes) !== null;

export const openGiving = (work: Work): Giving => {
  let waiting: (Item & { readonly done: (fault: Fault | null) => void | Promise<void> })[] = [];
  const release = async (): Promise<void> => {
    const held = waiting.map(({ at }) => at);
    waiting = [];
    for (const folder of held) await work.verbs.release(folder);
  };
  const finish = async (): Promise<void> => {
    const faults = await giveAll(work, waiting);
    for (const [i, { done }] of waiting.entries()) await done(faults[i]!);
    await release();
  };
  return {
    async give(part, at, name, given, done) {
      if (!managesExtras(part)) return done(await giveRest(work, at, name, given));
      const held = await extrasOf(work).hold(at);
      if (isFault(held)) return done(held);
      waiting.push({ part, at: held, name, given, done });
      if (waiting.length >= TOGETHER) await finish();
    },
    finish,
    release,
  };
};

/** The same for one thing by itself. */
export const giveOne = async (
  work: Work,
  part: WorkPart,
  at: Folder,
  name: string,
  given: Given,
): Promise<Fault | null> => {
  const { owner, group, extra } = given;
  const plain = extra === null && owner === null && group === null;
  if (plain || !managesExtras(part)) return giveRest(work, at, name, given);
  return (await giveAll(work, [{ part, at, name, given }]))[0]!;
};

type Item = { readonly part: WorkPart; readonly at: Folder; readonly name: string; readonly given: Given };

const giveAll = async (work: Work, items: readonly Item[]): Promise<(Fault | null)[]> => {
  const faults: (Fault | null)[] = items.map(() => null);
  const parts = new Set(items.map(({ part }) => part));
  for (const part of parts) {
    const own = items.flatMap((item, index) => (item.part === part ? [index] : []));
    const found = await giveExtras(
      work,
      part,
      own.map(index => items[index]!),
    );
    own.forEach((index, i) => {
      faults[index] = found[i]!;
    });
  }
  for (const [index, { at, name, given }] of items.entries()) {
    const asked = faults[index] === null ? given : { mode: null, modified: null };
    const mode = asked.mode ?? (mustOpen(work, given) ? given.modeNow : null);
    if (mode === null && asked.modified === null) continue;
    const rest = { mode, modified: asked.modified, owner: null, group: null };
    const fault = await performOne(work.verbs, { do: 'set', at, name, ...rest });
    faults[index] ??= fault;
  }
  return faults;
};

/** Owner, mode and time in one deed. */
const giveRest = async (
  work: Work,
  at: Folder,
  name: string,
  { mode, modified, owner, group }: Given,
): Promise<Fault | null> =>
  mode === null && modified === null && owner === null && group === null
    ? null
    : performOne(work.verbs, { do: 'set', at, name, mode, modified, owner, group });

/** Owners and extended attributes of many things of one part. */
const giveExtras = async (work: Work, part: WorkPart, items: readonly Item[]): Promise<(Fault | null)[]> => {
  const { attributes } = part.scan.selection;
  const verbs = extrasOf(work);
  const manages = managesExtra(attributes)!;
  const asked = items.map(({ at, name }) => ({ at, name, follow: false }));
  const has = [...(await verbs.read(asked, attributes))];
  const faults: (Fault | null)[] = has.map(answer => (isFault(answer) ? answer : null));
  const wanted: (readonly Extra[])[] = [];
  for (const [i, { at, name, given }] of items.entries()) {
    const { owner, group, extra } = given;
    const there = has[i]!;
    const want = extra !== null ? storedExtras(work, extra, given.modeNow, manages) : isFault(there) ? [] : there;
    wanted.push(isFault(want) ? [] : want);
    if (isFault(want)) faults[i] ??= want;
    if (faults[i] !== null || (owner === null && group === null)) continue;
    faults[i] = await performOne(work.verbs, { do: 'set', at, name, mode: null, modified: null, owner, group });
    // Gone with the owner, whatever was read before.
    if (!isFault(there)) has[i] = there.filter(({ name: one }) => one !== CAPABILITY);
  }
  await writeExtras(work, { part, items, verbs, asked, has, wanted, faults });
  return faults;
};

/** Only root writes attributes of what its owner may not write to: others open it to themselves for that moment. */
const mustOpen = ({ privileged }: Work, { modeNow }: Given): boolean => !privileged && (modeNow & OWNER_WRITE) === 0;

const OWNER_WRITE = 0o200;

/** Writes what is missing, and believes only what is read back. */
const writeExtras = async (
  work: Work,
  {
    part,
    items,
    verbs,
    asked,
    has,
    wanted,
    faults,
  }: {
    readonly part: WorkPart;
    readonly items: readonly Item[];
    readonly verbs: ExtraVerbs;
    readonly asked: readonly ExtraAt[];
    readonly has: readonly (readonly Extra[] | Fault)[];
    readonly wanted: readonly (readonly Extra[])[];
    readonly faults: (Fault | null)[];
  },
): Promise<void> => {
  const changing = asked.flatMap((one, i) => {
    const there = has[i]!;
    if (faults[i] !== null || isFault(there)) return [];
    const { set, remove } = changeExtras(there, wanted[i]!);
    return set.length === 0 && remove.length === 0 ? [] : [{ ...one, set, remove, i }];
  });
  if (changing.length === 0) return;
  for (const { at, name, i } of changing) {
    const { given } = items[i]!;
    if (!mustOpen(work, given)) continue;
    const mode = given.modeNow | OWNER_WRITE;
    await performOne(work.verbs, { do: 'set', at, name, mode, modified: null, owner: null, group: null });
  }
  const written = await verbs.write(changing);
  const after = await verbs.read(changing, part.scan.selection.attributes);
  changing.forEach(({ i }, n) => {
    const now = after[n]!;
    const left = isFault(now) ? null : changeExtras(now, wanted[i]!);
    if (left !== null && left.set.length === 0 && left.remove.length === 0) return;
    faults[i] = tooLarge(written[n]!) ?? (isFault(now) ? now : KEPT_LESS);
  });
};

/** From what travels to what this system keeps; names that a selection does not manage are never set, whatever a peer says. */
const storedExtras = (
  work: Work,
  text: string,
  mode: number,
  manages: (name: string) => boolean,
): readonly Extra[] | Fault => {
  const extras: Extra[] = [];
  const { names } = work.verbs;
  const numbering = {
    user: (who: string) => idOf(who, names.userId),
    group: (who: string) => idOf(who, names.groupId),
  };
  for (const extra of decodeExtras(text)) {
    if (!manages(extra.name)) continue;
    const which = extra.name === ACCESS_LIST ? 'access' : extra.name === DEFAULT_LIST ? 'default' : null;
    const kept = which === null ? extra : stored(extra.value, which, mode, numbering);
    if ('unknown' in kept) return { fault: 'EINVAL', message: `no ${kept.kind} ${kept.unknown} there` };
    extras.push({ name: extra.name, value: kept.value });
  }
  return extras;
};

const extrasOf = ({ verbs }: Work): ExtraVerbs => {
  if (verbs.extras === null) throw withoutExtras();
  return verbs.extras;
};

/** File systems say "no space" for attributes that are too large, too: the disk need not be full. */
const tooLarge = (fault: Fault | null): Fault | null =>
  fault !== null && (fault.fault === 'ENOSPC' || fault.fault === 'ERANGE') ? { ...fault, fault: 'E2BIG' } : fault;

/** The mode for a thing whose special bits the relation does not carry: those it has stay. */
export const keepingSpecial = (part: WorkPart, mode: number, now: number): number =>
  part.scan.selection.attributes.includes('special') ? mode : (mode & 0o777) | (now & 0o7000);

export const givenOf = (action: Action & { do: 'file' | 'folder' }, owners: Owners, mode: number): Given => ({
  ...owners,
  mode,
  modified: action.do === 'file' ? action.modified : null,
  extra: action.extra,
  modeNow: mode,
});

const KEPT_LESS: Fault = { fault: 'ENOTSUP', message: 'the file system did not keep its extended attributes' };
const TOGETHER = 80;
