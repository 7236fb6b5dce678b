// Slips: accepted with a warning, and the fix leaves a text that means the same and has none.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { MESSAGES, type SyntaxCode } from '../../grammar/messages.js';
import { found, mended, read, shown } from './reading.js';
import { SLIPPED } from './samples.js';

const test = suite('slips');

const CASES: Record<string, readonly [finding: string, mended: string]> = {
  'compress = 6': ['SP1101 "="', 'compress 6'],
  'compress=6': ['SP1101 "="', 'compress 6'],
  'compress: 6': ['SP1101 ":"', 'compress 6'],
  'compress == 6': ['SP1101 "=="', 'compress 6'],
  'let x: 6': ['SP1101 ":"', 'let x = 6'],
  'class x where a && b': ['SP1102 "&&"', 'class x where a and b'],
  'class x where a&&b': ['SP1102 "&&"', 'class x where a and b'],
  'class x where a || b': ['SP1102 "||"', 'class x where a or b'],
  'class x where !a': ['SP1102 "!"', 'class x where not a'],
  'class x where ! a': ['SP1102 "!"', 'class x where not a'],
  'class x where (!a)': ['SP1102 "!"', 'class x where (not a)'],
  'class x where ext = so': ['SP1102 "="', 'class x where ext is so'],
  'class x where ext==so': ['SP1102 "=="', 'class x where ext is so'],
  'class x where ext != so': ['SP1102 "!="', 'class x where ext is not so'],
  'class x where ext is in [a]': ['SP1102 "is"', 'class x where ext in [a]'],
  'class x where ext is not in [a]': ['SP1102 "is"', 'class x where ext not in [a]'],
  'a [b, c,]': ['SP1103 ","', 'a [b, c]'],
  'after a, b,': ['SP1103 ","', 'after a, b'],
  'after a,, b': ['SP1103 ","', 'after a, b'],
  'max 10 MB': ['SP1104 "10 MB"', 'max 10MB'],
  'max 20  MiB/s': ['SP1104 "20  MiB/s"', 'max 20MiB/s'],
  'max 25 %': ['SP1104 "25 %"', 'max 25%'],
  'fleet\n\n{ }': ['SP1105 "{"', 'fleet { }'],
  "import 'x'": ['SP1106 "\'x\'"', 'import "x"'],
  'a { } b': ['SP1107 "b"', 'a { }; b'],
  '\uFEFFa': ['SP1108 "\uFEFF"', 'a'],
  'a\r\nb': ['SP1109 "\\r"', 'a\nb'],
  'a // b': ['SP1110 "//"', 'a # b'],
};

for (const [text, [finding, fixed]] of Object.entries(CASES)) {
  test(`${JSON.stringify(text)} is mended to ${JSON.stringify(fixed)}`, () => {
    assert.deepEqual(found(text), [finding]);
    assert.equal(MESSAGES[read(text).diagnostics[0]!.code as SyntaxCode].severity, 'warning');
    assert.equal(mended(text), fixed);
    assert.deepEqual(found(fixed), []);
    assert.deepEqual(shown(fixed), shown(text));
  });
}

test('many slips at once are mended at once', () => {
  assert.deepEqual(read(mended(SLIPPED)).diagnostics, []);
  assert.deepEqual(shown(mended(SLIPPED)), shown(SLIPPED));
});

test('neighbouring slips have fixes that do not overlap', () => {
  assert.equal(mended('class x where a&&!b||!(c)\n'), 'class x where a and not b or not (c)\n');
});

test('an equals sign is at home in `let` and nowhere else', () => {
  assert.deepEqual(found('let x = 5'), []);
  assert.deepEqual(found('a ["b" = c]').slice(0, 1), ['SP1019 "="']);
});

test('`500 files` and other numbers before words are left alone', () => {
  assert.deepEqual(found('max 500 files\nrounds 3 every 2s'), []);
});

test.run();
