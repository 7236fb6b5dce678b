// The schema: every name has a place, a signature, a line of documentation, and what comes later is found at its place.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import {
  bodyContext,
  type Context,
  contextsOf,
  isReserved,
  operandOf,
  predicateNamed,
  predicates,
  RESERVED_WORDS,
  SETTINGS,
  settingNamed,
  settingsIn,
  UNITS,
} from '../../grammar/schema.js';
import { read } from './reading.js';
import { EVERYTHING } from './samples.js';

const test = suite('schema');

const CONTEXTS: readonly Context[] = [
  ...(['file', 'fleet', 'region', 'group', 'host', 'ssh', 'block', 'links', 'lock'] as const),
  ...(['verify', 'delete', 'set', 'for', 'transfer', 'section', 'route'] as const),
];

test('a name stands once in a context, and is found there', () => {
  for (const context of CONTEXTS) {
    const names = settingsIn(context).map(setting => setting.name);
    assert.deepEqual([...new Set(names)], names);
    for (const name of names) assert.ok(settingNamed(context, name)?.contexts.includes(context));
  }
  assert.equal(settingNamed('file', 'take'), null);
  assert.deepEqual(contextsOf('compress'), ['transfer', 'section']);
});

test('every context but that of edges has settings, and every body leads to a context', () => {
  const bodies = SETTINGS.flatMap(({ body }) =>
    body === null ? [] : typeof body === 'string' ? [body] : Object.values(body),
  );
  for (const context of CONTEXTS) {
    assert.equal(settingsIn(context).length > 0, context !== 'route', context);
    assert.equal(bodies.includes(context), context !== 'file', context);
  }
});

test('every setting has a signature with a body exactly where it has a context for one, and one line of documentation', () => {
  for (const { name, signature, body, doc } of SETTINGS) {
    assert.equal(signature.includes('{ }'), body !== null, name);
    assert.match(doc, /^[A-Z"][^\n]+\.$/, name);
    assert.match(signature, /^(?:[a-z][a-z-]*|[A-Z]+|[|()[\]{}=,… ])+$/, name);
  }
});

test('reserved words are not used for anything', () => {
  for (const word of RESERVED_WORDS) assert.deepEqual(contextsOf(word), []);
  assert.ok(isReserved('schedule') && !isReserved('block'));
});

test('every statement of the plan that shows everything is known where it stands', () => {
  let seen = 0;
  const walk = (statements: ReturnType<typeof read>['statements'], context: Context) => {
    for (const statement of statements) {
      if (context === 'route') continue;
      const setting = settingNamed(context, statement.head.text);
      assert.ok(setting, `${statement.head.text} in ${context}`);
      seen++;
      const inside = bodyContext(setting, statement);
      if (statement.body !== null) {
        assert.ok(inside, `the body of ${statement.head.text}`);
        walk(statement.body.statements, inside);
      }
    }
  };
  walk(read(EVERYTHING).statements, 'file');
  assert.ok(seen > 60);
});

test('predicates know their operators and operands, and their examples parse', () => {
  for (const over of ['file', 'host'] as const) {
    for (const predicate of predicates(over)) {
      const where = read(`class x where ${predicate.example}`).statements[0]?.where;
      const test = where?.kind === 'not' ? where.operand : where;
      assert.ok(test?.kind === 'test' && test.subject?.text === predicate.name, predicate.name);
      assert.notEqual(operandOf(predicate, test.operator), null, predicate.name);
      assert.equal(
        predicate.words.length > 0,
        predicate.tests.some(({ operand }) => operand === 'word'),
      );
    }
  }
  assert.equal(operandOf(predicateNamed('file', 'size')!, 'matches'), null);
  assert.equal(predicateNamed('host', 'size'), null);
});

test('units are known by one name each', () => {
  const names = UNITS.map(unit => unit.name);
  assert.deepEqual([...new Set(names)], names);
});

test.run();
