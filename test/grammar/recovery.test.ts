// Recovery: several faults are all found, each once, and the good statements around them stay.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { found, read, shown } from './reading.js';

const test = suite('recovery');

test('several errors in one text are all reported, without cascades', () => {
  const text = `syncplan 1
import "./fleet.sp
role r is (a)
class c where ext is
fleet {
  host a at 10.0.0.1
  host b at "x"
  "y" z
}
block b { take *.html in www; order a }
block ok { take all in www }
`;
  assert.deepEqual(found(text), [
    'SP1004 "\\""',
    'SP1017 "("',
    'SP1018 ""',
    'SP1013 "10.0.0.1"',
    'SP1016 "\\"y\\""',
    'SP1013 "*.html"',
  ]);
  assert.deepEqual(shown(text), [
    'syncplan 1:none',
    'import "./fleet.sp"',
    'fleet {host a at "10.0.0.1"; host b at "x"}',
    'block b {take "*.html" in www; order a}',
    'block ok {take all in www}',
  ]);
});

test('a brace that is never closed is found where it opens, also in front of declarations that are whole', () => {
  const text = 'block a {\n  take x in y\nblock b { }\nblock c { }\n';
  assert.deepEqual(found(text), ['SP1014 "{"']);
  assert.deepEqual(shown(text), ['block a {take x in y}', 'block b {}', 'block c {}']);
  assert.deepEqual(read(text).diagnostics[0]?.labels[0]?.message, 'the top level of the file seems to go on here');
});

test('brackets that close nothing are left out', () => {
  assert.deepEqual(found('a } b\nc ]]) d\n'), ['SP1015 "}"', 'SP1015 "]])"']);
  assert.deepEqual(shown('c ] d\n}\ne'), ['c d', 'e']);
});

test('a bracket that is never closed ends with its line', () => {
  assert.deepEqual(shown('a [b, c\nd e\n'), ['a [b comma c] '.replace(' comma', '').trim(), 'd e']);
  assert.deepEqual(found('a [b, c\nd e\n'), ['SP1014 "["']);
});

test('unquoted paths, globs and addresses are taken as what was meant, with a fix', () => {
  const text = 'take *.html, ./src/**, conf/a.b in www\nhost a at ops@x.example.org:22\n';
  assert.deepEqual(found(text), [
    'SP1013 "*.html"',
    'SP1013 "./src/**"',
    'SP1013 "conf/a.b"',
    'SP1013 "ops@x.example.org:22"',
  ]);
  assert.deepEqual(shown(text), [
    'take "*.html" comma "./src/**" comma "conf/a.b" in www',
    'host a at "ops@x.example.org:22"',
  ]);
});

test('malformed names are reported as such', () => {
  assert.deepEqual(found('take eu..web, eu.1, café, a., été'), [
    'SP1012 "eu..web"',
    'SP1012 "eu.1"',
    'SP1012 "café"',
    'SP1012 "a."',
    'SP1012 "été"',
  ]);
});

test('a text with very many faults says so instead of listing them all', () => {
  const { diagnostics } = read('a ^\n'.repeat(5000));
  assert.equal(diagnostics.length, 101);
  assert.equal(diagnostics.at(-1)?.code, 'SP1020');
});

test.run();
