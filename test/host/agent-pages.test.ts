// Pages and control messages on the wire: whole where they were asked for, a WireError for anything else.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { WireError } from '../../runtime/bytes/wire.js';
import { decodePages, encodePages } from '../../runtime/host/agent/answers.js';
import { CALL, HELLO, SCANNED, unpackFailure, unpackMessage } from '../../runtime/host/agent/messages.js';
import type { FolderPage } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';

test('pages of any size arrive whole, and only where they were asked for', async () => {
  const pages: FolderPage[] = [
    { folder: '', page: Buffer.alloc(0) },
    { folder: 'small', page: Buffer.from('abc') },
    { folder: 'large', page: Buffer.alloc(3_000_000, 'x') },
    { folder: 'large/below', page: Buffer.from('z') },
  ];
  const seen: string[] = [];
  const back: FolderPage[] = [];
  for await (const page of decodePages(encodePages(each(pages)), folder => seen.push(folder))) back.push(page);
  assert.deepEqual(
    back.map(({ folder, page }) => [folder, Buffer.from(page).equals(pages.find(one => one.folder === folder)!.page)]),
    pages.map(({ folder }) => [folder, true]),
  );
  assert.deepEqual(
    seen,
    pages.map(({ folder }) => folder),
  );
  const refuse = (): void => {
    throw new WireError('not asked for');
  };
  await assert.rejects(() => drain(decodePages(encodePages(each(pages)), refuse)), /not asked for/);
});

test('pages that are cut off or mixed up are a WireError', async () => {
  const pieces: Buffer[] = [];
  for await (const piece of encodePages(each([{ folder: 'large', page: Buffer.alloc(3_000_000) }]))) pieces.push(piece);
  assert.ok(pieces.length > 2);
  await assert.rejects(() => drain(decodePages(each(pieces.slice(0, -1)), () => {})), WireError);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), async chunks => {
      try {
        await drain(decodePages(each(chunks.map(chunk => Buffer.from(chunk))), () => {}));
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test('control messages made of arbitrary bytes are refused with a WireError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      const payload = Buffer.from(bytes);
      for (const schema of [CALL, HELLO, SCANNED] as const) {
        assert.throws(() => unpackMessage<unknown>(schema, payload, 'it'), WireError);
      }
      onlyWireErrors(() => assert.ok(unpackFailure(payload) instanceof HostError));
    }),
    { numRuns: 1_000 },
  );
  // Arrays in arrays in arrays, deeper than any stack.
  assert.throws(() => unpackMessage(CALL, Buffer.alloc(200_000, 0x91), 'it'), WireError);
});

const onlyWireErrors = (work: () => unknown): void => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
  }
};

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
};

test.run();
