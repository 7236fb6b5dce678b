// An agent over streams in one process: a host that does what a script says, served, and the client that talks to it.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { NO_LIMITS } from '../../runtime/host/about.js';
import { agentHost } from '../../runtime/host/agent/client.js';
import { frameHeader, makeFrameParser } from '../../runtime/host/agent/frames.js';
import { packMessage } from '../../runtime/host/agent/messages.js';
import { type FRAME, PROTOCOL_VERSION } from '../../runtime/host/agent/protocol.js';
import { serve } from '../../runtime/host/agent/serve.js';
import type {
  Host,
  Locks,
  Programs,
  Root,
  Scan,
  ScanSummary,
  Selection,
  Step,
  Transaction,
  TransactionId,
} from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';

export type Script = {
  readonly openRoot?: (path: string) => Promise<Root>;
  readonly root?: Partial<Root>;
  readonly begin?: (id: TransactionId) => Promise<Transaction>;
  readonly locks?: Locks;
  readonly programs?: Programs;
  readonly scan?: Partial<Scan>;
  readonly transaction?: Partial<Transaction>;
  readonly close?: () => Promise<void>;
};

export const FACTS = {
  system: 'linux x64',
  node: '20.0.0',
  user: 'deploy',
  home: '/home/deploy',
  caseSensitive: true,
  algorithms: ['xxh128' as const],
  privileged: false,
  machine: 'boot',
  timeStep: 1,
  hardLinks: true,
  weaker: [],
};
export const HELLO = packMessage({
  protocol: PROTOCOL_VERSION,
  version: '1',
  pid: 1,
  facts: FACTS,
  locks: false,
  programs: false,
  links: null,
});
export const ID: TransactionId = { run: 'run', block: 'block', trash: 0, durability: 'strict', lock: null };
export const SUMMARY: ScanSummary = {
  digest: '\x00\xff'.repeat(8),
  exists: true,
  files: 1,
  folders: 2,
  links: 3,
  hard: 4,
  bytes: 2 ** 40,
  skipped: 5,
  specialBits: 8,
  mounts: 6,
  problems: [{ path: 'caf\xe9', code: 'denied', message: 'open: permission denied', help: 'chmod' }],
  moreProblems: 7,
};
export const SELECTION: Selection = {
  side: 'remote',
  folder: '',
  terms: [{ base: '', include: { is: 'not', test: { is: 'all' } }, except: null }],
  attributes: ['mode'],
  set: null,
  times: true,
  timeStep: 1,
  links: { symbolic: 'keep', hard: 'keep', escaping: 'refuse' },
  algorithm: 'xxh128',
  now: 0,
};
export const STEPS: readonly Step[] = [
  { part: 0, action: { do: 'remove', path: 'a' } },
  { part: 0, action: { do: 'remove-folder', path: 'b' } },
];

async function* none<T>(): AsyncGenerator<T> {}

export const PLAIN_ROOT: Omit<Root, 'path' | 'scan'> = {
  exists: true,
  identity: '1:2',
  space: { bytes: 5, inodes: 6 },
  fileSystem: 'ext4',
  writeFault: '',
  marker: null,
  unfinished: async () => [],
  recover: async () => [],
  paid: async () => {},
  trashedRuns: async () => [],
  trashed: async () => [],
  restore: async () => [],
};

/** A host that does what the script says, and otherwise answers with what is empty. */
export const scripted = (script: Script): Host => {
  const scan: Scan = {
    summary: SUMMARY,
    pages: () => none(),
    subtrees: () => none(),
    contents: () => none(),
    lookup: async paths => paths.map(() => ({ kind: 'absent' })),
    digests: async paths => paths.map(() => 'abcdabcdabcdabcd'),
    provenance: async paths => paths.map(() => 'unknown'),
    extras: async paths => paths.map(() => ''),
    followers: async leaders => leaders.map(() => []),
    read: () => none(),
    sign: () => none(),
    readDeltas: () => none(),
    changed: async () => [],
    close: async () => {},
    ...script.scan,
  };
  const transaction: Transaction = {
    prepare: async () => {},
    leftovers: async () => [],
    adopt: async () => [],
    twins: null,
    owe: async () => {},
    amend: async () => {},
    stage: async () => [],
    missing: async () => [],
    begun: async () => [],
    digests: async () => [],
    read: () => none(),
    readDeltas: () => none(),
    precheck: async () => [],
    commit: () => none(),
    verify: async () => [],
    end: async () => {},
    ...script.transaction,
  };
  return {
    label: 'scripted',
    kind: 'memory',
    facts: FACTS,
    openRoot:
      script.openRoot ??
      (async path => ({
        ...PLAIN_ROOT,
        path,
        scan: async () => scan,
        ...script.root,
      })),
    begin: script.begin ?? (async () => transaction),
    locks: script.locks ?? null,
    about: async () => ({ clock: 0, clockStep: 1, openFiles: null, tools: [], server: NO_LIMITS }),
    programs: script.programs ?? null,
    links: null,
    traffic: () => ({ sent: 0, received: 0 }),
    close: script.close ?? (async () => {}),
  };
};

export const channel = (input: PassThrough, output: PassThrough) => ({
  input,
  output,
  greeting: { sent: 0, received: 0 },
  diagnose: async () => new HostError('lost', 'web-01: lost in a test', 'none'),
  kill: () => {
    input.destroy();
    output.destroy();
  },
  ended: Promise.resolve(),
});

export const pair = async (script: Script, kind: 'local' | 'agent' = 'agent') => {
  const toAgent = new PassThrough();
  const toClient = new PassThrough();
  const served = serve(scripted(script), toAgent, toClient, { version: '1', pid: 1 });
  const host = await agentHost(channel(toClient, toAgent), 'web-01', kind);
  return { host, served, end: () => host.close() };
};

/** An agent, and the bare streams to it. */
export const rawAgent = (script: Script) => {
  const output = new PassThrough();
  const input = new PassThrough();
  const frames: { type: number; payload: Buffer }[] = [];
  const parser = makeFrameParser(one => frames.push({ type: one.type, payload: Buffer.from(one.payload) }));
  input.on('data', (chunk: Buffer) => parser.push(chunk));
  const served = serve(scripted(script), output, input, { version: '1', pid: 1 });
  return { input, output, frames, served };
};

export const frame = (type: (typeof FRAME)[keyof typeof FRAME], request: number, payload: Buffer): Buffer =>
  Buffer.concat([frameHeader(type, request, payload.length), payload]);

export const openScan = async (host: Host): Promise<Scan> =>
  (await host.openRoot('/srv', { create: false, state: null })).scan(SELECTION);

export const openTransaction = async (host: Host): Promise<Transaction> => {
  const root = await host.openRoot('/srv', { create: false, state: null });
  return host.begin(ID, [{ root, scan: await root.scan(SELECTION) }]);
};

export const rejects = (work: Promise<unknown>, code: string, message: RegExp): Promise<void> =>
  assert.rejects(work, error => {
    assert.ok(error instanceof HostError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });

export const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
};

export const settle = (milliseconds = 40): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));
