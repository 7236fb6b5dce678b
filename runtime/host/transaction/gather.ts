// Small files on their way into staging together, where each by itself would be several ways there and back.
//
//  1. What came of them is settled in the order in which they came, by whoever adds them: nothing else happens meanwhile.
//  2. What waits and is under way is bounded.
//  3. A file is under way once; whoever has something new for a step that is settles first.
import type { Action } from '../../tree/action.js';
import { leaf, parent } from '../../tree/path.js';
import { type Fault, isFault, type NewFile } from '../file-verbs.js';
import { performOne } from './one-deed.js';
import type { Owners } from './owners.js';
import { folderFor, stagedPath } from './staged.js';
import { madeFolderOf } from './staged-folders.js';
import type { Work } from './work.js';

export type FileStep = { readonly index: number; readonly part: number; readonly action: Action & { do: 'file' } };

/** What a file has or will be given: first a mode with which it is complete, or may wait for the rest. */
export type Finishing = {
  readonly digest: string;
  readonly mode: number;
  readonly first: number;
  readonly owners: Owners;
};

/** The content is its own: nobody else writes to it. */
export type Gathered = { readonly step: FileStep; readonly content: Buffer; readonly finishing: Finishing };

export type Gather = {
  /** It may be under way for as long as others are added. */
  readonly add: (file: Gathered) => Promise<void>;
  readonly holds: (index: number) => boolean;
  /** Sends what waits, and tells what came of everything. */
  readonly settle: () => Promise<void>;
  /** Waits for what is under way, whatever comes of it. */
  readonly abandon: () => Promise<void>;
};

export type Told = {
  readonly done: (file: Gathered, fault: null | Fault) => Promise<void>;
  /** There is no folder for it. */
  readonly refused: (file: Gathered, fault: Fault) => void;
};

/** Null where files are as well written one by one. */
export const openGather = (work: Work, { done, refused }: Told): Gather | null => {
  const { writeMany, syncsWrites = false } = work.verbs;
  if (writeMany === undefined) return null;
  const held = new Set<number>();
  const under: { readonly files: readonly Gathered[]; readonly answers: Promise<readonly (null | Fault)[]> }[] = [];
  const durable = work.id.strict && syncsWrites;
  let waiting: { readonly file: Gathered; readonly asked: NewFile }[] = [];
  let bytes = 0;

  const send = async (): Promise<void> => {
    const some = waiting;
    waiting = [];
    bytes = 0;
    if (some.length === 0) return;
    const answers = Promise.resolve(writeMany(some.map(({ asked }) => asked)));
    // Whoever settles is told.
    answers.catch(() => undefined);
    under.push({ files: some.map(({ file }) => file), answers });
    while (under.length > UNDER_WAY) await settleFirst();
  };

  const settleFirst = async (): Promise<void> => {
    const { files, answers } = under.shift()!;
    const faults = await answers;
    for (const [i, file] of files.entries()) {
      const { index } = file.step;
      const fault = faults[i]?.fault === 'EEXIST' ? await writeAgain(file) : faults[i]!;
      held.delete(index);
      if (durable && fault === null) work.synced.add(index);
      await done(file, fault);
    }
  };

  /** An attempt at it that failed half-way was not removed. */
  const writeAgain = async (file: Gathered): Promise<null | Fault> => {
    const asked = await place(file);
    if (isFault(asked)) return asked;
    await performOne(work.verbs, { do: 'remove', at: asked.at, name: asked.name });
    return (await writeMany([asked]))[0]!;
  };

  const place = async ({ step, content, finishing }: Gathered): Promise<NewFile | Fault> => {
    const path = stagedPath(work, step.index);
    const at = madeFolderOf(work, step.index) ?? (await folderFor(work, step.index, parent(path)));
    if (isFault(at)) return at;
    const attributes = { mode: finishing.first, modified: step.action.modified };
    return { at, name: leaf(path), content, attributes, durable };
  };

  return {
    async add(file) {
      const asked = await place(file);
      if (isFault(asked)) return refused(file, asked);
      held.add(file.step.index);
      waiting.push({ file, asked });
      bytes += file.content.length;
      if (waiting.length >= MANY || bytes >= ENOUGH) await send();
    },
    holds: index => held.has(index),
    async settle() {
      await send();
      while (under.length > 0) await settleFirst();
    },
    async abandon() {
      await Promise.allSettled(under.splice(0).map(({ answers }) => answers));
    },
  };
};

/** Calls at a time: one is written there while the next is on its way. */
const UNDER_WAY = 3;
const MANY = 500;
const ENOUGH = 2_097_152;
