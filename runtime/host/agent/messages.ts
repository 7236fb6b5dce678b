// Control messages: the small values of the protocol, packed by msgpackr and checked against their schema on receipt.
//
// Lists of paths, steps and answers are not here (lists.ts, steps.ts, answers.ts): they are large and compact.
// Not the package's main entry, which looks for a native module wherever it finds itself.
import { Packr } from 'msgpackr/pack';
import * as z from 'zod/mini';
import { ALGORITHMS, type FileTest } from '../../../compiler/plan.js';
import { WireError } from '../../bytes/wire.js';
import { PROBLEM_CODES } from '../../tree/entry.js';
import { MAX_NAME, MAX_PATH, refusePath } from '../../tree/path.js';
import { MAX_DELTAS } from '../host.js';
import { HOST_ERROR_CODES, HostError } from '../host-error.js';
import { ADDED_VARIABLE } from '../program-verbs.js';
import { MAX_OWED } from './protocol.js';

export const packMessage = (value: unknown): Buffer => packr.pack(value);

/** The value, or a WireError that says which message was malformed and where. */
export const unpackMessage = <T>(schema: z.ZodMiniType<T>, payload: Buffer, what: string): T => {
  let value: unknown;
  try {
    // A copy: what is unpacked must not hold on to the buffer it came in.
    value = payload.length === 0 ? undefined : packr.unpack(payload);
  } catch (error) {
    throw new WireError(`${what} is not a message: ${(error as Error).message}`);
  }
  const checked = z.safeParse(schema, value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  throw new WireError(`${what} is malformed at ${issue?.path.join('.') || 'its top'}: ${issue?.code ?? 'unknown'}`);
};

/** An error as it travels; damage on the wire becomes 'protocol', anything else unexpected 'failed' with its message. */
export const packFailure = (error: unknown): Buffer => {
  const { code, message, help } = asHostError(error);
  return packMessage({ code, message: message.slice(0, MAX_TEXT), help: help.slice(0, MAX_TEXT) });
};

const asHostError = (error: unknown): HostError => {
  if (error instanceof HostError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof WireError
    ? new HostError('protocol', message, 'Both ends must be the same syncplan; run the same command again.')
    : new HostError('failed', message, UNEXPECTED);
};

export const unpackFailure = (payload: Buffer): HostError => {
  const { code, message, help } = unpackMessage(FAILURE, payload, 'a failure');
  return new HostError(code, message, help);
};

const UNEXPECTED = 'This is not expected to happen; the message above is what syncplan on that machine says.';
const MAX_TEXT = 8_192;

const text = (cap = MAX_TEXT) => z.string().check(z.maxLength(cap));
const whole = () => z.int().check(z.gte(0));
const flag = z.boolean();
const path = z.string().check(z.refine(value => refusePath(value) === null));
const name = () => text(MAX_NAME);
/** Values of a test: globs and listed paths come from the plan, the longest is a path. */
const words = z.array(text(MAX_PATH));

const test: z.ZodMiniType<FileTest> = z.lazy(() =>
  z.discriminatedUnion('is', [
    z.strictObject({ is: z.literal('all') }),
    z.strictObject({ is: z.literal('not'), test }),
    z.strictObject({ is: z.enum(['and', 'or']), tests: z.array(test) }),
    z.strictObject({ is: z.enum(['name', 'path', 'ext', 'owner', 'group']), values: words }),
    z.strictObject({ is: z.literal('matches'), on: z.enum(['name', 'path']), glob: text(MAX_PATH) }),
    z.strictObject({ is: z.literal('under'), folder: text(MAX_PATH) }),
    z.strictObject({ is: z.literal('type'), values: z.array(z.enum(['file', 'directory', 'link'])) }),
    z.strictObject({ is: z.literal('size'), op: z.enum(['<', '<=', '>', '>=', '=', '!=']), bytes: z.number() }),
    z.strictObject({ is: z.literal('age'), op: z.enum(['<=', '>']), seconds: z.number() }),
    z.strictObject({ is: z.literal('mode'), values: z.array(whole()) }),
    z.strictObject({ is: z.literal('executable') }),
    z.strictObject({ is: z.literal('listed'), source: text(MAX_PATH), paths: words }),
  ]),
);

const numbers = z.array(name()).check(z.maxLength(10_000));

export const SELECTION = z.strictObject({
  side: z.enum(['master', 'remote']),
  folder: path,
  terms: z.array(z.strictObject({ base: path, include: test, except: z.nullable(test) })),
  attributes: z.array(z.enum(['mode', 'modified', 'owner', 'group', 'acl', 'xattr', 'special'])),
  set: z.nullable(
    z.strictObject({
      owner: z.nullable(name()),
      group: z.nullable(name()),
      files: z.nullable(z.int().check(z.gte(0), z.lte(0o7777))),
      folders: z.nullable(z.int().check(z.gte(0), z.lte(0o7777))),
    }),
  ),
  numbers: z.optional(z.strictObject({ owners: numbers, groups: numbers })),
  times: flag,
  timeStep: z.int().check(z.gte(1), z.lte(1_000_000_000)),
  links: z.strictObject({
    symbolic: z.enum(['keep', 'follow', 'skip']),
    hard: z.enum(['keep', 'split']),
    escaping: z.enum(['keep', 'refuse', 'skip']),
  }),
  algorithm: z.enum(ALGORITHMS),
  now: z.number(),
});

const PROBLEM = z.strictObject({
  path: z.string().check(z.maxLength(2 * MAX_PATH)),
  code: z.enum(PROBLEM_CODES),
  message: text(),
  help: text(),
});

export const SUMMARY = z.strictObject({
  digest: z.string().check(z.length(16)),
  exists: flag,
  files: whole(),
  folders: whole(),
  links: whole(),
  hard: whole(),
  bytes: whole(),
  skipped: whole(),
  specialBits: whole(),
  mounts: whole(),
  problems: z.array(PROBLEM).check(z.maxLength(1000)),
  moreProblems: whole(),
});

export const HELLO = z.strictObject({
  protocol: z.number(),
  version: text(64),
  pid: whole(),
  facts: z.strictObject({
    system: text(256),
    node: text(64),
    user: name(),
    home: text(MAX_PATH),
    caseSensitive: flag,
    algorithms: z.array(z.enum(ALGORITHMS)),
    privileged: flag,
    machine: text(256),
    timeStep: whole(),
    hardLinks: flag,
    weaker: z.array(text()).check(z.maxLength(100)),
  }),
  /** Facets of the host. */
  locks: flag,
  programs: flag,
  links: z.nullable(z.strictObject({ at: text(64), from: text(64) })),
});

/** What a transaction may change about a root. */
const changing = { exists: flag, identity: text(256), marker: z.nullable(text(256)) };
export const ROOT = z.strictObject({
  id: whole(),
  path: text(MAX_PATH),
  space: z.nullable(z.strictObject({ bytes: whole(), inodes: whole() })),
  fileSystem: text(256),
  writeFault: text(256),
  ...changing,
});
export const CHANGED_ROOTS = z.array(z.strictObject({ root: whole(), ...changing })).check(z.maxLength(10_000));
/** Transactions of a root that wait to be finished or paid for. */
const MAX_UNFINISHED = 10_000;
/** Of more, the newest are told. */
export const MAX_TRASHED_RUNS = 10_000;
const UNFINISHED = z.strictObject({
  transaction: text(1_024),
  run: text(256),
  block: text(256),
  state: z.enum(['intent', 'owed']),
  locked: flag,
  steps: whole(),
  owed: text(MAX_OWED),
});
export const UNFINISHED_LIST = z.array(UNFINISHED).check(z.maxLength(MAX_UNFINISHED));
const TRASHED_RUN = z.strictObject({ run: text(256), since: z.int(), until: z.int() });
export const TRASHED_RUNS = z.array(TRASHED_RUN).check(z.maxLength(MAX_TRASHED_RUNS));
export const LOCKED = z.strictObject({ id: whole(), epoch: whole(), waited: flag });
export const PROBLEMS = z.array(PROBLEM).check(z.maxLength(1000));
export const UNLOCKED = z.enum(['unlocked', 'not-locked', 'held']);
export const ENDED = z.strictObject({ code: z.nullable(z.int()), output: text(16_384) });
export const SCANNED = z.strictObject({ id: whole(), summary: SUMMARY });
export const BEGUN = z.strictObject({ id: whole() });
export const LINKED = z.strictObject({ id: whole() });
export const LISTENING = z.strictObject({ id: whole(), port: z.int().check(z.gte(1), z.lte(65_535)) });
export const ABOUT = z.strictObject({
  clock: z.nullable(z.number()),
  clockStep: z.number(),
  openFiles: z.nullable(whole()),
  tools: z.array(z.strictObject({ name: text(64), path: text(MAX_PATH) })).check(z.maxLength(100)),
  server: z.strictObject({ maxSessions: z.nullable(whole()), maxStartups: z.nullable(text(64)) }),
});
export const NOTHING = z.undefined();

const FAILURE = z.strictObject({ code: z.enum(HOST_ERROR_CODES), message: text(), help: text() });

const scan = whole();
const transaction = whole();
const root = whole();
const lock = whole();
const link = whole();
const seconds = z.number().check(z.gte(0));
const command = z.array(text(131_072)).check(z.minLength(1), z.maxLength(1_000));
const BY = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['advisory', 'permissions']) }),
  z.strictObject({ kind: z.literal('command'), command, release: command }),
]);
const ENVIRONMENT = z.record(z.string().check(z.regex(ADDED_VARIABLE)), text(131_072));
/** A level of compression and a limit, by its name and in bytes a second. */
const TRAVEL = z.strictObject({
  compress: z.int().check(z.gte(0), z.lte(9)),
  limit: z.nullable(z.strictObject({ rate: z.number().check(z.gte(1)), shared: text(512) })),
});
/** Files to be read as deltas. */
const WANTED = z.array(z.strictObject({ path, index: whole() })).check(z.maxLength(MAX_DELTAS));
/** Of a link: its key, and whether content is encrypted on it. */
const TERMS = { key: z.string().check(z.length(32)), encrypt: flag };
/** A lock by its number on this connection. */
const TRANSACTION_ID = z.strictObject({
  run: text(256),
  block: text(256),
  trash: z.number(),
  durability: z.enum(['strict', 'none']),
  lock: z.nullable(lock),
});
/** Every verb with what it needs beside its lists. Order and meaning as in runtime/host/host.ts. */
export const CALL = z.discriminatedUnion('verb', [
  z.strictObject({
    verb: z.literal('openRoot'),
    path: text(MAX_PATH),
    create: flag,
    state: z.nullable(text(MAX_PATH)),
  }),
  z.strictObject({ verb: z.literal('unfinished'), root }),
  z.strictObject({ verb: z.literal('recover'), root, unfinished: UNFINISHED }),
  z.strictObject({ verb: z.literal('paid'), root, transaction: text(1_024) }),
  z.strictObject({ verb: z.literal('trashedRuns'), root }),
  z.strictObject({ verb: z.literal('trashed'), root, run: text(256) }),
  z.strictObject({ verb: z.literal('restore'), root, run: text(256), by: TRANSACTION_ID }),
  z.strictObject({ verb: z.literal('scan'), root, selection: SELECTION }),
  z.strictObject({ verb: z.enum(['pages', 'subtrees', 'contents']), scan }),
  z.strictObject({ verb: z.literal('read'), scan, travel: TRAVEL }),
  z.strictObject({ verb: z.literal('sign'), scan }),
  z.strictObject({
    verb: z.literal('readDeltas'),
    scan,
    travel: TRAVEL,
    wanted: WANTED,
  }),
  z.strictObject({ verb: z.enum(['lookup', 'digests', 'provenance', 'extras', 'followers', 'changed']), scan }),
  z.strictObject({ verb: z.literal('closeScan'), scan }),
  z.strictObject({
    verb: z.literal('begin'),
    id: TRANSACTION_ID,
    parts: z.array(z.strictObject({ root, scan })).check(z.maxLength(10_000)),
  }),
  z.strictObject({
    verb: z.enum([
      'prepare',
      'leftovers',
      'adopt',
      'findTwins',
      'stageTwins',
      'amend',
      'stage',
      'missing',
      'begun',
      'stagedDigests',
      'precheck',
      'commit',
      'verify',
    ]),
    transaction,
  }),
  z.strictObject({ verb: z.literal('owe'), transaction, owed: text(MAX_OWED) }),
  z.strictObject({ verb: z.literal('end'), transaction, keep: z.boolean() }),
  z.strictObject({
    verb: z.literal('acquire'),
    root,
    block: text(256),
    mode: z.enum(['shared', 'exclusive']),
    run: text(256),
    wait: seconds,
    hold: seconds,
    by: BY,
  }),
  z.strictObject({ verb: z.literal('release'), lock }),
  z.strictObject({ verb: z.literal('unlock'), root, block: text(256), run: text(256) }),
  z.strictObject({ verb: z.literal('run'), command, timeout: seconds, environment: ENVIRONMENT }),
  z.strictObject({ verb: z.literal('listen'), ...TERMS }),
  z.strictObject({
    verb: z.literal('dial'),
    address: text(64),
    port: z.int().check(z.gte(1), z.lte(65_535)),
    ...TERMS,
  }),
  z.strictObject({ verb: z.literal('closeLink'), link }),
  z.strictObject({
    verb: z.literal('sendOver'),
    scan,
    links: z.array(link).check(z.minLength(1), z.maxLength(1_000)),
    travel: TRAVEL,
    master: text(MAX_NAME),
    /** Where the input is signatures; else null, and the input is the list itself. */
    wanted: z.nullable(WANTED),
  }),
  z.strictObject({
    verb: z.literal('passOver'),
    transaction,
    part: whole(),
    links: z.array(link).check(z.minLength(1), z.maxLength(1_000)),
    travel: TRAVEL,
    master: text(MAX_NAME),
    wanted: z.nullable(WANTED),
  }),
  z.strictObject({ verb: z.literal('receive'), link, transaction }),
  z.strictObject({ verb: z.literal('about') }),
  z.strictObject({ verb: z.literal('close') }),
]);
export type Call = z.infer<typeof CALL>;

const packr = new Packr({ useRecords: false, moreTypes: false });
