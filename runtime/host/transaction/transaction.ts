// A transaction over file verbs: prepare, stage, pre-check, commit, verify, end – written once for every kind of host.
import type { Action } from '../../tree/action.js';
import { deltasOf } from '../delta-stream.js';
import type { FileVerbs, Folder, Maybe } from '../file-verbs.js';
import type { Leftover, Step, Transaction, TransactionId } from '../host.js';
import { HostError } from '../host-error.js';
import { asCheckedLock } from '../lock-check.js';
import { type Limits, travelling } from '../travel.js';
import { makeArrivals } from './arrivals.js';
import { digestBegun } from './begun.js';
import { closeWork } from './close.js';
import { commitWork } from './commit.js';
import { type Desk, openDesk } from './desk.js';
import { makeDirty } from './dirty.js';
import { beginSync } from './durable.js';
import { adoptLeftover, type Found, findLeftovers, writeFiles, writeOwner } from './leftovers.js';
import { performOne } from './one-deed.js';
import { precheckSteps, refuseSteps } from './precheck.js';
import { relayedFiles, relayStaged } from './relay.js';
import { confirmRoots } from './same-roots.js';
import { stagePack } from './stage.js';
import { discard, missingFiles } from './staged.js';
import { makeStagedFolders } from './staged-folders.js';
import type { StatePlace } from './state-folder.js';
import { makeStepDigests } from './step-digests.js';
import { makeSyncAhead } from './sync-ahead.js';
import { makeTable } from './table.js';
import { type Found as FoundTwins, findTwins, stageTwins } from './twins.js';
import { verifySteps } from './verify.js';
import { makePart, type PartScan, type Work, type WorkPart } from './work.js';

export type TransactionTools = {
  readonly label: string;
  readonly verbs: FileVerbs;
  readonly privileged: boolean;
  /** The host's own, for all that leaves it; only where something may. */
  readonly limits?: Limits;
  readonly breathe: () => Promise<void>;
  /** False where no digest is made but of content that comes here: what a run that ended left in staging is sent again sooner. */
  readonly digestsThere?: boolean;
};

/** A part with its root's folder held open by its host, which also lets go of it. */
export type HeldPart = {
  readonly place: StatePlace;
  readonly path: string;
  readonly scan: PartScan;
  /** Told of the state folder once it is there: the root gets its marker. */
  readonly opened: (state: Folder) => Maybe<void>;
};

export const beginTransaction = (
  tools: TransactionTools,
  id: TransactionId,
  parts: readonly HeldPart[],
): Transaction => {
  let work: Work | null = null;
  let ended = false;
  let owed = '';
  let recorded = false;
  /** Before the first content comes: whoever sends it has to get ready as well, and meanwhile there is time for it here. */
  const record = async (current: Work): Promise<void> => {
    if (recorded) return;
    recorded = true;
    await writeFiles(current);
  };
  const found = new Map<number, Found>();
  let likely: readonly FoundTwins[] = [];
  const working = (doing: string): Work => {
    if (work !== null && !ended) return work;
    throw new HostError(
      'protocol',
      `${doing} on ${tools.label} before prepare or after end`,
      'this is a fault in syncplan',
    );
  };
  return {
    async prepare(steps) {
      if (work !== null || ended)
        throw new HostError('protocol', 'a transaction was prepared twice', 'this is a fault in syncplan');
      work = await openWork(tools, id, parts, steps);
      await writeOwner(work);
      await makeStagedFolders(work);
    },
    // Where content would come here to be looked at, it is sent.
    leftovers: async () =>
      id.lock === null || tools.digestsThere === false ? [] : findLeftovers(working('look for leftovers'), found),
    async adopt(indexes) {
      const current = working('adopt');
      current.ahead.spoil();
      await record(current);
      const outcomes = [];
      for (const index of indexes) {
        const leftover = found.get(index);
        if (leftover === undefined || current.table.step(index) === null) continue;
        const outcome = await adoptLeftover(current, index, leftover);
        if (outcome === null) continue;
        current.table.settle(outcome);
        outcomes.push(outcome);
      }
      return outcomes;
    },
    twins:
      tools.verbs.clone === undefined
        ? null
        : {
            async find() {
              likely = await findTwins(working('look for twins'));
              return likely.flatMap(({ wanted }) => wanted.map(({ index }) => index)).sort((a, b) => a - b);
            },
            async stage(digests) {
              const current = working('stage twins');
              current.ahead.spoil();
              await record(current);
              return stageTwins(current, likely, digests);
            },
          },
    async amend(changes) {
      const current = working('amend');
      if (changes.length === 0) return;
      current.ahead.spoil();
      await amendSteps(current, changes);
    },
    async stage(pack) {
      const current = working('stage');
      current.ahead.spoil();
      await record(current);
      return stagePack(current, pack);
    },
    begun: async () => digestBegun(working('tell what was begun')),
    missing: async () => missingFiles(working('ask what is missing')),
    digests: async indexes => stagedDigests(working('tell digests'), indexes),
    read: (part, wanted, travel) => travelling(relayStaged(working('pass on'), part, wanted), travel, limitsOf(tools)),
    readDeltas: (part, wanted, signatures, travel) =>
      travelling(deltasOf(relayedFiles(working('pass on'), part), wanted, signatures), travel, limitsOf(tools)),
    async precheck() {
      const current = working('pre-check');
      current.ahead.spoil();
      await confirmRoots(current);
      const outcomes = await precheckSteps(current);
      // The master is looked at meanwhile, and by no other call of this one is anything staged before it commits.
      beginSync(current);
      return outcomes;
    },
    async owe(text) {
      owed = text;
    },
    commit: () => commitWork(working('commit'), owed),
    async verify() {
      const current = working('verify');
      const outcomes = await verifySteps(current);
      await confirmRoots(current);
      return outcomes;
    },
    async end(keep = false) {
      if (ended) return;
      ended = true;
      work?.arrivals.close();
      if (work !== null)
        await closeWork(work, { locked: id.lock !== null, keep: keep && tools.digestsThere !== false });
    },
  };
};

/** Opens the desk of each root, once for all the parts that work in it. */
const openWork = async (
  tools: TransactionTools,
  id: TransactionId,
  parts: readonly HeldPart[],
  steps: readonly Step[],
): Promise<Work> => {
  const desks = new Map<Folder, Desk>();
  const opened: WorkPart[] = [];
  try {
    for (const { place, path, scan, opened: told } of steps.length === 0 ? [] : parts) {
      let desk = desks.get(place.root);
      if (desk === undefined) {
        desk = await openDesk(tools.verbs, place, id);
        desks.set(place.root, desk);
        await told(desk.folder);
      }
      opened.push(makePart(tools.verbs, { root: place.root, path, scan, desk }));
    }
  } catch (error) {
    for (const desk of desks.values()) await dropDesk(tools.verbs, desk);
    throw error;
  }
  for (const { part } of steps) {
    if (opened[part] !== undefined) continue;
    throw new HostError(
      'protocol',
      `a step on ${tools.label} names part ${part}, which is none`,
      'this is a fault in syncplan',
    );
  }
  const lock = id.lock === null ? null : asCheckedLock(id.lock);
  const work = makeWork(tools, {
    id: {
      run: id.run,
      block: id.block,
      trash: Math.max(0, id.trash),
      strict: id.durability === 'strict',
      remembers: true,
      locked: lock !== null,
    },
    parts: opened,
    steps,
    again: false,
    check: () => lock?.check(),
  });
  refuseSteps(work);
  return work;
};

/** Another root could not be opened: nothing was staged yet. */
const dropDesk = async (verbs: FileVerbs, desk: Desk): Promise<void> => {
  await performOne(verbs, { do: 'remove-folder', at: desk.stagingParent, name: desk.stagingName });
  await desk.release();
};

export const makeWork = (
  { label, verbs, privileged, breathe }: TransactionTools,
  { steps, ...given }: Pick<Work, 'id' | 'parts' | 'again' | 'check'> & { readonly steps: readonly (Step | null)[] },
): Work => ({
  label,
  verbs,
  privileged,
  breathe,
  ...given,
  table: makeTable(steps),
  disturbed: new Set(),
  timed: new Map(),
  lent: new Map(),
  linked: new Set(),
  refused: new Set(),
  placed: new Map(),
  lying: new Map(),
  digests: makeStepDigests(steps.length),
  synced: new Set(),
  made: new Map(),
  begun: new Map(),
  arrivals: makeArrivals(),
  dirty: makeDirty(),
  ahead: makeSyncAhead(),
  lingering: [],
  opened: new Map(),
});

const amendSteps = async (
  work: Work,
  changes: readonly { readonly index: number; readonly action: Action | null }[],
): Promise<void> => {
  const { table } = work;
  const known = changes.filter(({ index }) => table.step(index) !== null);
  // Where something lies in staging depends on the steps as they are: everything is discarded before any step changes.
  for (const { index, action } of known) {
    if (!isSameFolder(table.step(index)!.action, action)) await discard(work, index);
  }
  for (const { index, action } of known) {
    table.amend(index, action);
    work.made.delete(index);
  }
  table.survey();
  refuseSteps(work);
  for (const { index } of known) work.arrivals.ended(index, null);
};

const stagedDigests = ({ table, digests }: Work, indexes: readonly number[]): Leftover[] =>
  indexes.flatMap(index => {
    const digest =
      index < table.size && (table.isStaged(index) || table.state(index) === 'done') ? digests.get(index) : '';
    return digest === '' ? [] : [{ index, digest }];
  });

const limitsOf = ({ label, limits }: TransactionTools): Limits => {
  if (limits !== undefined) return limits;
  throw new HostError('unsupported', `${label} passes nothing on`, 'this is a fault in syncplan');
};

/** Only its attributes change: what is staged in it stays. */
const isSameFolder = (before: Action, after: Action | null): boolean =>
  before.do === 'folder' && after?.do === 'folder' && before.path === after.path && before.whole === after.whole;
