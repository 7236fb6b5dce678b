// The text of getfattr and setfattr: every byte in names and values, against our reader and the programs themselves.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { test } from 'uvu';
import { complaintsIn, formatDump, parseDump } from '../../runtime/host/extras-text.js';

const byte = (from: number) => fc.integer({ min: from, max: 255 }).map(code => String.fromCharCode(code));
const text = (from: number, min = 1) =>
  fc.array(byte(from), { minLength: min, maxLength: 40 }).map(all => all.join(''));
const extras = fc.array(
  fc.tuple(text(1), text(0, 0)).map(([name, value]) => ({ name: `user.${name}`, value })),
  { minLength: 1 },
);

test('what is written is read back, whatever bytes it holds', () => {
  const files = fc.array(
    fc.tuple(text(1), extras).map(([path, some]) => ({ path, extras: some })),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(files, all => {
      assert.deepEqual(parseDump(formatDump(all)), all);
    }),
    { numRuns: 300 },
  );
});

test('what is no dump is refused, never guessed', () => {
  for (const damage of [
    'user.a=0x31\n',
    '# file: a\nuser.a=0x3\n',
    '# file: a\nuser.a="1"\n',
    '# file: a\n=0x31\n',
    '# file: a\\\nuser.a=0x\n',
    '# file: a\\08\n',
    'getfattr: a: gone',
  ])
    assert.equal(parseDump(damage), null, JSON.stringify(damage));
  assert.deepEqual(parseDump('# file: a\nuser.none\n\n'), [{ path: 'a', extras: [{ name: 'user.none', value: '' }] }]);
  assert.deepEqual(parseDump(''), []);
});

test('any text is read or refused, never thrown at', () => {
  fc.assert(
    fc.property(text(0, 0), any => {
      parseDump(any);
      parseDump(`# file: ${any}`);
      complaintsIn(any, new Set(['a']));
    }),
    { numRuns: 300 },
  );
});

test('a complaint belongs to the longest path it can mean', () => {
  const { of, others } = complaintsIn(
    [
      'getfattr: a: No such file or directory',
      'a: b: user.x: Permission denied',
      'setfattr: a\\012c: Operation not supported',
      'xargs: something',
      '',
    ].join('\n'),
    new Set(['a', 'a: b', 'a\nc']),
  );
  assert.deepEqual(
    [...of],
    [
      ['a', { words: 'No such file or directory' }],
      ['a: b', { words: 'Permission denied' }],
      ['a\nc', { words: 'Operation not supported' }],
    ],
  );
  assert.deepEqual(others, ['xargs: something']);
});

test('setfattr is installed where these tests run', () => {
  assert.match(execFileSync('setfattr', ['--version'], { encoding: 'utf8' }), /setfattr/);
});

test.run();
