// How a file looks: its promise first, short, and free of what the house does not have.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type Module, readModules } from './modules.js';

const modules = readModules();
const shipped = modules.filter(({ path }) => !path.startsWith('test/'));

test('the first line of every file is its promise', () => {
  const without = modules.filter(({ text }) => !/^\/\/ \S.{10,}/.test(text)).map(({ path }) => path);
  assert.deepEqual(without, []);
});

test('no file is longer than 350 lines', () => {
  const long = modules.filter(({ text }) => text.split('\n').length - 1 > 350).map(({ path }) => path);
  assert.deepEqual(long, []);
});

test('no file is named after nothing in particular', () => {
  const vague = modules
    .filter(({ path }) => /(^|[/-])(utils?|helpers?|common|manager|impl|misc)([/.-]|$)/i.test(path))
    .map(({ path }) => path);
  assert.deepEqual(vague, []);
});

test('no test file holds back the others', () => {
  const word = `.${'only'}(`;
  assert.deepEqual(
    lines(
      modules.filter(({ path }) => path.endsWith('.test.ts')),
      line => line.includes(word),
    ),
    [],
  );
});

test('types are never waved through', () => {
  const anyType = /(?::|<|\bas|\bextends|=>|\|)\s*any\b(?![\w(])(?!['"` ]*[:,]\s*['"`])/;
  const ignored = new RegExp(`@ts-${'(ignore|nocheck|expect-error)'}`);
  assert.deepEqual(
    lines(modules, line => anyType.test(withoutStrings(line)) || ignored.test(line)),
    [],
  );
});

test('nothing is left to be done later', () => {
  const later = new RegExp(`\\b(${['TO', 'FIX', 'XX'].map((head, i) => head + ['DO', 'ME', 'X'][i]).join('|')})\\b`);
  assert.deepEqual(
    lines(modules, line => later.test(line)),
    [],
  );
});

test('there are no default exports', () => {
  assert.deepEqual(
    lines(modules, line => /^export default\b/.test(line)),
    [],
  );
});

test('there are no classes but the errors and the parser', () => {
  const allowed = /class (HostError|WireError|RestrictError|\w+Parser)\b/;
  assert.deepEqual(
    lines(
      shipped,
      line => /^\s*(export )?(abstract )?class \w+ *(<.*)?(extends|implements|\{)/.test(line) && !allowed.test(line),
    ),
    [],
  );
});

test('only the screens and the command line touch the standard streams', () => {
  const inside = shipped.filter(({ path }) => !/^runtime\/(ui|cli)\//.test(path));
  assert.deepEqual(
    lines(inside, line => /\bprocess\.(stdout|stderr|stdin)\b|\bconsole\./.test(withoutComment(line))),
    [],
  );
});

test('clocks, random numbers and the environment are parameters below the command line', () => {
  const inside = shipped.filter(({ path }) => !path.startsWith('runtime/cli/'));
  const ambient = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandom(UUID|Bytes|Int)\(|\bprocess\.env\b/;
  assert.deepEqual(
    lines(inside, line => ambient.test(withoutComment(line))),
    [],
  );
});

/** `path:line` of every line that fits. */
function lines(among: readonly Module[], fits: (line: string) => boolean): string[] {
  return among.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (fits(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

function withoutComment(line: string): string {
  return withoutStrings(line).replace(/\/\/.*$|^\s*\*.*$|\/\*.*\*\//, '');
}

function withoutStrings(line: string): string {
  return line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`$]*`/g, "''").replace(/\/\/.*$|^\s*\/?\*.*$/, '');
}

test.run();
