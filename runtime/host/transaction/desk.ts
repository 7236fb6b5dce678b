// A transaction's own places in the state folder of one root: its staging folder, and its part of the trash.
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { type Bin, openBin } from './bin.js';
import { openOwn } from './own-folder.js';
import { showLife } from './sign-of-life.js';
import { DONE, makeFresh, openRoom, openState, plainName, type StatePlace, trustedIn } from './state-folder.js';

export type Desk = {
  readonly place: StatePlace;
  readonly folder: Folder;
  readonly stagingParent: Folder;
  /** Name of this transaction's folder in it. */
  readonly stagingName: string;
  readonly staging: Folder;
  /** Where what this transaction removes or replaces is kept; null until something is. */
  readonly bin: () => Bin | null;
  readonly openBin: () => Promise<Bin>;
  /** Before it is tidied up: from now on it shows no life. */
  readonly rest: () => Promise<void>;
  readonly release: () => Promise<void>;
};

export type DeskNames = { readonly run: string; readonly block: string };

/** With a staging folder that was not there before. Throws HostError where it cannot be made or used. */
export const openDesk = async (verbs: FileVerbs, place: StatePlace, names: DeskNames): Promise<Desk> => {
  const folder = (await openState(verbs, place, true))!;
  const stagingParent = (await openRoom(verbs, place, folder, 'staging', true))!;
  // What cannot be trusted is told before anything is sent, not when it is needed.
  for (const room of ['baseline', 'trash'] as const) {
    const held = await openRoom(verbs, place, folder, room, false);
    if (held !== null) await verbs.release(held);
  }
  const taken = await namesIn(verbs, place, folder);
  const { name, folder: staging } = await makeFresh(
    verbs,
    stagingParent,
    transactionName(names),
    place.where,
    wanted => taken.has(wanted) || taken.has(`${wanted}${DONE}`),
  );
  return deskOf(verbs, place, names, { folder, stagingParent, stagingName: name, staging }, '');
};

/** With the folders of a transaction that was not finished; a staging folder that is gone is made, and is empty. */
export const reopenDesk = async (
  verbs: FileVerbs,
  place: StatePlace,
  names: DeskNames,
  { staging: stagingName, bin }: { readonly staging: string; readonly bin: string },
): Promise<Desk> => {
  const folder = (await openState(verbs, place, true))!;
  const stagingParent = (await openRoom(verbs, place, folder, 'staging', true))!;
  const options = { mode: 0o700, trusted: trustedIn(place), where: place.where };
  const staging = (await openOwn(verbs, stagingParent, stagingName, options))!;
  return deskOf(verbs, place, names, { folder, stagingParent, stagingName, staging }, bin);
};

export const transactionName = ({ run, block }: DeskNames): string => plainName(`${run}-${block}`);

const deskOf = (
  verbs: FileVerbs,
  place: StatePlace,
  names: DeskNames,
  held: Pick<Desk, 'folder' | 'stagingParent' | 'stagingName' | 'staging'>,
  binName: string,
): Desk => {
  let bin: Bin | null = null;
  const rest = showLife(verbs, held.staging);
  return {
    place,
    ...held,
    bin: () => bin,
    async openBin() {
      bin ??= await openBin(verbs, place, held.folder, { ...names, name: binName });
      return bin;
    },
    rest,
    async release() {
      await rest();
      await bin?.release();
      for (const one of [held.staging, held.stagingParent, held.folder]) await verbs.release(one);
    },
  };
};

const namesIn = async (verbs: FileVerbs, place: StatePlace, state: Folder): Promise<ReadonlySet<string>> => {
  const intents = await openRoom(verbs, place, state, 'intent', false);
  if (intents === null) return new Set();
  const listed = await verbs.list(intents);
  await verbs.release(intents);
  return new Set(isFault(listed) ? [] : listed.map(({ name }) => name));
};
