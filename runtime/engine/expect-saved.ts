// Compares what a run would do now with what was saved: exactly that, or a refusal that names the first difference.
//
// 1. Before the first write, a relation must rest on the same listings and need the same changes, contents included.
// 2. Looked at again under its locks, it may need fewer (an earlier block did them), never another one.
// 3. What somebody else changed on a remote is never overwritten by a saved plan.
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../tree/entry.js';
import { asText, comparePaths } from '../tree/path.js';
import { driftedPaths } from './drift.js';
import type { Guard } from './guards.js';
import { type ComparedTake, type Relation, shownPath } from './relation.js';
import { type SavedChange, type SavedPlan, type SavedTake, saveChanges } from './saved-plan.js';

export type Expected = {
  readonly saved: SavedPlan;
  /** What makes the same preview again: the plan's file and what it was given, as words of a command line. */
  readonly words: string;
};

export const expectSaved = async (
  relation: Relation,
  { saved, words }: Expected,
  when: 'first' | 'again',
): Promise<readonly Guard[]> => {
  const { block, host } = relation;
  const refuse = (message: string): readonly Guard[] => [
    {
      guard: 'saved-plan',
      stops: 'relation',
      message: `the saved plan no longer fits ${host}: ${message}`,
      help: `look again: syncplan plan ${words}; then save it anew with -o, or apply the same without saving`,
    },
  ];
  const known = saved.relations.find(one => one.block === block.name && one.host === host);
  if (known === undefined || known.takes.length !== relation.takes.length)
    return refuse(`it has no block ${block.name}`);
  for (const [index, now] of relation.takes.entries()) {
    const why = await differs(known.takes[index]!, now, when);
    if (why !== null) return refuse(why);
  }
  for (const { take, foreign } of relation.takes) {
    const [path] = driftedPaths(foreign);
    if (path !== undefined) {
      const place = asText(shownPath(take, path));
      return refuse(`${place}: expected what syncplan put there, found that somebody else has changed it since`);
    }
  }
  return [];
};

/** `PATH: expected …, found …`, or null. */
const differs = async (saved: SavedTake, now: ComparedTake, when: 'first' | 'again'): Promise<string | null> => {
  const { take, remoteRoot, master, remote } = now;
  if (remoteRoot.path !== saved.root) {
    return `root ${take.into.root}: expected ${asText(saved.root)}, found ${asText(remoteRoot.path)}`;
  }
  const changes = new Map((await saveChanges(now, () => UNREADABLE)).map(change => [change.path, change]));
  const expected = new Map(saved.changes.map(change => [change.path, change]));
  const paths = when === 'again' ? [...changes.keys()] : [...new Set([...expected.keys(), ...changes.keys()])];
  for (const path of paths.sort(comparePaths)) {
    const [a, b] = [expected.get(path), changes.get(path)];
    if (!isDeepStrictEqual(a, b)) return `${asText(shownPath(take, path))}: expected ${said(a)}, found ${said(b)}`;
  }
  if (when === 'again') return null;
  for (const [side, was, is] of [
    ['the master', saved.master, master.summary.digest],
    ['the remote', saved.remote, remote.summary.digest],
  ] as const) {
    const found = Buffer.from(is, 'latin1').toString('hex');
    if (found !== was) {
      const folder = asText(shownPath(take, ''));
      return `${folder === '' ? '.' : folder}: expected the listing ${was} of ${side}, found ${found}: something there has changed`;
    }
  }
  return null;
};

const said = (change: SavedChange | undefined): string => {
  if (change === undefined) return 'nothing to do';
  const { kind, was, becomes, content } = change;
  const sent = content === null ? '' : ` with content ${content === UNREADABLE ? content : content.slice(0, 16)}`;
  switch (kind) {
    case 'create':
      return `nothing there and ${factsOf(becomes)}${sent} to create`;
    case 'delete':
      return `${factsOf(was)} to delete`;
    case 'attributes':
    case 'replace':
      return `${factsOf(was)} to become ${factsOf(becomes)}${sent}`;
  }
};

/** All of it in which two of a kind can differ. */
const factsOf = (entry: Entry | null): string => {
  switch (entry?.kind) {
    case undefined:
      return 'nothing';
    case 'file': {
      const { size, mode, modified, extra } = entry;
      return `a file${listed(`${size} bytes`, modeText(mode), timeText(modified), ownerText(entry), extraText(extra))}`;
    }
    case 'folder':
      return `a folder${listed(modeText(entry.mode), ownerText(entry), extraText(entry.extra))}`;
    case 'link':
      return `a link to ${asText(entry.target)}${listed(timeText(entry.modified), ownerText(entry))}`;
    case 'hard':
      return `a further name of ${asText(entry.leader)}`;
  }
};

const listed = (...facts: readonly string[]): string => {
  const told = facts.filter(fact => fact !== '');
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
};

const modeText = (mode: number): string => `mode ${mode.toString(8).padStart(4, '0')}`;

/** To the microsecond where it has some; '' for none. */
const timeText = (modified: number): string => {
  if (modified === 0) return '';
  const ms = Math.floor(modified / 1000);
  const micros = modified - ms * 1000;
  const text = new Date(ms).toISOString();
  return `modified ${micros === 0 ? text : text.replace('Z', `${String(micros).padStart(3, '0')}Z`)}`;
};

const ownerText = ({ owner, group }: { readonly owner: string; readonly group: string }): string =>
  owner === '' && group === '' ? '' : `owner ${owner}:${group}`;

const extraText = (digest: string): string =>
  digest === '' ? '' : `extended attributes ${Buffer.from(digest, 'latin1').toString('hex').slice(0, 8)}`;

const UNREADABLE = 'that cannot be read';
