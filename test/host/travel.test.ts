// Limits: everything that one host sends under a name waits in one line, at the rate of its limit and no slower.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type PackRecord, writeRecord } from '../../runtime/bytes/pack.js';
import { makeWriter } from '../../runtime/bytes/wire.js';
import { makeLimits, travelling } from '../../runtime/host/travel.js';

/** A clock that stands while nobody sleeps; whoever sleeps wakes in the order of time. */
const makeTime = () => {
  let now = 1_000_000;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    set: (to: number): void => {
      now = to;
    },
    sleep: (milliseconds: number) =>
      new Promise<void>(resolve => {
        sleepers.push({ at: now + milliseconds, wake: resolve });
      }),
    /** Runs until the work is done; returns how long that took by this clock. */
    async run(work: Promise<unknown>): Promise<number> {
      const started = now;
      let done = false;
      void work.finally(() => {
        done = true;
      });
      while (!done) {
        await new Promise(resolve => setImmediate(resolve));
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers.shift();
        if (next === undefined) continue;
        now = Math.max(now, next.at);
        next.wake();
      }
      await work;
      return now - started;
    },
  };
};

const content = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (i * i * 31 + (i >> 3)) & 255));
async function* packOf(...lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const [index, length] of lengths.entries()) {
    const writer = makeWriter();
    const record: PackRecord = { is: 'part', index, offset: 0, content: content(length) };
    writeRecord(writer, record);
    yield writer.copy();
  }
}
const drain = async (pack: AsyncIterable<Uint8Array>): Promise<number[]> => {
  const lengths: number[] = [];
  for await (const { length } of pack) lengths.push(length);
  return lengths;
};
const near = (milliseconds: number, expected: number): void =>
  assert.ok(Math.abs(milliseconds - expected) < expected / 50, `${milliseconds} ms, not ${expected}`);

test('bytes leave at the rate of their limit, a few at a time', async () => {
  const time = makeTime();
  const limits = makeLimits(time.now, time.sleep);
  const sent = drain(
    travelling(packOf(300_000, 700_000), { compress: 0, limit: { rate: 100_000, shared: 'a' } }, limits),
  );
  near(await time.run(sent), 10_000);
  assert.ok(Math.max(...(await sent)) < 30_000);
});

test('all receivers under one name share it; another name is another limit', async () => {
  const time = makeTime();
  const limits = makeLimits(time.now, time.sleep);
  const ended: Record<string, number> = {};
  const started = time.now();
  const send = async (who: string, shared: string, bytes: number): Promise<void> => {
    await drain(travelling(packOf(bytes), { compress: 0, limit: { rate: 100_000, shared } }, limits));
    ended[who] = time.now() - started;
  };
  const all = Promise.all([send('one', 'a', 500_000), send('two', 'a', 500_000), send('other', 'b', 500_000)]);
  await time.run(all);
  near(ended.other!, 5_000);
  near(Math.max(ended.one!, ended.two!), 10_000);
  assert.ok(Math.min(ended.one!, ended.two!) > 9_000, 'they take turns');
});

test('what was squeezed is paid for as it travels', async () => {
  const time = makeTime();
  const limits = makeLimits(time.now, time.sleep);
  const writer = makeWriter();
  writeRecord(writer, { is: 'part', index: 0, offset: 0, content: Buffer.alloc(1_000_000, 'abcd') });
  const pack = (async function* () {
    yield writer.copy();
  })();
  const sent = drain(travelling(pack, { compress: 6, limit: { rate: 100_000, shared: 'a' } }, limits));
  assert.ok((await time.run(sent)) < 500);
  assert.ok((await sent).reduce((sum, length) => sum + length, 0) < 50_000);
});

test('a pause earns nothing, and a clock that is set back or forward neither stops nor opens the way', async () => {
  const time = makeTime();
  const limits = makeLimits(time.now, time.sleep);
  const hold = (): Promise<number> => time.run(limits.hold('a', 1_000, 2_000));
  near(await hold(), 2_000);
  time.set(time.now() + 60_000);
  near(await hold(), 2_000);
  time.set(time.now() - 3_600_000);
  near(await hold(), 2_000);
});

test('without a limit or compression content travels as it is', async () => {
  const time = makeTime();
  const pack = packOf(300_000);
  assert.equal(travelling(pack, { compress: 0, limit: null }, makeLimits(time.now, time.sleep)), pack);
});

test.run();
