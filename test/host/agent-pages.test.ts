// Pages and control messages on the wire: whole where they were asked for, a WireError for anything else.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { WireError } from '../../runtime/bytes/wire.js';
import {
  decodeDigests,
  decodeFollowers,
  decodeFounds,
  decodeOutcomes,
  decodePages,
  encodeDigests,
  encodeFollowers,
  encodeFounds,
  encodeOutcomes,
  encodePages,
} from '../../runtime/host/agent/answers.js';
import {
  decodeIndexes,
  decodePaths,
  decodeWanted,
  encodeIndexes,
  encodePaths,
  encodeWanted,
} from '../../runtime/host/agent/lists.js';
import { CALL, HELLO, SCANNED, unpackFailure, unpackMessage } from '../../runtime/host/agent/messages.js';
import {
  decodeExtraTexts,
  decodeLeftovers,
  decodeProvenances,
  decodeRecovered,
  decodeTrashed,
  encodeExtraTexts,
  encodeLeftovers,
  encodeProvenances,
  encodeRecovered,
  encodeTrashed,
} from '../../runtime/host/agent/past.js';
import { decodeChanges, decodeSteps, encodeChanges, encodeSteps } from '../../runtime/host/agent/steps.js';
import type { FolderPage, Provenance, Recovered, Trashed } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { Action, Found, Outcome } from '../../runtime/tree/action.js';
import { PROBLEM_CODES, type Problem } from '../../runtime/tree/entry.js';

/** Plain objects, as ours are. */
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(shape, { noNullPrototype: true });

const aByte = fc.integer({ min: 1, max: 255 }).map(code => String.fromCharCode(code));
const aName = fc
  .array(
    aByte.filter(byte => byte !== '/'),
    { minLength: 1, maxLength: 12 },
  )
  .map(bytes => bytes.join(''))
  .filter(name => name !== '.' && name !== '..');
const aPath = fc.array(aName, { maxLength: 4 }).map(names => names.join('/'));
const anIndex = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 2 ** 40 }));
const aTime = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
const aMode = fc.integer({ min: 0, max: 0o7777 });
const anOwner = fc.constantFrom('', 'root', 'www-data', '1000');
const aSize = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const expect = fc.constantFrom('absent' as const, 'seen' as const);
const anExtra = fc.oneof(fc.constant(''), fc.string({ unit: aByte, maxLength: 20 }));
const owned = { owner: anOwner, group: anOwner };
const aProblem: fc.Arbitrary<Problem> = record({
  path: aPath,
  code: fc.constantFrom(...PROBLEM_CODES),
  message: fc.string({ unit: 'grapheme' }),
  help: fc.string({ unit: 'grapheme' }),
});

const anAction: fc.Arbitrary<Action> = fc.oneof(
  record({
    do: fc.constant('folder' as const),
    path: aPath,
    mode: aMode,
    extra: anExtra,
    whole: fc.boolean(),
    ...owned,
  }),
  record({
    do: fc.constant('file' as const),
    path: aPath,
    size: aSize,
    mode: aMode,
    modified: fc.option(aTime),
    extra: anExtra,
    expect,
    keep: fc.boolean(),
    ...owned,
  }),
  record({
    do: fc.constant('link' as const),
    path: aPath,
    target: aName,
    modified: fc.option(aTime),
    expect,
    keep: fc.boolean(),
    ...owned,
  }),
  record({ do: fc.constant('hard' as const), path: aPath, leader: aPath, expect, keep: fc.boolean() }),
  record({
    do: fc.constant('adjust' as const),
    path: aPath,
    mode: fc.option(aMode),
    modified: fc.option(aTime),
    owner: fc.option(anOwner),
    group: fc.option(anOwner),
    extra: fc.option(anExtra),
  }),
  record({ do: fc.constantFrom('remove' as const, 'remove-folder' as const), path: aPath }),
);

const aFound: fc.Arbitrary<Found> = fc.oneof(
  record({ kind: fc.constant('file' as const), size: aSize, mode: aMode, modified: aTime, extra: anExtra, ...owned }),
  record({
    kind: fc.constant('folder' as const),
    selected: fc.boolean(),
    unreadable: fc.boolean(),
    mode: aMode,
    extra: anExtra,
    ...owned,
  }),
  record({ kind: fc.constant('link' as const), target: aName, modified: aTime, ...owned }),
  record({ kind: fc.constant('hard' as const), leader: aPath }),
  record({ kind: fc.constant('special' as const), what: fc.constantFrom('fifo', 'socket', 'device') }),
  fc.constant({ kind: 'absent' as const }),
);

const anOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  record({ index: anIndex, result: fc.constantFrom('done' as const, 'kept' as const) }),
  record({ index: anIndex, result: fc.constant('inconsistent' as const), why: fc.string({ unit: 'grapheme' }) }),
  record({ index: anIndex, result: fc.constant('failed' as const), problem: aProblem }),
);

const law = <T>(
  what: string,
  item: fc.Arbitrary<T>,
  encode: (list: readonly T[]) => Iterable<Buffer>,
  decode: (piece: Buffer) => readonly T[],
): void => {
  test(`${what} arrive as they were sent`, () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 30 }), list => {
        assert.deepEqual([...encode(list)].flatMap(decode), list);
      }),
      { numRuns: 150 },
    );
  });
  test(`${what} made of arbitrary bytes are a list or a WireError`, () => {
    const bytes = fc.array(fc.oneof(fc.nat(12), fc.nat(255)), { maxLength: 80 });
    fc.assert(
      fc.property(bytes, codes => {
        onlyWireErrors(() => decode(Buffer.from(codes)));
      }),
      { numRuns: 1_000 },
    );
  });
  test(`${what} damaged anywhere are a list or a WireError`, () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(255), (list, at, byte) => {
        const piece = Buffer.concat([...encode(list)]);
        if (piece.length === 0) return;
        piece[at % piece.length] = byte;
        onlyWireErrors(() => decode(piece));
        onlyWireErrors(() => decode(piece.subarray(0, at % piece.length)));
      }),
      { numRuns: 300 },
    );
  });
};

law('paths', aPath, encodePaths, decodePaths);
law('wanted files', record({ index: anIndex, path: aPath }), encodeWanted, decodeWanted);
law('indexes', anIndex, encodeIndexes, decodeIndexes);
law('steps', record({ part: fc.nat(3), action: anAction }), encodeSteps, decodeSteps);
law('changes', record({ index: anIndex, action: fc.option(anAction) }), encodeChanges, decodeChanges);
law('findings', fc.oneof(aFound, aProblem), encodeFounds, decodeFounds);
law('digests', fc.oneof(fc.constantFrom('\x00'.repeat(16), 'abcd'), aProblem), encodeDigests, decodeDigests);
law('followers', fc.array(aPath, { maxLength: 4 }), encodeFollowers, decodeFollowers);
law('outcomes', anOutcome, encodeOutcomes, decodeOutcomes);
law('extended attributes', fc.oneof(anExtra, aProblem), encodeExtraTexts, decodeExtraTexts);
law('provenances', fc.constantFrom<Provenance>('baseline', 'drift', 'unknown'), encodeProvenances, decodeProvenances);
law(
  'leftovers',
  record({ index: anIndex, digest: fc.string({ unit: aByte, maxLength: 64 }) }),
  encodeLeftovers,
  decodeLeftovers,
);
law(
  'what was recovered',
  fc.oneof(
    record<Recovered>({ path: aPath, result: fc.constantFrom('done' as const, 'kept' as const) }),
    record<Recovered>({ path: aPath, result: fc.constant('failed' as const), problem: aProblem }),
  ),
  encodeRecovered,
  decodeRecovered,
);
law(
  'what the trash holds',
  record<Trashed>({
    path: aPath,
    kind: fc.constantFrom('file' as const, 'link' as const, 'folder' as const),
    why: fc.constantFrom('deleted' as const, 'replaced' as const),
    size: aSize,
  }),
  encodeTrashed,
  decodeTrashed,
);

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
