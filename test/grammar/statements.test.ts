// Statements: where they end, what may stand in them, and what names and words they may be made of.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { parse } from '../../grammar/parse.js';
import { PlanParser } from '../../grammar/parser.js';
import { found, read, show, shown } from './reading.js';
import { EVERYTHING, EXCHANGES, MINIMAL, WEBSITE } from './samples.js';

const test = suite('statements');

test('the grammar itself is valid', () => {
  assert.doesNotThrow(() => new PlanParser(true));
});

test('whole plans parse without a finding', () => {
  for (const [text, count] of [
    [EXCHANGES, 13],
    [MINIMAL, 5],
    [WEBSITE, 13],
    [EVERYTHING, 24],
  ] as const) {
    const { statements, diagnostics } = read(text);
    assert.deepEqual(diagnostics, []);
    assert.equal(statements.length, count);
  }
});

test('a newline or a semicolon ends a statement', () => {
  assert.deepEqual(shown('a 1\nb 2; c 3;\n\n;d'), ['a 1:none', 'b 2:none', 'c 3:none', 'd']);
});

test('newlines inside brackets do not count', () => {
  assert.deepEqual(shown('a [\n1,\n2\n] b\nc'), ['a [1:none 2:none] b', 'c']);
  assert.deepEqual(shown('class x where (\na\nor\nb\n)\nc'), ['class x where ((a or b))', 'c']);
});

test('a line that ends in a comma, an arrow, `and` or `or` goes on', () => {
  assert.deepEqual(shown('a b,\n c\nd ->\n e\nclass x where f and # why\n g or\n h\ni'), [
    'a b comma c',
    'd arrow e',
    'class x where ((f and g) or h)',
    'i',
  ]);
});

test('outside a condition `and` and `or` are names, and a line that ends in one ends there', () => {
  assert.deepEqual(shown('take and\ntake or'), ['take and', 'take or']);
});

test('a brace resets the depth of brackets', () => {
  assert.deepEqual(found('a (b { c\nd }\ne'), ['SP1014 "("']);
  assert.deepEqual(shown('a [b { c\nd }\ne'), ['a [b] {c; d}', 'e']);
});

test('no word of the language is reserved where a name may stand', () => {
  const words = [
    'where',
    'and',
    'or',
    'not',
    'is',
    'in',
    'matches',
    'under',
    'within',
    'older',
    'than',
    'listed',
    'class',
  ];
  for (const word of words) {
    assert.deepEqual(shown(`block ${word} after x, ${word} { take ${word}, ${word} in ${word} }`), [
      `block ${word} after x comma ${word} {take ${word} comma ${word} in ${word}}`,
    ]);
    assert.deepEqual(shown(`class ${word} where class ${word} and tag is ${word}\n`), [
      `class ${word} where (class ${word} and tag <is> ${word})`,
    ]);
    assert.deepEqual(shown(`role ${word} is a, ${word}\n`), [`role ${word} is a comma ${word}`]);
    assert.deepEqual(shown(`${word} x [${word}]\n`), [`${word} x [${word}]`]);
  }
});

test('names are joined by dots and keep their parts', () => {
  const { statements } = read('take eu.web.web-01');
  const item = statements[0]?.items[0];
  assert.deepEqual(item?.kind === 'name' && item.parts, ['eu', 'web', 'web-01']);
});

test('an edge of a route is a statement, with or without blanks around its arrow', () => {
  assert.deepEqual(shown('route { build->eu.web-1->b; a -> b }'), ['route {build arrow eu.web-1 arrow b; a arrow b}']);
});

test('spans reach from the head to the last item, condition or body', () => {
  const text = '  class a where (b or (c)) # x\nblock d { e }  \nf "g";';
  const spans = read(text).statements.map(({ span }) => text.slice(span.start, span.end));
  assert.deepEqual(spans, ['class a where (b or (c))', 'block d { e }', 'f "g"']);
});

test('comments are kept in order, told apart by what stands before them on their line', () => {
  const text = '# one\na { # two\n  # three\n} # four \nb [1, # five\r\n 2]';
  const { syntax } = parse({ path: 'plan.sp', text });
  assert.deepEqual(syntax.statements.map(show), ['a {}', 'b [1:none 2:none]']);
  const comments = syntax.comments.map(comment => [comment.text, comment.trailing]);
  assert.deepEqual(comments, [
    ['# one', false],
    ['# two', true],
    ['# three', false],
    ['# four', true],
    ['# five', true],
  ]);
  for (const comment of syntax.comments) assert.equal(text.slice(comment.span.start, comment.span.end), comment.text);
});

test.run();
