// Calls over both ends of the agent's protocol: order, credit, errors, and answers that do not fit the question.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { WINDOW } from '../../runtime/host/agent/protocol.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { Outcome } from '../../runtime/tree/action.js';
import {
  drain,
  FACTS,
  ID,
  openScan,
  openTransaction,
  pair,
  rejects,
  SELECTION,
  STEPS,
  SUMMARY,
  settle,
} from './agent-scripted.js';

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

test.run();
