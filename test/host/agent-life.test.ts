// The life of a connection to an agent: greeting, hostile frames, silence, the end, and what it carried.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import { agentHost } from '../../runtime/host/agent/client.js';
import { frameHeader } from '../../runtime/host/agent/frames.js';
import { packFailure, packMessage } from '../../runtime/host/agent/messages.js';
import { BEAT_MS, FRAME, PROTOCOL_VERSION } from '../../runtime/host/agent/protocol.js';
import { LOCK_WAYS } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { channel, FACTS, frame, HELLO, pair, rawAgent, rejects, SELECTION, settle } from './agent-scripted.js';

test('an agent serves only numbers that this connection got from it', async () => {
  const { input, output, frames } = rawAgent({});
  output.write(frame(FRAME.call, 1, packMessage({ verb: 'scan', root: 3, selection: SELECTION })));
  output.write(frame(FRAME.call, 2, packMessage({ verb: 'end', transaction: 1, keep: false })));
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

test('beats that are swallowed by a frame that never ends do not keep an agent alive', async () => {
  const toClient = new PassThrough();
  toClient.write(frame(FRAME.hello, 0, HELLO));
  const host = await agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent', { patience: 3_000 });
  const asked = host.openRoot('/a', { create: false, state: null });
  toClient.write(frameHeader(FRAME.end, 1, 1_000_000));
  const beats = setInterval(() => toClient.write(frame(FRAME.beat, 0, Buffer.alloc(0))), 200);
  await rejects(asked, 'silent', /^web-01: /);
  clearInterval(beats);
});

test('an answer on a slow line is waited for, as long as more of it comes', async () => {
  const toClient = new PassThrough();
  toClient.write(frame(FRAME.hello, 0, HELLO));
  const host = await agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent', { patience: 3_000 });
  const asked = host.openRoot('/a', { create: false, state: null });
  const failure = frame(FRAME.fail, 1, packFailure(new HostError('failed', 'x'.repeat(9_000), '')));
  let at = 0;
  const drops = setInterval(() => {
    toClient.write(failure.subarray(at, at + 400));
    at += 400;
    if (at >= failure.length) clearInterval(drops);
  }, 300);
  await rejects(asked, 'failed', /^x+$/);
});

test('a second answer to one request is a protocol error: it is the one that another waits for', async () => {
  const toClient = new PassThrough();
  toClient.write(frame(FRAME.hello, 0, HELLO));
  const host = await agentHost(channel(toClient, new PassThrough()), 'web-01', 'agent');
  const [one, two] = [1, 2].map(number => host.openRoot(`/${number}`, { create: false, state: null }));
  const refusal = packFailure(new HostError('missing-root', 'not there', ''));
  toClient.write(frame(FRAME.fail, 1, refusal));
  await rejects(one!, 'missing-root', /not there/);
  toClient.write(frame(FRAME.fail, 1, refusal));
  await rejects(two!, 'protocol', /second answer/);
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
  const hello = {
    protocol: PROTOCOL_VERSION + 1,
    version: '9',
    pid: 1,
    facts: FACTS,
    locks: false,
    programs: false,
    links: null,
  };
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

test('a client that beats is kept, however short the lease of its lock', async () => {
  const lock = { epoch: 1, waited: false, release: async () => [] };
  const locks = { ways: LOCK_WAYS, acquire: async () => lock, unlock: async () => 'not-locked' as const };
  const { output, served } = rawAgent({ locks });
  const request = { root: 1, block: 'app', mode: 'exclusive', run: 'r', wait: 0, hold: 1, by: { kind: 'advisory' } };
  output.write(frame(FRAME.call, 1, packMessage({ verb: 'openRoot', path: '/x', create: false, state: null })));
  await settle(20);
  output.write(frame(FRAME.call, 2, packMessage({ verb: 'acquire', ...request })));
  output.write(frame(FRAME.end, 2, Buffer.alloc(0)));
  const beating = setInterval(() => output.write(frame(FRAME.beat, 0, Buffer.alloc(0))), BEAT_MS / 2);
  const ended = await Promise.race([served.then(() => true), settle(2.5 * BEAT_MS).then(() => false)]);
  clearInterval(beating);
  assert.equal(ended, false);
  output.end();
  await served;
});

test.run();
