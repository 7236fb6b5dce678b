// Conditions: which test binds how, every operator, and one finding for each broken one.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { condition, found, mended, read } from './reading.js';

const test = suite('conditions');

test('`not` binds tighter than `and`, and `and` tighter than `or`', () => {
  assert.equal(condition('a or b and not c or d'), '(a or (b and (not c)) or d)');
  assert.equal(condition('not a and b'), '((not a) and b)');
  assert.equal(condition('not not a'), '(not (not a))');
});

test('parentheses group, and are remembered around `and` and `or`', () => {
  assert.equal(condition('(a or b) and c'), '(((a or b)) and c)');
  assert.equal(condition('not (a and b)'), '(not ((a and b)))');
  assert.equal(condition('((a))'), 'a');
});

test('every operator is understood', () => {
  const expected: Record<string, string> = {
    'ext in [ddl, ver]': 'ext <in> [ddl ver]',
    'ext not in [a]': 'ext <not in> [a]',
    'size < 64MiB': 'size <<> 67108864:size',
    'size <= 1': 'size <<=> 1:none',
    'size > 1': 'size <>> 1:none',
    'size >= 1': 'size <>=> 1:none',
    'name is "VERSION"': 'name <is> "VERSION"',
    'name is not "x"': 'name <is not> "x"',
    'not name matches "*.tmp"': '(not name <matches> "*.tmp")',
    'name not matches "x"': 'name <not matches> "x"',
    'path under "schema"': 'path <under> "schema"',
    'path not under "schema"': 'path <not under> "schema"',
    'under "schema"': '_ <under> "schema"',
    'modified within 7d': 'modified <within> 604800:duration',
    'within 7d': '_ <within> 604800:duration',
    'modified older than 7d': 'modified <older than> 604800:duration',
    'older than 7d': '_ <older than> 604800:duration',
    'listed in "f"': '_ <listed in> "f"',
    'path listed in "f"': 'path <listed in> "f"',
    executable: 'executable',
    'class other': 'class other',
    'class class': 'class class',
    'type is directory': 'type <is> directory',
    'mode is 0644': 'mode <is> 420:mode',
    'group is web and not tag is frozen': '(group <is> web and (not tag <is> frozen))',
    all: 'all',
    'ext in kinds': 'ext <in> kinds',
  };
  for (const [text, shown] of Object.entries(expected)) assert.equal(condition(text), shown, text);
});

test('a condition ends at a brace, and the body belongs to the statement', () => {
  const { statements } = read('hook x where a is b { c }');
  assert.equal(statements[0]?.body?.statements[0]?.head.text, 'c');
});

test('what `not` cannot turn around where it stands is told where it can', () => {
  const { diagnostics } = read('class x where modified not within 7d');
  assert.deepEqual(
    diagnostics.map(({ message, help }) => [message, help?.split(';')[0]]),
    [['an operator is expected after `not`, not `within`', '`not` stands before `in`, `matches` and `under`']],
  );
});

test('a broken condition is one finding at the smallest place, and its neighbours stay', () => {
  const broken: Record<string, string> = {
    'class x where ext is': 'SP1018 ""',
    'class x where': 'SP1018 ""',
    'class x where and a': 'SP1018 "and"',
    'class x where a b': 'SP1018 "b"',
    'class x where a is b c is d e': 'SP1018 "c"',
    'class x where (a or)': 'SP1018 ")"',
    'class x where a and (b': 'SP1014 "("',
    'class x where a)': 'SP1015 ")"',
    'class x where size < < 3': 'SP1018 "<"',
    'class x where "a" is b': 'SP1018 "\\"a\\""',
    'class x where a is b\n  or c is d': 'SP1021 "or"',
    'class x where ext in [a b]': 'SP1019 "b"',
    'class x where ext in [, a]': 'SP1019 ","',
    'class x where ext in [a < b]': 'SP1019 "<"',
    'class x where older 7d': 'SP1018 "7d"',
    'class x where listed "f"': 'SP1018 "\\"f\\""',
  };
  for (const [text, expected] of Object.entries(broken)) {
    assert.deepEqual(found(`first\n${text}\nlast\n`), [expected], text);
    const heads = read(`first\n${text}\nlast\n`).statements.map(statement => statement.head.text);
    assert.ok(heads[0] === 'first' && heads.at(-1) === 'last', text);
  }
});

test('a comma that is missing in a list is put in by its fix', () => {
  assert.equal(mended('class x where ext in [a b, "c"]'), 'class x where ext in [a, b, "c"]');
});

test('the message says what is expected and what was found', () => {
  const [diagnostic] = read('class x where ext is\n').diagnostics;
  assert.equal(diagnostic?.message, 'a value is expected after `is`, not the end of the line');
  assert.equal(read('class x where a b\n').diagnostics[0]?.message, '`b` cannot stand after `a`');
});

test.run();
