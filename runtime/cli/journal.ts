// The journal of each apply, for --resume: which relations it was to do, and which are done, as it goes.
//
// Format 1, $XDG_STATE_HOME/syncplan/journal/HASH/NUMBER.RUN.jsonl, HASH being the SHA-256 of the main file's absolute path, and
// NUMBER one more than the greatest there when it was begun: the clock may have been set back since. (Once without a number.)
//   first line   { journal: 1, run, file, plan, relations: [[block, host], …] }   plan: hash of the compiled plan
//   each other   { done: [block, host] }
// Lines are appended in one write each; a last line that was cut short counts for nothing. The last few runs are kept.
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Plan } from '../../compiler/plan.js';
import { planHash } from '../../compiler/plan-file.js';
import type { RunEvent } from '../engine/events.js';
import { onlyWith } from '../engine/restrict.js';
import { makeFolders } from '../host/make-folders.js';

export type Journal = {
  readonly run: string;
  /** Hash of the plan it was made from. */
  readonly plan: string;
  readonly relations: readonly Pair[];
  readonly done: readonly Pair[];
};

type Pair = readonly [block: string, host: string];

export type JournalOf = { readonly stateFolder: string; readonly file: string };

/** Begins the journal of a run of `whole` that is to do `plan`; the answer takes every event of the run. */
export const beginJournal = (
  { stateFolder, file }: JournalOf,
  run: string,
  whole: Plan,
  plan: Plan,
): ((event: RunEvent) => void) => {
  const folder = folderOf(stateFolder, file);
  makeFolders(folder, 0o700);
  const before = runsIn(folder);
  for (const { name } of before.slice(0, -KEPT)) rmSync(join(folder, name), { force: true });
  const path = join(folder, `${(before.at(-1)?.number ?? 0) + 1}.${run}.jsonl`);
  const head = { journal: 1, run, file, plan: planHash(whole), relations: pairsOf(plan) };
  writeFileSync(path, `${JSON.stringify(head)}\n`, { mode: 0o600, flag: 'wx' });
  return event => {
    if (event.type !== 'block' || event.state !== 'done') return;
    appendFileSync(path, `${JSON.stringify({ done: [event.block, event.host] })}\n`);
  };
};

/** Of the last run; null where there was none, or where its journal says nothing. */
export const lastJournal = ({ stateFolder, file }: JournalOf): Journal | null => {
  const folder = folderOf(stateFolder, file);
  const last = runsIn(folder).at(-1);
  return last === undefined ? null : readJournal(folder, last.name, file);
};

/** What a run left that no later one has done: `resume` where the last run is the one to go on with, `apply` where another
 * has come since. Null where nothing is left, or where nobody knows. */
export const leftBy = ({ stateFolder, file }: JournalOf, run: string): 'resume' | 'apply' | null => {
  const folder = folderOf(stateFolder, file);
  const runs = runsIn(folder);
  const first = runs.findIndex(one => one.run === run);
  const journals = first < 0 ? [] : runs.slice(first).map(({ name }) => readJournal(folder, name, file));
  const [its, last] = [journals[0], journals.at(-1)];
  if (its === null || its === undefined) return null;
  const done = new Set(journals.flatMap(journal => journal?.done ?? []).map(keyOf));
  const left = its.relations.map(keyOf).filter(key => !done.has(key));
  if (left.length === 0) return null;
  const lastOnes = new Set(last?.relations.map(keyOf));
  return left.every(key => lastOnes.has(key)) ? 'resume' : 'apply';
};

const readJournal = (folder: string, name: string, file: string): Journal | null => {
  const [first, ...rest] = readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1).map(parse);
  const head = HEAD.safeParse(first);
  if (!head.success || head.data.file !== file) return null;
  const done = rest.flatMap(line => {
    const found = DONE.safeParse(line);
    return found.success ? [found.data.done] : [];
  });
  return { run: head.data.run, plan: head.data.plan, relations: head.data.relations, done };
};

/** What that run left: null for nothing. */
export type Resumed =
  | { readonly left: Plan; readonly run: string }
  | { readonly left: null; readonly run: string }
  | { readonly refused: string; readonly help: string };

/** `plan`, restricted to the relations that the last run of `whole` was to do and did not get done. */
export const resume = (journal: Journal | null, whole: Plan, plan: Plan): Resumed => {
  const help = 'run apply without --resume: it looks at everything and sends only what is missing';
  if (journal === null) return { refused: 'there is no earlier run of this plan on this machine to go on with', help };
  // What a saved plan was made of is what it was restricted to.
  if (journal.plan !== planHash(whole) && journal.plan !== planHash(plan)) {
    return { refused: `the plan, or what it is given, has changed since run ${journal.run}`, help };
  }
  const done = new Set(journal.done.map(keyOf));
  const open = new Set(journal.relations.map(keyOf).filter(key => !done.has(key)));
  const blocks = plan.blocks
    .map(block => ({ ...block, remotes: block.remotes.filter(host => open.has(keyOf([block.name, host]))) }))
    .filter(({ remotes }) => remotes.length > 0);
  if (blocks.length === 0) return { left: null, run: journal.run };
  return { left: onlyWith(plan, blocks), run: journal.run };
};

const pair = z.tuple([z.string(), z.string()]);
const HEAD = z.strictObject({
  journal: z.literal(1),
  run: z.string(),
  file: z.string(),
  plan: z.string(),
  relations: z.array(pair),
});
const DONE = z.strictObject({ done: pair });

const pairsOf = ({ blocks }: Plan): Pair[] =>
  blocks.flatMap(({ name, remotes }) => remotes.map((host): Pair => [name, host]));

const keyOf = ([block, host]: Pair): string => `${block} ${host}`;

type Kept = { readonly name: string; readonly number: number; readonly run: string };

/** As they were begun; of those that began side by side, as the clock says. */
const runsIn = (folder: string): Kept[] => {
  try {
    const found = readdirSync(folder).flatMap((name): Kept[] => {
      const [, number = '0', run] = NAME.exec(name) ?? [];
      return run === undefined ? [] : [{ name, number: Number(number), run }];
    });
    return found.sort((a, b) => a.number - b.number || (a.run < b.run ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const folderOf = (stateFolder: string, file: string): string =>
  join(stateFolder, 'journal', createHash('sha256').update(file).digest('hex'));

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};

const NAME = /^(?:(\d{1,15})\.)?([A-Za-z0-9-]+)\.jsonl$/;
const KEPT = 4;
