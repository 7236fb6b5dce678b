// A saved plan: what a preview rests on and exactly the changes it shows, as one plain value that is applied once or not at all.
//
// Format 1, canonical JSON (runtime/cli/saved-file.ts reads and writes it):
//
//   { saved: 1, id, created, syncplan, file, options, plan, relations, seal }
//
//   id         of the run that observed; a saved plan is used once, and this is what is remembered of it
//   file       the plan's main file, absolute: relative local roots lie beside it
//   options    what the command line added and the plan does not say: only, except, roles, allowDelete, acceptRoots
//   plan       the compiled plan, restricted to what was asked for, with the values it was made with and the SHA-256 of
//              every source file (compiler/plan.ts)
//   relations  per block and remote, and per take of it: the resolved root on the remote, the digest of what each side
//              listed, and every change: path, kind, why, what was, what becomes, and for a file that will be sent the
//              digest of its content on the master; and what else its preview says
//   seal       SHA-256 of all the rest: a file that was cut or edited is no saved plan
//
// Names and paths are byte strings as in the plan; digests are hex. Contents of files are never in it.
import type { Plan } from '../../compiler/plan.js';
import { HostError } from '../host/host-error.js';
import type { Change, Reason } from '../tree/change.js';
import type { Entry } from '../tree/entry.js';
import { asText, type Path } from '../tree/path.js';
import { rulesOf } from '../tree/rules.js';
import { batches, FILES_AT_ONCE } from './descend.js';
import { bitsLeftOut, contentBytes, linesOf, specialBitsOf, strategyOf } from './describe.js';
import { driftedPaths } from './drift.js';
import type { Preview, PreviewRelation } from './events.js';
import { leftToDo } from './planned.js';
import { type ComparedTake, consistencyOf, type Relation, shownPath } from './relation.js';
import { likelyMoved } from './twins.js';
import { hooksAhead } from './which-hooks.js';

export const SAVED_VERSION = 1;

export type SavedPlan = {
  readonly saved: typeof SAVED_VERSION;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** Version of the program. */
  readonly syncplan: string;
  readonly file: string;
  readonly options: SavedOptions;
  readonly plan: Plan;
  readonly relations: readonly SavedRelation[];
};

export type SavedOptions = {
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly allowDelete: boolean;
  readonly acceptRoots: readonly string[];
};

export type SavedRelation = {
  readonly block: string;
  readonly host: string;
  readonly unchanged: number;
  readonly skipped: number;
  /** What its preview says of it beside its changes, left out where it is nothing. */
  readonly specialBits?: number;
  readonly alike?: PreviewRelation['alike'];
  /** Paths that somebody else had changed on the remote, relative to its root. */
  readonly drift: readonly Path[];
  /** In the order of the relation's takes. */
  readonly takes: readonly SavedTake[];
};

export type SavedTake = {
  /** Index of its take in the block: parallel roots give several for one. */
  readonly take: number;
  /** Of the remote, as the host resolved it. */
  readonly root: Path;
  readonly exists: boolean;
  readonly master: string;
  readonly remote: string;
  readonly changes: readonly SavedChange[];
};

export type SavedChange = {
  readonly path: Path;
  readonly kind: Change['kind'];
  readonly why: Reason | null;
  readonly was: Entry | null;
  readonly becomes: Entry | null;
  /** Digest of the content to be sent, by the block's algorithm; null where nothing is. */
  readonly content: string | null;
};

/** Throws HostError where the content of a file to be sent cannot be read. */
export const saveRelation = async (relation: Relation): Promise<SavedRelation> => {
  const takes: SavedTake[] = [];
  for (const compared of relation.takes) {
    const { take, master, remote, remoteRoot } = compared;
    takes.push({
      take: relation.block.takes.indexOf(take),
      root: remoteRoot.path,
      exists: remoteRoot.exists,
      master: hex(master.summary.digest),
      remote: hex(remote.summary.digest),
      changes: await saveChanges(compared, path => {
        const what = `block ${relation.block.name}: ${asText(shownPath(take, path))} on ${relation.block.master}`;
        throw new HostError('failed', `${what} cannot be read, so its content cannot be saved`, 'make it readable');
      }),
    });
  }
  const { block, host, tally } = relation;
  const drift = relation.takes.flatMap(({ take, foreign }) => driftedPaths(foreign).map(path => shownPath(take, path)));
  const specialBits = bitsLeftOut(relation);
  const alike = likelyMoved(relation);
  return {
    block: block.name,
    host,
    unchanged: tally.unchanged,
    skipped: tally.skipped,
    ...(specialBits === 0 ? {} : { specialBits }),
    ...(alike.files === 0 ? {} : { alike }),
    drift,
    takes,
  };
};

/** The changes of a take with the digests of what they send; `unreadable` says what stands for one that cannot be had. */
export const saveChanges = async (
  { master, changes }: Pick<ComparedTake, 'master' | 'changes'>,
  unreadable: (path: Path) => string,
): Promise<SavedChange[]> => {
  const digests = new Map<Path, string>();
  const sent = changes.filter(sendsContent).map(({ path }) => path);
  for (const paths of batches(sent, FILES_AT_ONCE)) {
    const answers = await master.digests(paths);
    paths.forEach((path, i) => {
      const answer = answers[i];
      digests.set(path, typeof answer === 'string' && answer !== '' ? hex(answer) : unreadable(path));
    });
  }
  return changes.map(change => ({
    path: change.path,
    kind: change.kind,
    why: change.kind === 'replace' ? change.why : null,
    was: change.kind === 'create' ? null : bare(change.was),
    becomes: change.kind === 'delete' ? null : bare(change.entry),
    content: digests.get(change.path) ?? null,
  }));
};

/** What it shows without contacting anybody. */
export const savedPreview = (saved: SavedPlan): Preview => {
  const relations = saved.relations.map(relation => plannedOf(saved.plan, relation));
  const started = Date.parse(saved.created);
  return {
    hosts: [],
    weaker: [],
    unkept: [],
    routes: [],
    specialBits: specialBitsOf(
      relations.map(({ block }, at) => ({ block, entries: saved.relations[at]!.specialBits ?? 0 })),
    ),
    relations: leftToDo(relations).map((left, at) =>
      shownRelation(saved.relations[at]!, relations[at]!, left, started),
    ),
  };
};

const plannedOf = (plan: Plan, { block: name, host, takes }: SavedRelation) => {
  const block = plan.blocks.find(one => one.name === name)!;
  return {
    block,
    host,
    rules: rulesOf(block),
    goes: true,
    takes: takes.map(({ take, root, changes }) => ({
      take: block.takes[take]!,
      root,
      changes: changes.map(changeOf),
    })),
  };
};

const shownRelation = (
  { takes: saved, drift, unchanged, skipped, alike = { files: 0, bytes: 0 } }: SavedRelation,
  { block, host, rules, takes }: ReturnType<typeof plannedOf>,
  left: readonly (readonly Change[])[],
  started: number,
): PreviewRelation => {
  const { hooks } = hooksAhead({ block, started, owed: [] }, left);
  const made = takes.reduce((sum, { changes }, at) => sum + changes.length - left[at]!.length, 0);
  return {
    block: block.name,
    host,
    state: 'compared',
    strategy: strategyOf(consistencyOf({ block, host })),
    createsRoot: saved.find(({ exists }) => !exists)?.root ?? null,
    changes: linesOf({ takes: takes.map(({ take }, at) => ({ take, changes: left[at]! })), rules }),
    problems: [],
    guards: [],
    drift,
    unfinished: 0,
    owed: [],
    ...(hooks.length === 0 ? {} : { hooks }),
    unchanged: unchanged + made,
    skipped,
    bytes: left.flat().reduce((sum, change) => sum + contentBytes(change), 0),
    alike,
  };
};

/** The plan to be run: what is saved is checked whatever its blocks would leave unchecked. */
export const exactPlan = ({ plan }: SavedPlan): Plan => ({
  ...plan,
  blocks: plan.blocks.map(block => ({
    ...block,
    consistency: checked(block.consistency),
    consistencyOf: Object.fromEntries(Object.entries(block.consistencyOf).map(([host, one]) => [host, checked(one)])),
  })),
});

const checked = (consistency: Plan['blocks'][number]['consistency']): Plan['blocks'][number]['consistency'] =>
  consistency.strategy === 'none' ? { strategy: 'verify', rounds: 1, every: 0, then: 'fail' } : consistency;

const changeOf = ({ path, kind, why, was, becomes }: SavedChange): Change => {
  switch (kind) {
    case 'create':
      return { kind, path, entry: becomes! };
    case 'delete':
      return { kind, path, was: was! };
    case 'attributes':
      return { kind, path, entry: becomes!, was: was! };
    case 'replace':
      return { kind, path, entry: becomes!, was: was!, why: why! };
  }
};

/** Only what an entry is: a page knows more of a folder. */
const bare = (entry: Entry): Entry => {
  if (entry.kind !== 'folder') return entry;
  const { kind, selected, unreadable, mode, owner, group, extra } = entry;
  return { kind, selected, unreadable, mode, owner, group, extra };
};

const sendsContent = (change: Change): boolean =>
  (change.kind === 'create' || change.kind === 'replace') && change.entry.kind === 'file';

const hex = (digest: string): string => Buffer.from(digest, 'latin1').toString('hex');
