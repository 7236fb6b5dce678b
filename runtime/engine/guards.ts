// The guards: what is looked at before anything is written, so that a mistake or a lost disk costs nothing.
//
// 1. What is found about the master or a budget refuses the block everywhere; what is found about one remote, that remote.
// 2. A refusal says what was seen and the flag that would allow it.
// 3. What this machine remembers of a root (its marker, its file system) is only ever compared, and remembered anew after
//    a relation was carried out.
import type { DeletePolicy } from '../../compiler/plan.js';
import type { Host, Root, Scan } from '../host/host.js';
import type { Change } from '../tree/change.js';
import { collisions } from '../tree/collision.js';
import { checkDeletions, type Verdict } from '../tree/guard.js';
import { findMoved } from '../tree/moved.js';
import { asText, isWithin, type Path } from '../tree/path.js';
import { contentBytes } from './describe.js';
import type { GuardName } from './events.js';
import type { ComparedTake, Relation } from './relation.js';

/** What this machine knows of the roots it has met, by `host path`. */
export type RootMemory = {
  readonly recall: (key: string) => RememberedRoot | null;
  readonly remember: (key: string, root: RememberedRoot) => void;
};

export type RememberedRoot = { readonly marker: string | null; readonly fileSystem: string };

export type Guarding = {
  readonly command: 'plan' | 'apply';
  readonly allowDelete: boolean;
  /** Hosts whose roots are accepted although they lost their marker. */
  readonly acceptRoots: readonly string[];
  readonly memory: RootMemory;
  readonly masterHost: Host;
};

export type Guard = {
  readonly guard: GuardName;
  /** Whom it stops. */
  readonly stops: 'block' | 'relation';
  readonly message: string;
  readonly help: string;
};

export const checkGuards = (relation: Relation, guarding: Guarding): Guard[] => [
  ...checkBudget(relation, guarding),
  ...relation.takes.flatMap(take => [
    ...checkMaster(relation, take, guarding),
    ...checkRemote(relation, take, guarding),
    ...checkOverlap(relation, take, guarding),
    ...checkCollisions(relation, take),
  ]),
  ...checkSpace(relation),
];

/** After a relation was carried out: what stands there now is what must stand there next time. */
export const rememberRoots = async (relation: Relation, { memory }: Pick<Guarding, 'memory'>): Promise<void> => {
  for (const { masterRoot, remoteRoot, remote } of relation.takes) {
    const master = keyOf(relation.block.master, masterRoot);
    // It may be another block's remote, whose marker must be missed when it goes.
    const known = memory.recall(master)?.marker ?? null;
    memory.remember(master, { marker: known, fileSystem: masterRoot.fileSystem });
    const marker = remoteRoot.marker ?? memory.recall(keyOf(relation.host, remoteRoot))?.marker ?? null;
    if (remote.summary.exists || marker !== null) {
      memory.remember(keyOf(relation.host, remoteRoot), { marker, fileSystem: remoteRoot.fileSystem });
    }
  }
};

const checkBudget = ({ takes, block }: Relation, { allowDelete, command }: Guarding): Guard[] => {
  if (allowDelete) return [];
  const loss = noLoss();
  const roots = new Map<Path, Loss>();
  for (const { changes, master, remote, masterRoot } of takes) {
    const deleted = changes.filter(({ kind }) => kind === 'delete').length;
    const deletions = deleted === 0 ? 0 : deleted - findMoved(changes).files;
    const ofRoot = roots.get(masterRoot.path) ?? noLoss();
    roots.set(masterRoot.path, ofRoot);
    for (const all of [loss, ofRoot]) {
      all.deletions += deletions;
      all.remoteEntries += entriesOf(remote);
      all.masterEntries += entriesOf(master);
    }
  }
  const verdict = checkDeletions(block.delete, loss) ?? emptiedRoot(block.delete, roots);
  if (verdict === null) return [];
  const look = command === 'plan' ? '' : 'look at the deletions with `syncplan plan`; ';
  const help = `${look}if ${command === 'plan' ? 'these deletions' : 'they'} are meant, run with --allow-delete`;
  return [{ ...verdict, stops: 'block', help }];
};

type Loss = { deletions: number; remoteEntries: number; masterEntries: number };

const noLoss = (): Loss => ({ deletions: 0, remoteEntries: 0, masterEntries: 0 });

/** One of several roots may be unmounted while the others hold enough for the budget. */
const emptiedRoot = (policy: DeletePolicy, roots: ReadonlyMap<Path, Loss>): Verdict => {
  for (const [path, loss] of roots) {
    const verdict = loss.masterEntries > 0 ? null : checkDeletions(policy, loss, `in ${asText(path)}`);
    if (verdict !== null) return verdict;
  }
  return null;
};

const checkMaster = ({ block }: Relation, { masterRoot }: ComparedTake, { memory, acceptRoots }: Guarding): Guard[] => {
  const found = acceptRoots.includes(block.master) ? null : movedMaster(block.master, masterRoot, memory);
  return found === null ? [] : [{ guard: 'master-changed', stops: 'block', ...found }];
};

const checkRemote = ({ host }: Relation, { remoteRoot }: ComparedTake, { memory, acceptRoots }: Guarding): Guard[] => {
  const found = acceptRoots.includes(host) ? null : unmarkedRemote(host, remoteRoot, memory);
  return found === null ? [] : [{ guard: 'marker', stops: 'relation', ...found }];
};

type Words = Pick<Guard, 'message' | 'help'>;
type Recalling = Pick<RootMemory, 'recall'>;

/** A master on another file system than last time is far more often an unmounted disk than a move. */
export const movedMaster = (host: string, root: Root, memory: Recalling): Words | null => {
  const before = memory.recall(keyOf(host, root));
  const now = root.fileSystem;
  if (before === null || now === '' || before.fileSystem === '' || before.fileSystem === now) return null;
  return {
    message: `the master's root ${asText(root.path)} on ${host} was on ${before.fileSystem} and is on ${now} now`,
    help: `check whether it is mounted; if the move is meant, run with --accept-root ${host}`,
  };
};

/** One that had syncplan's marker and lost it, also by not being there any more. */
export const unmarkedRemote = (host: string, root: Root, memory: Recalling): Words | null => {
  const expected = memory.recall(keyOf(host, root))?.marker ?? null;
  if (expected === null || root.marker === expected) return null;
  const [found, help] =
    root.marker === null
      ? [
          'has none now: an empty mount point or another disk',
          `check whether it is mounted; if the root is meant to be new, run with --accept-root ${host}`,
        ]
      : [
          'has another one now: another disk, or a root that was made anew',
          `look at what is in it; if that is the root that is meant, run once with --accept-root ${host}, and later runs know it`,
        ];
  return { message: `the root ${asText(root.path)} on ${host} had syncplan's marker and ${found}`, help };
};

/** Two hosts of a plan may be one machine under two names. */
const checkOverlap = ({ block, host, remoteHost }: Relation, take: ComparedTake, { masterHost }: Guarding): Guard[] => {
  const { masterRoot, remoteRoot } = take;
  const machine = masterHost.facts.machine;
  if (machine === '' || machine !== remoteHost!.facts.machine) return [];
  const from = below(masterRoot.path, take.take.from.folder);
  const into = below(remoteRoot.path, take.take.into.folder);
  const sameRoot = masterRoot.identity !== '' && masterRoot.identity === remoteRoot.identity;
  // Another container of the machine: there the same path leads elsewhere.
  if (masterRoot.path === remoteRoot.path && masterRoot.exists && !sameRoot) return [];
  const same = from === into || sameRoot;
  if (!same && !isWithin(from, into) && !isWithin(into, from)) return [];
  const what = same ? 'are the same folder' : 'lie in one another';
  return [
    {
      guard: 'overlap',
      stops: 'relation',
      message: `${asText(from)} on ${block.master} and ${asText(into)} on ${host} ${what}: both hosts are one machine`,
      help: 'give the remote a folder of its own',
    },
  ];
};

const checkCollisions = (relation: Relation, { changes }: ComparedTake): Guard[] => {
  const fallen = collisions(created(changes), relation.remoteHost!.facts);
  const first = fallen[0];
  if (first === undefined) return [];
  const message = `${fallen.length} ${fallen.length === 1 ? 'pair of names falls' : 'pairs of names fall'} together on ${relation.host}: ${first.map(asText).join(' and ')}`;
  return [{ guard: 'collision', stops: 'relation', message, help: 'rename one of each pair on the master' }];
};

function* created(changes: readonly Change[]): Generator<Path> {
  for (const change of changes) if (change.kind === 'create') yield change.path;
}

/** All takes of a remote are assumed to share a file system where their roots report the same space. */
const checkSpace = ({ takes, host }: Relation): Guard[] => {
  const needs = { bytes: 0, inodes: 0 };
  for (const { changes } of takes) {
    for (const change of changes) {
      needs.bytes += contentBytes(change);
      if (change.kind === 'create' || change.kind === 'replace') needs.inodes += 1;
    }
  }
  const [first] = takes;
  const space = first?.remoteRoot.space ?? null;
  if (space === null) return [];
  const short = (['bytes', 'inodes'] as const).find(
    what => needs[what] > space[what] && (what === 'bytes' || space.inodes > 0),
  );
  if (short === undefined) return [];
  const [needed, free] = [needs[short], space[short]].map(amount => amount.toLocaleString('en'));
  const what = short === 'bytes' ? 'must be staged' : 'are needed for what is staged';
  const message = `${needed} ${short} ${what} on ${host}, ${free} are free at ${asText(first!.remoteRoot.path)}`;
  return [{ guard: 'space', stops: 'relation', message, help: 'make room on the remote' }];
};

export const entriesOf = ({ summary }: Scan): number => summary.files + summary.folders + summary.links + summary.hard;

const keyOf = (host: string, { path }: Root): string => `${host} ${path}`;

const below = (root: Path, folder: Path): Path => (folder === '' ? root : `${root}/${folder}`);
