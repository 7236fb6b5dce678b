// Content that travels from remote to remote: who sends to whom, and relays that die, fall silent, alter, or were done before.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { suite } from 'uvu';
import type { RoutePlan, TransferPlan } from '../../compiler/plan.js';
import { openDigests } from '../../runtime/bytes/digest.js';
import { readRecords, writeRecord } from '../../runtime/bytes/pack.js';
import { makeWriter } from '../../runtime/bytes/wire.js';
import type { RunEvent } from '../../runtime/engine/events.js';
import type { Host, LinkContent, Links } from '../../runtime/host/host.js';
import { makeLinks } from '../../runtime/link/links.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('relays');
const PLAIN: TransferPlan = { mode: 'auto', compress: 0, encrypt: false, limit: null };
const chain: RoutePlan = {
  shape: 'chain',
  senders: {},
  between: { 'same-group': PLAIN, 'same-region': PLAIN, 'other-region': PLAIN },
  betweenOf: {},
};
const block = { route: chain, transfer: PLAIN };
const REACHED = { at: '127.0.0.1', from: '127.0.0.1' };
const text = (bytes: number): string => randomBytes(bytes).toString('latin1');

type Sending = (content: LinkContent, over: Parameters<Links['send']>[1], send: Links['send']) => Promise<void>;

/** Hosts with links; what one of them sends goes through `sending`. */
const linked =
  (sending: Readonly<Record<string, Sending>> = {}) =>
  (host: Host, id: string): Host => {
    const links = makeLinks({ reached: REACHED });
    const own = sending[id];
    const send: Links['send'] = own === undefined ? links.send : (content, over) => own(content, over, links.send);
    return { ...host, links: { ...links, send } };
  };

/** Who was linked to whom, as it was told: `m→r1 open`. */
const linksIn = (events: readonly RunEvent[]): string[] =>
  events.flatMap(event => (event.type === 'link' ? [`${event.from}→${event.host} ${event.state}`] : []));

/** The content as it passes through here. */
const through = (content: LinkContent, change: (pack: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) => {
  const { from } = content;
  if (!('transaction' in from))
    return { ...content, from: { ...from, read: (...asked) => change(from.read(...asked)) } } as LinkContent;
  const { transaction, part } = from;
  const read: typeof transaction.read = (...asked) => change(transaction.read(...asked));
  return { ...content, from: { transaction: { ...transaction, read }, part } };
};

/** Another byte in every file, and digests that fit: a relay that means it. */
async function* altered(pack: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hasher = await openDigests('blake3');
  for await (const chunk of pack) {
    const writer = makeWriter(chunk.length + 1024);
    for (const record of readRecords(Buffer.from(chunk))) {
      if (record.is === 'part') {
        if (record.offset === 0) hasher.init();
        record.content[0]! ^= 1;
        hasher.update(record.content);
        writeRecord(writer, record);
      } else if (record.is === 'whole' && record.content.length > 0) {
        record.content[0]! ^= 1;
        writeRecord(writer, { ...record, digest: hasher.hash(record.content) });
      } else if (record.is === 'zeros') {
        hasher.update(Buffer.alloc(record.length));
        writeRecord(writer, record);
      } else writeRecord(writer, record.is === 'end' ? { ...record, digest: hasher.digest() } : record);
    }
    yield writer.copy();
  }
}

const assertEqualTrees = ({ master, remotes }: Session): void => {
  for (const remote of remotes) assert.deepEqual(short(remote), short(master));
};
/** Without the contents themselves, which are long. */
const short = (place: Session['master']): string[] =>
  place.look().map(line => `${line.slice(0, 40)}… ${createHash('sha256').update(line).digest('hex').slice(0, 12)}`);

test.before.each(context => {
  context.session = makeSession(4);
  context.session.master.put({
    large: { file: text(3_000_000) },
    'small/a': { file: 'a' },
    'small/b': { file: '' },
    'small/c': { file: text(200_000) },
    zeros: { file: `${text(300_000)}${'\0'.repeat(900_000)}end` },
    last: { file: text(700_000) },
  });
});
test.after.each(context => context.session.close());

test('a chain passes everything on, and the master sends it once', async ({ session }) => {
  const { summary, events } = await session.run({ block, wrap: linked() });
  assert.equal(summary.exitCode, 0);
  assertEqualTrees(session);
  assert.deepEqual(linksIn(events).sort(), ['m→r1 open', 'r1→r2 open', 'r2→r3 open', 'r3→r4 open']);
  const again = await session.run({ block, wrap: linked() });
  assert.deepEqual([again.summary.exitCode, again.preview.relations.flatMap(({ changes }) => changes)], [0, []]);
});

test('a relay that alters what it passes on is named and not asked again, and nothing wrong is put in place', async ({
  session,
}) => {
  const wrap = linked({ r2: (content, over, send) => send(through(content, altered), over) });
  const { summary, events } = await session.run({ block, wrap });
  assert.equal(summary.exitCode, 0);
  assertEqualTrees(session);
  const told = linksIn(events);
  assert.deepEqual(
    told.filter(line => line.endsWith('altered')),
    ['r2→r3 altered'],
  );
  const named = events.find(event => event.type === 'link' && event.state === 'altered');
  assert.match(named?.type === 'link' ? (named.message ?? '') : '', /not what the master holds: \S+ and \d more/);
  // It is taken from the one before instead.
  assert.ok(told.includes('r1→r3 open'), told.join(', '));
});

test('a relay that breaks off in the middle is routed around, and what it brought is not sent again', async ({
  session,
}) => {
  async function* broken(pack: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let chunks = 0;
    for await (const chunk of pack) {
      if (++chunks > 4) throw new Error('the disk is gone');
      yield chunk;
    }
  }
  const wrap = linked({ r2: (content, over, send) => send(through(content, broken), over) });
  const { summary, events } = await session.run({ block, wrap });
  assert.equal(summary.exitCode, 0);
  assertEqualTrees(session);
  const told = linksIn(events);
  assert.ok(told.includes('r2→r3 lost') && told.includes('r1→r3 open'), told.join(', '));
});

test('a relay that never says that it has sent everything holds nobody up for long', async ({ session }) => {
  const wrap = linked({
    r1: async (content, over, send) => {
      await send(content, over);
      await new Promise(() => undefined);
    },
  });
  const started = Date.now();
  const { summary } = await session.run({ block, wrap });
  assert.equal(summary.exitCode, 0);
  assertEqualTrees(session);
  assert.ok(Date.now() - started < 15_000, `${Date.now() - started} ms`);
});

test('a host that had everything already passes on what stands there', async ({ session }) => {
  const { plan } = { plan: { route: chain, remotes: ['r1', 'r2'] } };
  const [, , , r4] = session.remotes;
  const first = await session.run({ block: { ...block, ...plan }, wrap: linked() });
  assert.equal(first.summary.exitCode, 0);
  const { summary, events } = await session.run({ block, wrap: linked() });
  assert.equal(summary.exitCode, 0);
  assertEqualTrees(session);
  assert.deepEqual(linksIn(events).sort(), ['r2→r3 open', 'r3→r4 open']);
  assert.deepEqual(short(r4!), short(session.master));
});

test('a host that fails before it has anything is passed over', async ({ session }) => {
  const wrap = (host: Host, id: string): Host => {
    const whole = linked()(host, id);
    if (id !== 'r2') return whole;
    return {
      ...whole,
      begin: async (...given) => ({
        ...(await whole.begin(...given)),
        prepare: async () => Promise.reject(new Error('no')),
      }),
    };
  };
  const { summary, events } = await session.run({ block, wrap });
  assert.equal(summary.exitCode, 5);
  assert.deepEqual(
    summary.relations.map(({ state }) => state),
    ['done', 'failed', 'done', 'done'],
  );
  for (const at of [0, 2, 3]) assert.deepEqual(short(session.remotes[at]!), short(session.master));
  assert.ok(linksIn(events).includes('r1→r3 open'), linksIn(events).join(', '));
  const again = await session.run({ block, wrap: linked() });
  assert.equal(again.summary.exitCode, 0);
  assertEqualTrees(session);
});

test('what is new in a large file goes from relay to relay as a delta', async ({ session }) => {
  const old = text(4_000_000);
  session.master.put({ large: { file: old } });
  assert.equal((await session.run({ block, wrap: linked() })).summary.exitCode, 0);
  session.master.put({ large: { file: `${text(300_000)}${old}` } });
  const delta = { ...PLAIN, mode: 'delta' } as const;
  const { summary } = await session.run({ block: { ...block, transfer: delta }, wrap: linked() });
  assert.equal(summary.exitCode, 0);
  assertEqualTrees(session);
  for (const { host, bytesLiteral, bytesMatched } of summary.relations) {
    assert.ok(bytesLiteral < 600_000, `${host}: ${bytesLiteral} bytes sent`);
    assert.ok(bytesMatched > 3_500_000, `${host}: ${bytesMatched} bytes copied`);
  }
});

test("what changes on the master meanwhile is nobody else's fault", async ({ session }) => {
  let touched = false;
  const wrap = linked({
    r1: async (content, over, send) => {
      if (!touched) session.master.put({ last: { file: text(700_000) } });
      touched = true;
      await send(content, over);
    },
  });
  const { events } = await session.run({ block, wrap });
  assert.ok(touched);
  assert.deepEqual(
    linksIn(events).filter(line => line.endsWith('altered')),
    [],
  );
  assert.equal((await session.run({ block, wrap: linked() })).summary.exitCode, 0);
  assertEqualTrees(session);
});

test.run();
