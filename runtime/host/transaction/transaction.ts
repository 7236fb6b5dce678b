// A transaction over file verbs: prepare, stage, pre-check, commit, verify, end – written once for every kind of host.
import type { Action } from '../../tree/action.js';
import { openCursor } from '../cursor.js';
import type { FileVerbs, Folder } from '../file-verbs.js';
import type { Step, Transaction, TransactionId } from '../host.js';
import { HostError } from '../host-error.js';
import type { SeenScan } from '../seen.js';
import { commitSteps } from './commit.js';
import { endStaging } from './end.js';
import { precheckSteps, refuseSteps } from './precheck.js';
import { stagePack } from './stage.js';
import { discard } from './staged.js';
import { openStateFolder, plainName, type StateFolder } from './state-folder.js';
import { makeTable } from './table.js';
import { verifySteps } from './verify.js';
import type { Work, WorkPart } from './work.js';

export type TransactionTools = {
  readonly label: string;
  readonly verbs: FileVerbs;
  readonly privileged: boolean;
  readonly breathe: () => Promise<void>;
};

/** A part with its root's folder held open by its host, which also lets go of it. */
export type HeldPart = {
  readonly folder: Folder;
  readonly owner: number;
  readonly path: string;
  readonly scan: SeenScan;
};

export const beginTransaction = (
  tools: TransactionTools,
  id: TransactionId,
  parts: readonly HeldPart[],
): Transaction => {
  let work: Work | null = null;
  let ended = false;
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
    },
    async amend(changes) {
      const current = working('amend');
      await amendSteps(current, changes);
    },
    stage: async pack => stagePack(working('stage'), pack),
    precheck: async () => precheckSteps(working('pre-check')),
    commit: () => commitSteps(working('commit')),
    verify: async () => verifySteps(working('verify')),
    async end() {
      if (ended) return;
      ended = true;
      if (work !== null) await closeWork(work, tools, id);
    },
  };
};

const openWork = async (
  tools: TransactionTools,
  id: TransactionId,
  parts: readonly HeldPart[],
  steps: readonly Step[],
): Promise<Work> => {
  const states = new Map<Folder, StateFolder>();
  const opened: WorkPart[] = [];
  for (const { folder, owner, path, scan } of steps.length === 0 ? [] : parts) {
    const names = { staging: plainName(`${id.run}-${id.block}`), trash: plainName(id.run) };
    const state =
      states.get(folder) ??
      (await openStateFolder(tools.verbs, folder, owner, names, `the root ${path} on ${tools.label}`));
    states.set(folder, state);
    opened.push({
      scan,
      base: scan.selection.folder,
      state,
      places: openCursor(tools.verbs, folder),
      leaders: openCursor(tools.verbs, folder),
      staged: openCursor(tools.verbs, state.staging),
      stagedLeaders: openCursor(tools.verbs, state.staging),
    });
  }
  for (const { part } of steps) {
    if (opened[part] !== undefined) continue;
    throw new HostError(
      'protocol',
      `a step on ${tools.label} names part ${part}, which is none`,
      'this is a fault in syncplan',
    );
  }
  const work: Work = {
    ...tools,
    parts: opened,
    table: makeTable(steps),
    disturbed: new Set(),
    refused: new Set(),
    placed: new Map(),
  };
  refuseSteps(work);
  return work;
};

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
  for (const { index, action } of known) table.amend(index, action);
  table.survey();
  refuseSteps(work);
};

/** Only its attributes change: what is staged in it stays. */
const isSameFolder = (before: Action, after: Action | null): boolean =>
  before.do === 'folder' && after?.do === 'folder' && before.path === after.path && before.whole === after.whole;

const closeWork = async (work: Work, tools: TransactionTools, id: TransactionId): Promise<void> => {
  for (const { places, leaders, staged, stagedLeaders } of work.parts) {
    for (const cursor of [places, leaders, staged, stagedLeaders]) await cursor.close();
  }
  for (const state of new Set(work.parts.map(part => part.state))) {
    await endStaging(tools.verbs, state, id.trash, tools.breathe);
    await state.release();
  }
};
