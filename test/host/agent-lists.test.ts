// Lists on the wire: what is decoded is what was encoded, hostile bytes give WireError, and 50,000 steps stay small.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { makeWriter, WireError } from '../../runtime/bytes/wire.js';
import {
  decodeDigests,
  decodeFollowers,
  decodeFounds,
  decodeOutcomes,
  encodeDigests,
  encodeFollowers,
  encodeFounds,
  encodeOutcomes,
} from '../../runtime/host/agent/answers.js';
import {
  decodeIndexes,
  decodePaths,
  decodeWanted,
  encodeIndexes,
  encodePaths,
  encodeWanted,
} from '../../runtime/host/agent/lists.js';
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
import { MAX_EXTRA, PIECE } from '../../runtime/host/agent/protocol.js';
import { decodeChanges, decodeSteps, encodeChanges, encodeSteps } from '../../runtime/host/agent/steps.js';
import type { Provenance, Recovered, Step, Trashed } from '../../runtime/host/host.js';
import type { Action, Found, Outcome } from '../../runtime/tree/action.js';
import { PROBLEM_CODES, type Problem } from '../../runtime/tree/entry.js';
import { refusePath } from '../../runtime/tree/path.js';

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
law(
  'wanted files',
  fc.oneof(
    record({ index: anIndex, path: aPath }),
    record({
      index: anIndex,
      path: aPath,
      begun: record({ bytes: fc.integer({ min: 1, max: 2 ** 50 }), digest: fc.string({ unit: aByte, maxLength: 64 }) }),
    }),
  ),
  encodeWanted,
  decodeWanted,
);
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
  fc.oneof(
    record({ index: anIndex, digest: fc.string({ unit: aByte, maxLength: 64 }) }),
    record({
      index: anIndex,
      digest: fc.string({ unit: aByte, maxLength: 64 }),
      bytes: fc.integer({ min: 1, max: 2 ** 50 }),
    }),
  ),
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

test('fifty thousand files like those of a package take less than thirty bytes a step', () => {
  const steps: Step[] = Array.from({ length: 50_000 }, (_, i) => ({
    part: 0,
    action: {
      do: 'file',
      path: `packages/module-${Math.floor(i / 20)}/source/file-of-it-${(i * 7919) % 50_000}.js`,
      size: (i * 7919) % 20_000,
      mode: 0o644,
      modified: 1_700_000_000_000_000 + ((i * 104_729) % 86_400_000) * 1_000,
      owner: '',
      group: '',
      extra: '',
      expect: 'absent',
      keep: false,
    },
  }));
  const pieces = [...encodeSteps(steps)];
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  assert.ok(size / steps.length < 30, `${size / steps.length} bytes a step`);
  assert.ok(pieces.every(piece => piece.length < 2 * PIECE));
  assert.deepEqual(pieces.flatMap(decodeSteps), steps);
});

test('what a file carries beyond the cap is a problem, and never sent', () => {
  const [text, problem] = [...encodeExtraTexts(['x'.repeat(MAX_EXTRA), 'x'.repeat(MAX_EXTRA + 1)])].flatMap(
    decodeExtraTexts,
  );
  assert.equal(text, 'x'.repeat(MAX_EXTRA));
  assert.ok(typeof problem === 'object' && problem.code === 'unsupported');
});

test('keeping what stands at a path costs one byte, and only there', () => {
  const one = (keep: boolean): Step => ({
    part: 0,
    action: { do: 'hard', path: 'b', leader: 'a', expect: 'seen', keep },
  });
  const [with_, without] = [true, false].map(keep => Buffer.concat([...encodeSteps([one(keep)])]).length);
  assert.equal(with_, without! + 1);
  // A folder has nothing to keep.
  const folder = Buffer.concat([...encodeSteps([{ part: 0, action: { do: 'remove', path: 'a' } }])]);
  assert.throws(() => decodeSteps(Buffer.concat([Buffer.from([7]), folder])), WireError);
});

test('a path that climbs, is absolute or holds a NUL is refused wherever it stands', () => {
  for (const path of ['..', 'a/../b', '/etc/passwd', 'a//b', '.', 'a\0b', 'x'.repeat(256), 'a/'.repeat(9_000)]) {
    const writer = makeWriter();
    writer.varint(0);
    writer.string(path);
    assert.throws(() => decodePaths(writer.copy()), WireError);
    const step: Step = { part: 0, action: { do: 'remove', path } };
    assert.throws(() => [...encodeSteps([step])].flatMap(decodeSteps), WireError);
    const hard: Step = { part: 0, action: { do: 'hard', path: 'a', leader: path, expect: 'absent', keep: false } };
    assert.throws(() => [...encodeSteps([hard])].flatMap(decodeSteps), WireError);
  }
  // Put together from a shared beginning, too.
  const writer = makeWriter();
  writer.varint(0);
  writer.string('a/b');
  writer.varint(2);
  writer.string('..');
  assert.throws(() => decodePaths(writer.copy()), /refused/);
});

test('no path that is refused comes out of any bytes, however it is put together', () => {
  const aPiece = fc.array(
    fc.tuple(fc.nat(8), fc.constantFrom('', '.', '..', '/', '/..', 'a', 'a/', '/b', 'b/c', '\0', '../x')),
  );
  fc.assert(
    fc.property(aPiece, parts => {
      const writer = makeWriter();
      let length = 0;
      for (const [wish, suffix] of parts) {
        const shared = wish % (length + 1);
        writer.varint(shared);
        writer.string(suffix);
        length = shared + suffix.length;
      }
      onlyWireErrors(() => {
        for (const path of decodePaths(writer.copy())) assert.equal(refusePath(path), null, JSON.stringify(path));
      });
    }),
    { numRuns: 3_000 },
  );
});

const onlyWireErrors = (work: () => unknown): void => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
  }
};

test.run();
