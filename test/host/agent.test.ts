// Both ends of the agent's protocol over streams in one process: order, credit, errors, silence and the end.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import { agentHost } from '../../runtime/host/agent/client.js';
import { frameHeader, makeFrameParser } from '../../runtime/host/agent/frames.js';
import { packMessage } from '../../runtime/host/agent/messages.js';
import { FRAME, PROTOCOL_VERSION, WINDOW } from '../../runtime/host/agent/protocol.js';
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
import type { Outcome } from '../../runtime/tree/action.js';

test('facts, roots and summaries arrive as the host gave them', async () => {
  const { host, end } = await pair({});
  assert.deepEqual(host.facts, FACTS);
  const root = await host.openRoot('/srv', { create: true, state: null });
  assert.deepEqual([root.path, root.exists, root.identity, root.space], ['/srv', true, '1:2', { bytes: 5, inodes: 6 }]);
  const scan = await root.scan(SELECTION);
  assert.deepEqual(scan.summary, SUMMARY);
  await end();
});

test('a HostError keeps its code, message and help; anything else becomes failed', async () => {
  const { host, end } = await pair({
    openRoot: async path => {
      if (path === '/none') throw new HostError('missing-root', 'there is no /none', 'make it');
      throw new TypeError('undefined is not a function');
    },
  });
  await rejects(host.openRoot('/none', { create: false, state: null }), 'missing-root', /there is no \/none/);
  await rejects(host.openRoot('/other', { create: false, state: null }), 'failed', /not a function/);
  await end();
});

test('a long read that nobody takes holds up no other request', async () => {
  let made = 0;
  const { host, end } = await pair({
    scan: {
      async *read() {
        for (; made < 100; made++) yield Buffer.alloc(1_000_000);
      },
    },
  });
  const scan = await openScan(host);
  const reading = scan.read([{ path: 'a', index: 0 }])[Symbol.asyncIterator]();
  await reading.next();
  await settle();
  const stalledAt = made;
  assert.ok(stalledAt * 1_000_000 <= 2 * WINDOW, `${stalledAt} pieces were made for a consumer that took one`);
  assert.equal((await scan.digests(['x', 'y'])).length, 2);
  await reading.return?.();
  await settle();
  assert.ok(made < 100, 'a read that was left goes on');
  await end();
});

test('content is carried as it is, in order, and a slow receiver slows its source', async () => {
  const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(500_000, i));
  const got: Buffer[] = [];
  let ahead = 0;
  let given = 0;
  const { host, end } = await pair({
    transaction: {
      stage: async pack => {
        for await (const chunk of pack) {
          got.push(Buffer.from(chunk));
          ahead = Math.max(ahead, given - got.length);
          if (got.length === 1) await new Promise(resolve => setTimeout(resolve, 30));
        }
        return [{ index: 0, result: 'inconsistent', why: 'because → so' }];
      },
    },
  });
  const transaction = await openTransaction(host);
  await transaction.prepare(STEPS);
  const source = async function* () {
    for (const chunk of chunks) {
      given++;
      yield chunk;
    }
  };
  assert.deepEqual(await transaction.stage(source()), [{ index: 0, result: 'inconsistent', why: 'because → so' }]);
  assert.ok(Buffer.concat(got).equals(Buffer.concat(chunks)));
  assert.ok(ahead * 500_000 <= 2 * WINDOW, `the source was ${ahead} chunks ahead`);
  await end();
});

test('a source that fails while staging fails the stage with its own error, and the next call goes on', async () => {
  let seen: unknown = null;
  const { host, end } = await pair({
    transaction: {
      stage: async pack => {
        try {
          for await (const _ of pack);
        } catch (error) {
          seen = error;
          throw error;
        }
        return [];
      },
    },
  });
  const transaction = await openTransaction(host);
  const broken = async function* () {
    yield Buffer.from('x');
    throw new HostError('lost', 'master is gone', 'look');
  };
  await rejects(transaction.stage(broken()), 'lost', /master is gone/);
  assert.ok(seen instanceof HostError && seen.code === 'lost');
  assert.deepEqual(await transaction.precheck(), []);
  await transaction.end();
  await end();
});

test('a stage that is refused early ends its source', async () => {
  let ended = false;
  const { host, end } = await pair({
    transaction: {
      stage: async () => {
        throw new HostError('no-space', 'the disk is full', 'make room');
      },
    },
  });
  const transaction = await openTransaction(host);
  const endless = async function* () {
    try {
      for (;;) yield Buffer.alloc(100_000);
    } finally {
      ended = true;
    }
  };
  await rejects(transaction.stage(endless()), 'no-space', /full/);
  await settle();
  assert.ok(ended);
  await end();
});

test('calls on one transaction happen one after another, those on scans side by side', async () => {
  const log: string[] = [];
  const slowly = async (what: string): Promise<readonly Outcome[]> => {
    log.push(`${what} begins`);
    await new Promise(resolve => setTimeout(resolve, 20));
    log.push(`${what} ends`);
    return [];
  };
  const { host, end } = await pair({
    transaction: { precheck: () => slowly('precheck'), verify: () => slowly('verify') },
    scan: { digests: () => slowly('digests').then(() => ['abcdabcdabcdabcd']) },
  });
  const scan = await openScan(host);
  const transaction = await openTransaction(host);
  await Promise.all([transaction.precheck(), transaction.verify(), scan.digests(['x'])]);
  const order = log.filter(line => !line.startsWith('digests'));
  assert.deepEqual(order, ['precheck begins', 'precheck ends', 'verify begins', 'verify ends']);
  assert.ok(log.indexOf('digests begins') < log.indexOf('precheck ends'));
  await end();
});

test('outcomes of a commit come in batches as they happen', async () => {
  let more: () => void = () => {};
  const gate = new Promise<void>(resolve => {
    more = resolve;
  });
  const { host, end } = await pair({
    transaction: {
      async *commit() {
        yield [{ index: 0, result: 'done' as const }];
        await gate;
        yield [{ index: 1, result: 'kept' as const }];
      },
    },
  });
  const transaction = await openTransaction(host);
  await transaction.prepare(STEPS);
  const batches = transaction.commit()[Symbol.asyncIterator]();
  assert.deepEqual((await batches.next()).value, [{ index: 0, result: 'done' }]);
  more();
  assert.deepEqual((await batches.next()).value, [{ index: 1, result: 'kept' }]);
  assert.equal((await batches.next()).done, true);
  await end();
});

test('an agent that answers what was not asked is a protocol error, and the connection ends', async () => {
  const { host } = await pair({ scan: { changed: async () => [7] } });
  const scan = await openScan(host);
  await rejects(scan.changed(['a']), 'protocol', /not asked/);
  await rejects(host.openRoot('/srv', { create: false, state: null }), 'protocol', /not asked/);
});

test('pages that were not asked for, or too few, are refused', async () => {
  for (const folders of [['b'], [], ['a', 'a']]) {
    const { host } = await pair({
      scan: {
        async *pages() {
          for (const folder of folders) yield { folder, page: Buffer.from('p') };
        },
      },
    });
    const scan = await openScan(host);
    await rejects(drain(scan.pages(['a'])), 'protocol', /page/);
  }
});

test('an outcome of a step that was never sent is refused', async () => {
  const { host } = await pair({ transaction: { verify: async () => [{ index: 2, result: 'done' }] } });
  const transaction = await openTransaction(host);
  await transaction.prepare(STEPS);
  await rejects(transaction.verify(), 'protocol', /step 2 of 2/);
});

test('roots and scans of another connection are refused before anything is sent', async () => {
  const one = await pair({});
  const other = await pair({});
  const root = await one.host.openRoot('/srv', { create: false, state: null });
  const scan = await root.scan(SELECTION);
  await rejects(other.host.begin(ID, [{ root, scan }]), 'failed', /another host/);
  await one.end();
  await other.end();
});

test('an agent serves only numbers that this connection got from it', async () => {
  const { input, output, frames } = rawAgent({});
  output.write(frame(FRAME.call, 1, packMessage({ verb: 'scan', root: 3, selection: SELECTION })));
  output.write(frame(FRAME.call, 2, packMessage({ verb: 'end', transaction: 1 })));
  await settle();
  const failures = frames.filter(one => one.type === FRAME.fail).map(one => one.payload.toString('latin1'));
  assert.equal(failures.length, 2);
  assert.match(failures[0]!, /there is no root 3/);
  assert.match(failures[1]!, /there is no transaction 1/);
  output.end();
  input.destroy();
});

test('hostile frames end an agent: malformed calls, reused numbers, paths that climb, data without end', async () => {
  const scanCall = (folder: string) => packMessage({ verb: 'scan', root: 1, selection: { ...SELECTION, folder } });
  const attacks: Buffer[][] = [
    [Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    [frame(FRAME.call, 1, Buffer.from('not msgpack'))],
    [frame(FRAME.call, 1, packMessage({ verb: 'format', disk: 0 }))],
    [frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: true, state: null, extra: 1 }))],
    [frame(FRAME.call, 1, scanCall('../etc'))],
    [frame(FRAME.call, 2, packMessage({ verb: 'close' })), frame(FRAME.call, 2, packMessage({ verb: 'close' }))],
    [frame(FRAME.hello, 0, Buffer.alloc(0)), frame(FRAME.hello, 1, Buffer.alloc(0))],
    [
      frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: false, state: null })),
      ...Array.from({ length: 8 }, () => frame(FRAME.data, 1, Buffer.alloc(1_000_000))),
    ],
  ];
  for (const [number, attack] of attacks.slice(0, 6).entries()) {
    const { output, served } = rawAgent({});
    for (const bytes of attack) output.write(bytes);
    const ended = await Promise.race([served.then(() => true), settle(300).then(() => false)]);
    assert.ok(ended, `attack ${number} was taken`);
  }
  // Data for a call that takes none fills no memory: it is dropped with the answer, or refused at the window.
  for (const attack of attacks.slice(6)) {
    const { output, served } = rawAgent({});
    for (const bytes of attack) output.write(bytes);
    output.end();
    await served;
  }
});

test('an agent ends when its input ends, in the middle of work too', async () => {
  const { output, served } = rawAgent({ openRoot: () => new Promise(() => {}) });
  output.write(frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: false, state: null })));
  output.end();
  await served;
});

test('a client gives up an agent that falls silent, and says so once to every request', async () => {
  const toClient = new PassThrough();
  toClient.write(frame(FRAME.hello, 0, HELLO));
  const host = await agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent', { patience: 100 });
  const [one, two] = await Promise.allSettled([
    host.openRoot('/a', { create: false, state: null }),
    host.openRoot('/b', { create: false, state: null }),
  ]);
  for (const outcome of [one, two]) {
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof HostError);
    assert.equal(outcome.reason.code, 'silent');
    assert.match(outcome.reason.message, /^web-01: /);
  }
});

test('a connection that ends is lost, for requests that wait and for later ones', async () => {
  const toClient = new PassThrough();
  toClient.write(frame(FRAME.hello, 0, HELLO));
  const host = await agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent');
  const waiting = host.openRoot('/a', { create: false, state: null });
  toClient.end();
  await rejects(waiting, 'lost', /test/);
  await rejects(host.openRoot('/a', { create: false, state: null }), 'lost', /test/);
});

test('what an agent sends instead of the protocol is a protocol error', async () => {
  for (const bytes of [
    Buffer.from('Segmentation fault (core dumped)\n'),
    frame(FRAME.end, 77, Buffer.alloc(0)),
    frame(FRAME.fail, 0, Buffer.from('x')),
  ]) {
    const toClient = new PassThrough();
    toClient.write(frame(FRAME.hello, 0, HELLO));
    const host = await agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent');
    toClient.write(bytes);
    await rejects(host.openRoot('/a', { create: false, state: null }), 'protocol', /^web-01: /);
  }
});

test('an agent of another version of the protocol is refused', async () => {
  const toClient = new PassThrough();
  const hello = { protocol: PROTOCOL_VERSION + 1, version: '9', pid: 1, facts: FACTS, locks: false, programs: false };
  toClient.write(frame(FRAME.hello, 0, packMessage(hello)));
  await rejects(agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent'), 'protocol', /version/);
});

test('traffic is counted in both directions, and not at all for this machine', async () => {
  const { host, end } = await pair({});
  const before = host.traffic();
  await host.openRoot(`/${'x'.repeat(1_000)}`, { create: false, state: null });
  const after = host.traffic();
  assert.ok(after.sent - before.sent > 1_000 && after.sent - before.sent < 1_200);
  assert.ok(after.received > before.received);
  await end();
  const local = await pair({}, 'local');
  await local.host.openRoot('/x', { create: false, state: null });
  assert.deepEqual(local.host.traffic(), { sent: 0, received: 0 });
  await local.end();
});

test('closing closes the host there, once, and later calls say that it is closed', async () => {
  let closed = 0;
  const { host, served } = await pair({
    close: async () => {
      closed++;
    },
  });
  await Promise.all([host.close(), host.close()]);
  await served;
  assert.equal(closed, 1);
  await rejects(host.openRoot('/a', { create: false, state: null }), 'cancelled', /closed/);
});

type Script = {
  readonly openRoot?: (path: string) => Promise<Root>;
  readonly root?: Partial<Root>;
  readonly begin?: (id: TransactionId) => Promise<Transaction>;
  readonly locks?: Locks;
  readonly programs?: Programs;
  readonly scan?: Partial<Scan>;
  readonly transaction?: Partial<Transaction>;
  readonly close?: () => Promise<void>;
};

const FACTS = {
  system: 'linux x64',
  node: '20.0.0',
  user: 'deploy',
  home: '/home/deploy',
  caseSensitive: true,
  algorithms: ['xxh128' as const],
  privileged: false,
  machine: 'boot',
};
const HELLO = packMessage({
  protocol: PROTOCOL_VERSION,
  version: '1',
  pid: 1,
  facts: FACTS,
  locks: false,
  programs: false,
});
const ID: TransactionId = { run: 'run', block: 'block', trash: 0, durability: 'strict', lock: null };
const SUMMARY: ScanSummary = {
  digest: '\x00\xff'.repeat(8),
  exists: true,
  files: 1,
  folders: 2,
  links: 3,
  hard: 4,
  bytes: 2 ** 40,
  skipped: 5,
  mounts: 6,
  problems: [{ path: 'caf\xe9', code: 'denied', message: 'open: permission denied', help: 'chmod' }],
  moreProblems: 7,
};
const SELECTION: Selection = {
  side: 'remote',
  folder: '',
  terms: [{ base: '', include: { is: 'not', test: { is: 'all' } }, except: null }],
  attributes: ['mode'],
  set: null,
  times: true,
  links: { symbolic: 'keep', hard: 'keep', escaping: 'refuse' },
  algorithm: 'xxh128',
  now: 0,
};
const STEPS: readonly Step[] = [
  { part: 0, action: { do: 'remove', path: 'a' } },
  { part: 0, action: { do: 'remove-folder', path: 'b' } },
];

async function* none<T>(): AsyncGenerator<T> {}

/** A host that does what the script says, and otherwise answers with what is empty. */
const scripted = (script: Script): Host => {
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
    changed: async () => [],
    close: async () => {},
    ...script.scan,
  };
  const transaction: Transaction = {
    prepare: async () => {},
    leftovers: async () => [],
    adopt: async () => [],
    owe: async () => {},
    amend: async () => {},
    stage: async () => [],
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
        path,
        exists: true,
        identity: '1:2',
        space: { bytes: 5, inodes: 6 },
        fileSystem: 'ext4',
        marker: null,
        unfinished: async () => [],
        recover: async () => [],
        paid: async () => {},
        trashed: async () => [],
        restore: async () => [],
        scan: async () => scan,
        ...script.root,
      })),
    begin: script.begin ?? (async () => transaction),
    locks: script.locks ?? null,
    programs: script.programs ?? null,
    traffic: () => ({ sent: 0, received: 0 }),
    close: script.close ?? (async () => {}),
  };
};

const channel = (input: PassThrough, output: PassThrough) => ({
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

const pair = async (script: Script, kind: 'local' | 'agent' = 'agent') => {
  const toAgent = new PassThrough();
  const toClient = new PassThrough();
  const served = serve(scripted(script), toAgent, toClient, { version: '1', pid: 1 });
  const host = await agentHost(channel(toClient, toAgent), 'web-01', kind);
  return { host, served, end: () => host.close() };
};

/** An agent, and the bare streams to it. */
const rawAgent = (script: Script) => {
  const output = new PassThrough();
  const input = new PassThrough();
  const frames: { type: number; payload: Buffer }[] = [];
  const parser = makeFrameParser(one => frames.push({ type: one.type, payload: Buffer.from(one.payload) }));
  input.on('data', (chunk: Buffer) => parser.push(chunk));
  const served = serve(scripted(script), output, input, { version: '1', pid: 1 });
  return { input, output, frames, served };
};

const frame = (type: (typeof FRAME)[keyof typeof FRAME], request: number, payload: Buffer): Buffer =>
  Buffer.concat([frameHeader(type, request, payload.length), payload]);

const openScan = async (host: Host): Promise<Scan> =>
  (await host.openRoot('/srv', { create: false, state: null })).scan(SELECTION);

const openTransaction = async (host: Host): Promise<Transaction> => {
  const root = await host.openRoot('/srv', { create: false, state: null });
  return host.begin(ID, [{ root, scan: await root.scan(SELECTION) }]);
};

const rejects = (work: Promise<unknown>, code: string, message: RegExp): Promise<void> =>
  assert.rejects(work, error => {
    assert.ok(error instanceof HostError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
};

const settle = (milliseconds = 40): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

test.run();
