// Frames and streams of the agent's protocol: any chunking, any damage, and credit that is kept.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { WireError } from '../../runtime/bytes/wire.js';
import { type Frame, frameHeader, MAX_DATA, makeFrameParser } from '../../runtime/host/agent/frames.js';
import { FRAME, type FrameType, WINDOW } from '../../runtime/host/agent/protocol.js';
import { makeInbox, makeOutlet } from '../../runtime/host/agent/stream.js';

/** Plain objects, as ours are. */
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(shape, { noNullPrototype: true });

const aType = fc.constantFrom<FrameType>(FRAME.call, FRAME.data, FRAME.end, FRAME.hello);
const aFrame = record({
  type: aType,
  request: fc.integer({ min: 0, max: 0xffffffff }),
  payload: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
});

test('frames come out as they went in, however their bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(aFrame, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (frames, cuts) => {
        const bytes = Buffer.concat(frames.flatMap(f => [frameHeader(f.type, f.request, f.payload.length), f.payload]));
        assert.deepEqual(parse(cut(bytes, cuts)), frames);
      },
    ),
    { numRuns: 300 },
  );
});

test('arbitrary bytes give frames or a WireError, and after it nothing', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }),
      (bytes, cuts) => {
        try {
          parse(cut(Buffer.from(bytes), cuts));
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
  let seen = 0;
  const parser = makeFrameParser(() => seen++);
  assert.throws(() => parser.push(Buffer.alloc(9, 0xee)), WireError);
  parser.push(frameHeader(FRAME.beat, 0, 0));
  assert.equal(seen, 0);
});

test('a length over the cap of its type is refused before its bytes come', () => {
  for (const [type, length] of [
    [FRAME.data, MAX_DATA + 1],
    [FRAME.beat, 1],
    [FRAME.cancel, 1],
    [FRAME.credit, 9],
    [FRAME.call, 0xffffffff],
  ] as const) {
    const header = frameHeader(FRAME.beat, 1, 0);
    header[0] = type;
    header.writeUInt32LE(length, 5);
    assert.throws(() => makeFrameParser(() => {}).push(header), /over its cap/);
    assert.throws(() => frameHeader(type, 1, length), /over its cap/);
  }
});

test('an inbox gives what was pushed, in order, and grants credit only for what was taken', async () => {
  let granted = 0;
  const inbox = makeInbox(
    bytes => {
      granted += bytes;
    },
    () => {},
  );
  const piece = Buffer.alloc(WINDOW / 4);
  for (let i = 0; i < 4; i++) inbox.push(Buffer.concat([piece]));
  assert.equal(granted, 0);
  await inbox.items.next();
  assert.equal(granted, piece.length);
  inbox.finish();
  let count = 0;
  for await (const _ of inbox.items) count++;
  assert.equal(count, 3);
});

test('an inbox refuses a peer that sends more than its window', () => {
  const inbox = makeInbox(
    () => {},
    () => {},
  );
  const piece = Buffer.alloc(1_000_000);
  assert.throws(() => {
    for (let i = 0; i < 20; i++) inbox.push(piece);
  }, /more data arrived/);
});

test('data after the end of its stream is refused; after the consumer has left it is dropped', async () => {
  const finished = makeInbox(
    () => {},
    () => {},
  );
  finished.finish();
  assert.throws(() => finished.push(Buffer.alloc(1)), /after the end/);
  let left = 0;
  const abandoned = makeInbox(
    () => {},
    () => left++,
  );
  await abandoned.items.return?.();
  abandoned.push(Buffer.alloc(1));
  assert.equal(left, 1);
  assert.deepEqual(await abandoned.items.next(), { done: true, value: undefined });
});

test('an error comes after what was pushed before it', async () => {
  const inbox = makeInbox(
    () => {},
    () => {},
  );
  inbox.push(Buffer.from('a'));
  inbox.fail(new Error('lost'));
  assert.equal((await inbox.items.next()).value?.toString(), 'a');
  await assert.rejects(() => inbox.items.next(), /lost/);
});

test('an outlet waits for credit, and is told when nobody wants more', async () => {
  let put = 0;
  const outlet = makeOutlet(piece => {
    put += piece.length;
  });
  const piece = Buffer.alloc(WINDOW / 2);
  await outlet.send(piece);
  await outlet.send(piece);
  const third = outlet.send(piece);
  await new Promise(resolve => setImmediate(resolve));
  assert.equal(put, WINDOW);
  outlet.credit(piece.length);
  assert.equal(await third, true);
  assert.throws(() => outlet.credit(WINDOW + 1), WireError);
  const fourth = outlet.send(piece);
  outlet.close();
  assert.equal(await fourth, false);
  assert.equal(await outlet.send(Buffer.alloc(1)), false);
});

test('a piece larger than the window still gets through, alone', async () => {
  const outlet = makeOutlet(() => {});
  assert.equal(await outlet.send(Buffer.alloc(WINDOW + 1)), true);
});

const parse = (chunks: readonly Buffer[]): Frame[] => {
  const frames: Frame[] = [];
  const parser = makeFrameParser(frame => frames.push({ ...frame, payload: Buffer.from(frame.payload) }));
  for (const chunk of chunks) parser.push(chunk);
  return frames;
};

/** The bytes in chunks of these sizes, over and over. */
const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

test.run();
