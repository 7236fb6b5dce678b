// Hostile and broken texts: a clear finding, promptly, and never an exception.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { format } from '../../grammar/format.js';
import { MAX_LENGTH } from '../../grammar/lexer.js';
import { parse } from '../../grammar/parse.js';
import { found } from './reading.js';

const test = suite('robustness');

/** What a text of this size may cost at most, in seconds of processor time; far above what it needs, far below a hang. */
const BUDGET = 8;
const MANY = 100_000;

const HOSTILE: Record<string, readonly [text: string, first: string]> = {
  'open brackets': ['['.repeat(MANY), 'SP1003'],
  'open parentheses in a condition': [`class x where ${'('.repeat(MANY)}`, 'SP1003'],
  'open braces': ['{'.repeat(MANY), 'SP1003'],
  'nested bodies': ['a {\n'.repeat(MANY), 'SP1003'],
  'closing brackets': [')'.repeat(MANY), 'SP1015'],
  'closing braces on lines of their own': ['}\n'.repeat(MANY), 'SP1015'],
  'one kind open, another closing': ['[('.repeat(30) + ')'.repeat(MANY), 'SP1014'],
  'a chain of `not`': [`class x where ${'not '.repeat(MANY)}a`, 'SP1003'],
  'an unterminated string': [`a "${'b'.repeat(1_000_000)}`, 'SP1004'],
  'an unterminated string of escapes': [`a "${'\\'.repeat(999_999)}`, 'SP1004'],
  'unterminated strings': ['a "b\n'.repeat(MANY), 'SP1004'],
  'unterminated insertions': [`a "${'$'}{`.repeat(MANY), 'SP1006'],
  'bad escapes': [`a "${'\\q'.repeat(MANY)}"`, 'SP1005'],
  'a long escape': [`a "\\u{${'1'.repeat(1_000_000)}"`, 'SP1005'],
  'NUL bytes': ['\0'.repeat(MANY), 'SP1001'],
  'lone surrogates': ['a \ud800 "\udfff"', 'SP1001'],
  commas: [`a ${','.repeat(MANY)}`, 'SP1103'],
  'commas on lines of their own': ['a,\n'.repeat(MANY), 'SP1103'],
  'a long number': [`a ${'9'.repeat(1_000_000)}`, 'SP1011'],
  'a long name': [`a ${'b.'.repeat(MANY)}`, 'SP1012'],
  'blank lines before a brace': [`a${'\n'.repeat(MANY)}{ }`, 'SP1105'],
  'blanks between number and unit': [`a 1${' '.repeat(1_000_000)}MB`, 'SP1104'],
  'bodies that are never closed': ['block a {\n'.repeat(60) + 'block b { }\n'.repeat(10_000), 'SP1014'],
  'statements that never start with a name': ['"x" y\n'.repeat(MANY), 'SP1016'],
};

for (const [name, [text, first]] of Object.entries(HOSTILE)) {
  test(`${name}: a finding, and no more than a moment`, () => {
    const started = process.cpuUsage().user;
    const { diagnostics } = parse({ path: 'plan.sp', text });
    const seconds = (process.cpuUsage().user - started) / 1e6;
    assert.equal(diagnostics[0]?.code, first);
    assert.ok(diagnostics.length <= 101);
    assert.ok(seconds < BUDGET, `${seconds} s`);
  });
}

const SEVERAL = 10_000;

const LARGE: Record<string, string> = {
  'statements on lines': 'a b\n'.repeat(SEVERAL),
  'statements on one line': 'a b; '.repeat(SEVERAL),
  'items of one statement': 'a '.repeat(SEVERAL),
  'tests of one condition': `class x where a${' and a'.repeat(SEVERAL)}`,
  'items of one list': `a [${'b, '.repeat(SEVERAL)}b]`,
  'comment lines': '# a\n'.repeat(SEVERAL),
  'blank lines': '\n'.repeat(200_000),
  'nested as deep as allowed': `${'a {'.repeat(60)}${'}'.repeat(60)}`,
};

for (const [name, text] of Object.entries(LARGE)) {
  test(`${name}: large but legal, parsed and formatted in a moment`, () => {
    const started = process.cpuUsage().user;
    assert.deepEqual(parse({ path: 'plan.sp', text }).diagnostics, []);
    assert.equal(format({ path: 'plan.sp', text }).ok, true);
    assert.ok((process.cpuUsage().user - started) / 1e6 < 3 * BUDGET);
  });
}

test('a text beyond the limit is refused without being read', () => {
  assert.deepEqual(found('a'.repeat(MAX_LENGTH + 1)), ['SP1002 ""']);
  assert.deepEqual(parse({ path: 'plan.sp', text: 'a'.repeat(MAX_LENGTH) }).diagnostics, []);
});

test('10,000 lines of a plan parse in well under the budget', () => {
  const block = (index: number) =>
    `block b${index} after b${index + 1} { take c${index}, "x/**" except "y" in www; delete mirror { max 2% } } # c`;
  const text = Array.from({ length: 10_000 }, (_, index) => block(index)).join('\n');
  const started = process.cpuUsage().user;
  const { syntax, diagnostics } = parse({ path: 'plan.sp', text });
  assert.equal(syntax.statements.length, 10_000);
  assert.deepEqual(diagnostics, []);
  assert.ok((process.cpuUsage().user - started) / 1e6 < BUDGET);
});

test.run();
