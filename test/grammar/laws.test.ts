// Laws that hold for every text: parsing never throws, places are inside the text and nested, formatting settles at once.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language inserts values in this way.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { suite } from 'uvu';
import type { Expression, Statement } from '../../grammar/ast.js';
import { format } from '../../grammar/format.js';
import { parse } from '../../grammar/parse.js';
import type { Span } from '../../grammar/source.js';
import { SAMPLES } from './samples.js';

const test = suite('laws');

const PIECES = [
  ...[
    'where',
    'and',
    'or',
    'not',
    'is',
    'in',
    'class',
    'under',
    'older',
    'than',
    'listed',
    'matches',
    'a',
    'b.c',
    'let',
    'block',
  ],
  ...[
    '"x"',
    '"${y}"',
    "'z'",
    '"',
    '\\',
    '10',
    '10 MB',
    '0644',
    '7d',
    '20%',
    '*.html',
    '->',
    '<',
    '>=',
    '=',
    '==',
    '!=',
    '!',
    ':',
  ],
  ...[
    '&&',
    '||',
    ',',
    ';',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '\n',
    '\r\n',
    '\n\n',
    '# c\n',
    ' # d\n',
    '// e\n',
    '\0',
    '\ud800',
    '\u202e',
    '\uFEFF',
  ],
];

const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map(pieces => pieces.join(' '));

/** A whole plan with a few pieces cut out, doubled or put in. */
const mutated = fc
  .record({
    text: fc.constantFrom(...SAMPLES.map(([, text]) => text)),
    cuts: fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom('', ...PIECES)), { minLength: 1, maxLength: 4 }),
  })
  .map(({ text, cuts }) =>
    cuts.reduce((result, [at, length, piece]) => {
      const start = at % (result.length + 1);
      return result.slice(0, start) + piece + result.slice(start + length);
    }, text),
  );

/** Plans that are legal by construction, with comments and line ends in odd places. */
const gap = fc.constantFrom(' ', '  ', '\t');
const end = fc.constantFrom('\n', ';', '\n\n\n', ' # c\n', '\n# own\n', '\n\n  # own\n\n', '\r\n');
const inner = fc.constantFrom('', ' ', '\n', ' # in\n', '\n  # own\n', '\n\n');
const name = fc.constantFrom('a', 'web-01', 'eu.web', 'where', 'and', 'not', 'in', 'class');
const value = fc.oneof(name, fc.constantFrom('"x"', '"${y} \\" é"', '10MiB', '0644', '25%', `"${'long '.repeat(12)}"`));
const list = fc
  .tuple(inner, fc.array(fc.tuple(value, inner, inner), { maxLength: 6 }))
  .map(([first, items]) =>
    `[${first}${items.map(([item, before, after]) => item + before + (after || ' ')).join(',')}]`.replaceAll(
      /,(?=\S)/g,
      ', ',
    ),
  );
const items = fc.array(fc.oneof(value, list), { maxLength: 4 });
const comparison = fc.oneof(
  fc.constantFrom(
    'all',
    'executable',
    'class x',
    'under "a"',
    'size < 64MiB',
    'modified older than 7d',
    'ext is not so',
  ),
  list.map(text => `ext in ${text}`),
);
const condition = fc.letrec(tie => ({
  any: fc.oneof({ maxDepth: 4 }, comparison, tie('not'), tie('joined'), tie('group')),
  not: tie('any').map(inside => `not ${inside}`),
  group: fc.tuple(inner, tie('any'), inner).map(([before, inside, after]) => `(${before}${inside}${after})`),
  joined: fc
    .tuple(tie('any'), fc.constantFrom('and', 'or'), inner, tie('any'))
    .map(([left, word, after, right]) => `${left} ${word}${after || ' '} ${right}`),
})).any as fc.Arbitrary<string>;
const plan = fc.letrec(tie => ({
  statements: fc
    .array(fc.tuple(tie('statement'), end), { maxLength: 5 })
    .map(lines => (lines as [string, string][]).map(([statement, after]) => statement + after).join('')),
  statement: fc.oneof({ maxDepth: 3 }, tie('plain'), tie('conditional'), tie('body')),
  plain: fc.tuple(name, gap, items).map(([head, blank, values]) => [head, ...values].join(blank)),
  conditional: condition.map(text => `class x where ${text}`),
  body: fc
    .tuple(
      name,
      items,
      fc.constantFrom(' ', '\n', '\n\n# brace\n', ' # brace\n'),
      fc.constantFrom('', '\n', ' # open\n'),
      tie('statements'),
    )
    .map(([head, values, before, after, body]) => `${[head, ...values].join(' ')}${before}{ ${after}${body} }`),
})).statements as fc.Arbitrary<string>;

test('parsing never throws, and every place is inside the text', () => {
  for (const texts of [fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 }), soup, mutated]) {
    fc.assert(
      fc.property(texts, text => {
        const { syntax, diagnostics } = parse({ path: 'p', text });
        for (const { span, labels, fix } of diagnostics) {
          for (const place of [span, ...labels.map(label => label.span), ...(fix ?? []).map(edit => edit.span)])
            within(place, whole(text));
          for (const [first, second] of pairs([...(fix ?? [])].sort((a, b) => a.span.start - b.span.start))) {
            assert.ok(first.span.end <= second.span.start);
          }
        }
        for (const comment of syntax.comments) within(comment.span, whole(text));
        inOrder(syntax.statements, whole(text));
      }),
      { numRuns: 200 },
    );
  }
});

test('what is formatted is formatted, has no finding, and keeps every comment', () => {
  for (const texts of [soup, mutated, plan]) {
    let done = 0;
    fc.assert(
      fc.property(texts, text => {
        const once = format({ path: 'p', text });
        if (!once.ok) {
          assert.ok(
            once.diagnostics.every(diagnostic => diagnostic.code !== 'SP1199'),
            JSON.stringify(text),
          );
          return;
        }
        done++;
        const twice = format({ path: 'p', text: once.text });
        assert.equal(twice.ok && twice.text, once.text);
        const read = (source: string) => parse({ path: 'p', text: source });
        assert.deepEqual(read(once.text).diagnostics, []);
        assert.deepEqual(
          read(once.text).syntax.comments.map(comment => comment.text),
          read(text).syntax.comments.map(comment => comment.text),
        );
      }),
      { numRuns: 250 },
    );
    assert.ok(done > 10);
  }
});

test('plans made by the grammar’s rules parse and format', () => {
  let refused = 0;
  fc.assert(
    fc.property(plan, text => {
      if (!format({ path: 'p', text }).ok) refused++;
    }),
    { numRuns: 300 },
  );
  assert.ok(refused < 100, `${refused} of 300 were refused`);
});

test('fixes of warnings never make an error', () => {
  fc.assert(
    fc.property(fc.oneof(soup, mutated), text => {
      const { diagnostics } = parse({ path: 'p', text });
      if (diagnostics.some(diagnostic => diagnostic.severity === 'error')) return;
      const edits = diagnostics
        .flatMap(diagnostic => diagnostic.fix ?? [])
        .sort((a, b) => b.span.start - a.span.start || b.span.end - a.span.end);
      for (const [later, earlier] of pairs(edits))
        assert.ok(earlier.span.end <= later.span.start, JSON.stringify(text));
      const mended = edits.reduce(
        (result, edit) => result.slice(0, edit.span.start) + edit.text + result.slice(edit.span.end),
        text,
      );
      const after = parse({ path: 'p', text: mended });
      assert.ok(
        after.diagnostics.every(diagnostic => diagnostic.severity !== 'error'),
        JSON.stringify([text, mended]),
      );
    }),
    { numRuns: 300 },
  );
});

function inOrder(statements: readonly Statement[], outer: Span): void {
  let from = outer.start;
  for (const statement of statements) {
    within(statement.span, { ...outer, start: from });
    from = statement.span.end;
    let inside = statement.span.start;
    for (const { span } of [statement.head, ...statement.items]) {
      within(span, { ...statement.span, start: inside });
      inside = span.end;
    }
    if (statement.where !== null) nested(statement.where, { ...statement.span, start: inside });
    if (statement.body !== null) {
      within(statement.body.span, { ...statement.span, start: inside });
      inOrder(statement.body.statements, statement.body.span);
    }
  }
}

function nested(expression: Expression, outer: Span): void {
  within(expression.span, outer);
  switch (expression.kind) {
    case 'not':
      nested(expression.operand, expression.span);
      break;
    case 'and':
    case 'or':
      for (const operand of expression.operands) nested(operand, expression.span);
      break;
    case 'test':
      for (const part of [expression.subject, expression.operand])
        if (part !== null) within(part.span, expression.span);
      if (expression.operatorSpan !== null) within(expression.operatorSpan, expression.span);
  }
}

function within(span: Span, outer: Span): void {
  assert.ok(
    outer.start <= span.start && span.start <= span.end && span.end <= outer.end,
    JSON.stringify([span, outer]),
  );
}

function whole(text: string): Span {
  return { file: 'p', start: 0, end: text.length };
}

function pairs<T>(list: readonly T[]): [T, T][] {
  return list.slice(1).map((item, index) => [list[index]!, item]);
}

test.run();
