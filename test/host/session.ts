// A host under test with a place of its own, and the steps of a transaction driven the way the engine drives them.
import type { Attribute } from '../../compiler/plan.js';
import { openDigests } from '../../runtime/bytes/digest.js';
import { type PackRecord, writeRecord } from '../../runtime/bytes/pack.js';
import { makeWriter } from '../../runtime/bytes/wire.js';
import type { Host, Lock, Root, Scan, Selection, Step, Transaction, TransactionId } from '../../runtime/host/host.js';
import type { Action, Outcome } from '../../runtime/tree/action.js';
import { decodePage, type PagedEntry } from '../../runtime/tree/page.js';
import { join } from '../../runtime/tree/path.js';
import { MOMENT, type Place } from '../support/fixture.js';
import type { Promised } from './kinds.js';

export type Subject = {
  readonly host: Host;
  readonly place: Place;
  /** Takes from the host's user the right to read a path of the place. */
  readonly lock?: (path: string) => void;
  readonly cleanup: () => Promise<void>;
};

/** One sentence of the suite. */
export type Case = {
  readonly title: string;
  readonly run: (subject: Subject) => Promise<void>;
  /** Only where a path can be made unreadable for the host's user. */
  readonly needsLock?: boolean;
  /** What not every kind of host can promise. */
  readonly needs?: Promised;
};

export const ALL: Selection = {
  side: 'remote',
  folder: '',
  terms: [{ base: '', include: { is: 'all' }, except: null }],
  attributes: ['mode', 'modified'] as readonly Attribute[],
  set: null,
  times: true,
  timeStep: 1,
  links: { symbolic: 'keep', hard: 'keep', escaping: 'keep' },
  algorithm: 'xxh128',
  now: 1_700_000_000_000,
};

export type Session = {
  readonly root: Root;
  readonly scan: Scan;
  readonly transaction: Transaction;
  readonly steps: readonly Step[];
  /** Content for file steps by path, sent as whole records. */
  readonly send: (contents: Readonly<Record<string, string>>) => Promise<readonly Outcome[]>;
  readonly sendRecords: (records: readonly PackRecord[]) => Promise<readonly Outcome[]>;
  /** `path: result` of each outcome; why follows in brackets where it says so. */
  readonly tell: (outcomes: readonly Outcome[]) => string[];
  readonly commit: () => Promise<readonly Outcome[]>;
};

export type SessionOptions = {
  readonly selection?: Partial<Selection>;
  readonly create?: boolean;
  readonly path?: string;
  readonly run?: string;
  readonly trash?: number;
  readonly block?: string;
  readonly state?: string | null;
  readonly durability?: TransactionId['durability'];
  readonly lock?: Lock | null;
};

/** Scans the place and prepares a transaction with these actions. */
export const open = async (
  { host, place }: Subject,
  actions: readonly Action[],
  {
    selection = {},
    create = false,
    path = place.path,
    run = 'run-1',
    trash = 3600,
    block = 'app',
    state = null,
    durability = 'strict',
    lock = null,
  }: SessionOptions = {},
): Promise<Session> => {
  const root = await host.openRoot(path, { create, state });
  const scan = await root.scan({ ...ALL, ...selection });
  const steps = actions.map(action => ({ part: 0, action }));
  const transaction = await host.begin({ run, block, trash, durability, lock }, [{ root, scan }]);
  await transaction.prepare(steps);
  const digests = await openDigests(ALL.algorithm);
  const sendRecords = (records: readonly PackRecord[]): Promise<readonly Outcome[]> =>
    transaction.stage(packOf(records));
  return {
    root,
    scan,
    transaction,
    steps,
    sendRecords,
    send: contents =>
      sendRecords(
        Object.entries(contents).map(([path, text]) => {
          const content = Buffer.from(text, 'latin1');
          const index = actions.findIndex(action => action.do === 'file' && action.path === path);
          return { is: 'whole', index, digest: digests.hash(content), content };
        }),
      ),
    tell: outcomes => outcomes.map(outcome => `${actions[outcome.index]!.path}: ${wordsOf(outcome)}`),
    async commit() {
      const all: Outcome[] = [];
      for await (const some of transaction.commit()) all.push(...some);
      return all;
    },
  };
};

/** Everything at once: what stage, pre-check, commit and verify said, each step's commit in its place. */
export const apply = async (
  subject: Subject,
  actions: readonly Action[],
  contents: Readonly<Record<string, string>> = {},
  options: SessionOptions = {},
): Promise<string[]> => {
  const session = await open(subject, actions, options);
  try {
    const staged = session.tell(await session.send(contents));
    const checked = session.tell(await session.transaction.precheck());
    const committed = session.tell(await session.commit());
    const verified = session.tell(await session.transaction.verify());
    return [
      ...staged.map(line => `stage ${line}`),
      ...checked.map(line => `precheck ${line}`),
      ...committed,
      ...verified.map(line => `verify ${line}`),
    ];
  } finally {
    await session.transaction.end();
    await session.scan.close();
  }
};

const wordsOf = (outcome: Outcome): string => {
  switch (outcome.result) {
    case 'done':
    case 'kept':
      return outcome.result;
    case 'inconsistent':
      return 'inconsistent';
    case 'failed':
      return `failed ${outcome.problem.code}`;
  }
};

export async function* packOf(records: readonly PackRecord[]): AsyncGenerator<Uint8Array> {
  for (const record of records) {
    const writer = makeWriter();
    writeRecord(writer, record);
    yield writer.copy();
  }
}

/** The root of the place as another run opens it. */
export const reopen = ({ host, place }: Subject, path = place.path): Promise<Root> =>
  host.openRoot(path, { create: false, state: null });

/** What is in staging and in the trash. */
export const stateOf = ({ place }: Subject): string[] =>
  place.state().filter(path => path.startsWith('staging') || path.startsWith('trash'));

/** Every path of a scan with its entry, from its pages. */
export const listed = async (scan: Scan): Promise<Map<string, PagedEntry>> => {
  const found = new Map<string, PagedEntry>();
  for await (const { folder, page } of scan.subtrees([''])) {
    for (const { name, entry } of decodePage(page)) found.set(join(folder, name), entry);
  }
  return found;
};

export const file = (path: string, size: number, more: Partial<Action & { do: 'file' }> = {}): Action => ({
  do: 'file',
  path,
  size,
  mode: 0o644,
  modified: MOMENT,
  owner: '',
  group: '',
  extra: '',
  expect: 'absent',
  keep: false,
  ...more,
});

export const link = (path: string, target: string, more: Partial<Action & { do: 'link' }> = {}): Action => ({
  do: 'link',
  path,
  target,
  modified: MOMENT,
  owner: '',
  group: '',
  expect: 'absent',
  keep: false,
  ...more,
});

export const folder = (path: string, whole = false, mode = 0o755): Action => ({
  do: 'folder',
  path,
  mode,
  owner: '',
  group: '',
  extra: '',
  whole,
});

export const hard = (path: string, leader: string, expect: 'absent' | 'seen' = 'absent'): Action => ({
  do: 'hard',
  path,
  leader,
  expect,
  keep: false,
});

export const adjust = (path: string, mode: number | null, modified: number | null = null): Action => ({
  do: 'adjust',
  path,
  mode,
  modified,
  owner: null,
  group: null,
  extra: null,
});

export const remove = (path: string): Action => ({ do: 'remove', path });
export const removeFolder = (path: string): Action => ({ do: 'remove-folder', path });
