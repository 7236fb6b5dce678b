// Neither end of the agent's protocol believes the other: hostile frames, wrong answers, silence and the end.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import { agentHost } from '../../runtime/host/agent/client.js';
import { packMessage } from '../../runtime/host/agent/messages.js';
import { FRAME, PROTOCOL_VERSION } from '../../runtime/host/agent/protocol.js';
import { excuse } from '../../runtime/host/agent/serve.js';
import { HostError } from '../../runtime/host/host-error.js';
import {
  channel,
  drain,
  FACTS,
  frame,
  HELLO,
  openScan,
  openTransaction,
  pair,
  rawAgent,
  rejects,
  SELECTION,
  STEPS,
  settle,
} from './scripted.js';

test('an agent that answers what was not asked is a protocol error, and the connection ends', async () => {
  const { host } = await pair({ scan: { changed: async () => [7] } });
  const scan = await openScan(host);
  await rejects(scan.changed(['a']), 'protocol', /not asked/);
  await rejects(host.openRoot('/srv', { create: false }), 'protocol', /not asked/);
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
  const root = await one.host.openRoot('/srv', { create: false });
  const scan = await root.scan(SELECTION);
  await rejects(other.host.begin({ run: 'r', block: 'b', trash: 0 }, [{ root, scan }]), 'failed', /another host/);
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
    [frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: true, extra: 1 }))],
    [frame(FRAME.call, 1, scanCall('../etc'))],
    [frame(FRAME.call, 2, packMessage({ verb: 'close' })), frame(FRAME.call, 2, packMessage({ verb: 'close' }))],
    [frame(FRAME.hello, 0, Buffer.alloc(0)), frame(FRAME.hello, 1, Buffer.alloc(0))],
    [
      frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: false })),
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
  output.write(frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: false })));
  output.end();
  await served;
});

test('a client gives up an agent that falls silent, and says so once to every request', async () => {
  const toClient = new PassThrough();
  toClient.write(frame(FRAME.hello, 0, HELLO));
  const host = await agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent', { patience: 100 });
  const [one, two] = await Promise.allSettled([
    host.openRoot('/a', { create: false }),
    host.openRoot('/b', { create: false }),
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
  const waiting = host.openRoot('/a', { create: false });
  toClient.end();
  await rejects(waiting, 'lost', /test/);
  await rejects(host.openRoot('/a', { create: false }), 'lost', /test/);
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
    await rejects(host.openRoot('/a', { create: false }), 'protocol', /^web-01: /);
  }
});

test('an agent that cannot open its machine says why', async () => {
  const toClient = new PassThrough();
  excuse(toClient, new HostError('unsupported', 'web-01: no such system', 'use another'));
  await rejects(agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent'), 'unsupported', /no such system/);
});

test('an agent of another version of the protocol is refused', async () => {
  const toClient = new PassThrough();
  const hello = { protocol: PROTOCOL_VERSION + 1, version: '9', pid: 1, facts: FACTS };
  toClient.write(frame(FRAME.hello, 0, packMessage(hello)));
  await rejects(agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent'), 'protocol', /version/);
});

test.run();
