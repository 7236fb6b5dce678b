// Literals: numbers with their units, modes, strings with escapes and insertions, and what is wrong with the others.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language inserts values in this way.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { UNITS } from '../../grammar/schema.js';
import { found, read, showItem } from './reading.js';

const test = suite('literals');

function value(text: string): string {
  const item = read(`let x = ${text}\n`).statements[0]?.items[2];
  return item === undefined ? 'none' : showItem(item);
}

test('units lead to bytes, bytes per second, seconds and per cent', () => {
  const expected = {
    '10': '10:none',
    '0': '0:none',
    '512B': '512:size',
    '1kB': '1000:size',
    '1KB': '1000:size',
    '20MB': '20000000:size',
    '3GB': '3000000000:size',
    '2TB': '2000000000000:size',
    '64KiB': '65536:size',
    '10MiB': '10485760:size',
    '1GiB': '1073741824:size',
    '1TiB': '1099511627776:size',
    '20MB/s': '20000000:rate',
    '4MiB/s': '4194304:rate',
    '500ms': '0.5:duration',
    '30s': '30:duration',
    '5m': '300:duration',
    '2h': '7200:duration',
    '7d': '604800:duration',
    '25%': '25:percent',
  };
  for (const [text, shown] of Object.entries(expected)) assert.equal(value(text), shown, text);
});

test('every unit of the schema can be written', () => {
  for (const { name, unit, factor } of UNITS)
    assert.equal(value(`3${name}`), `${name === 'ms' ? 0.003 : 3 * factor}:${unit}`);
});

test('decimal fractions are exact or refused', () => {
  assert.equal(value('1.5GiB'), '1610612736:size');
  assert.equal(value('1.001MB'), '1001000:size');
  assert.equal(value('0.5%'), '0.5:percent');
  assert.equal(value('1.5s'), '1.5:duration');
  assert.deepEqual(found('let x = 1.5'), ['SP1011 "1.5"']);
  assert.deepEqual(found('let x = 1.5B'), ['SP1011 "1.5B"']);
  assert.deepEqual(found('let x = 0.5ms'), ['SP1011 "0.5ms"']);
});

test('a leading zero makes an octal mode', () => {
  assert.equal(value('0644'), `${0o644}:mode`);
  assert.equal(value('07777'), `${0o7777}:mode`);
  assert.equal(value('00'), '0:mode');
  assert.deepEqual(found('let x = 0689'), ['SP1010 "0689"']);
  assert.deepEqual(found('let x = 010000'), ['SP1010 "010000"']);
  assert.deepEqual(found('let x = 05m'), ['SP1008 "05m"']);
});

test('numbers end where they can be kept exactly', () => {
  assert.equal(value('9007199254740991'), '9007199254740991:none');
  assert.deepEqual(found('let x = 9007199254740992'), ['SP1011 "9007199254740992"']);
  assert.deepEqual(found('let x = 8192TiB'), ['SP1011 "8192TiB"']);
  assert.deepEqual(found(`let x = ${'9'.repeat(5000)}`).length, 1);
});

test('unknown units and things that only start like numbers are told apart', () => {
  assert.deepEqual(found('a 64Mb, 7days; b 7zip; c 1.2.3; d 10.0.0.1:22; e -5; f 1_0'), [
    'SP1009 "Mb"',
    'SP1009 "days"',
    'SP1008 "7zip"',
    'SP1013 "1.2.3"',
    'SP1013 "10.0.0.1:22"',
    'SP1008 "-5"',
    'SP1008 "1_0"',
  ]);
  const help = read('a 7days\nb 64Mb\nc 3K\nd 9Gb/x').diagnostics.map(each => each.help?.split('?')[0]);
  assert.deepEqual(help.slice(0, 3), ['did you mean `d`', 'did you mean `MiB`', 'did you mean `KiB`']);
});

test('escapes are resolved', () => {
  assert.equal(value(String.raw`"a\"\\\n\t\$\u{e9}\u{1F600}é"`), JSON.stringify('a"\\\n\t$é😀é'));
  assert.equal(value('""'), '""');
});

test('a bad escape is reported at its own characters', () => {
  assert.deepEqual(found(String.raw`a "x\q" "\u{110000}" "\u{D800}" "\u{0}" "\u12" "\u{}"`), [
    String.raw`SP1005 "\\q"`,
    String.raw`SP1005 "\\u{110000}"`,
    String.raw`SP1005 "\\u{D800}"`,
    String.raw`SP1005 "\\u{0}"`,
    String.raw`SP1005 "\\u"`,
    String.raw`SP1005 "\\u"`,
  ]);
});

test('insertions keep their place in a string', () => {
  assert.equal(value('"/srv/${release}/x$y${a-b}"'), '"/srv/<release>/x$y<a-b>"');
  const text = 'let x = "a${b}"';
  const item = read(text).statements[0]?.items[2];
  const part = item?.kind === 'string' ? item.parts[1] : undefined;
  assert.deepEqual(part, { insert: 'b', span: { file: 'plan.sp', start: 10, end: 14 } });
  assert.deepEqual(found('a "${}" "${x y}" "${x"'), ['SP1006 "${}"', 'SP1006 "${x y}"', 'SP1006 "${"']);
});

test('a string ends on its line, and what follows is read all the same', () => {
  assert.deepEqual(found('a "b { c\nd "e"\n'), ['SP1004 "\\""']);
  assert.deepEqual(found('block x { take "a in b }\nblock y { }'), ['SP1004 "\\""']);
});

test('characters that cannot be seen are refused in strings and comments', () => {
  assert.deepEqual(found('a "x\u202ey" "\u0007" "\ud800" # \u2066 c\nb "\t"'), [
    'SP1007 "\u202e"',
    'SP1007 "\\u0007"',
    'SP1007 "\\ud800"',
    'SP1007 "\u2066"',
  ]);
});

test.run();
