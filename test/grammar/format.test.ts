// The formatter: one canonical layout, comments where they were, one-line bodies kept, and refusal of what is broken.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language inserts values in this way.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { format } from '../../grammar/format.js';
import { COMMENTED, SAMPLES, SLIPPED, WEBSITE } from './samples.js';

const test = suite('format');

function formatted(text: string): string {
  const result = format({ path: 'plan.sp', text });
  assert.ok(result.ok, JSON.stringify(!result.ok && result.diagnostics));
  return result.text;
}

for (const [name, text] of SAMPLES) {
  test(`the sample ${name} formats, and formatting it again changes nothing`, () => {
    const once = formatted(text);
    assert.equal(formatted(once), once);
    assert.ok(once.split('\n').every(line => line === line.trimEnd() && line.length <= 120));
  });
}

test('blanks are canonical: two a level, one between words, none for alignment', () => {
  assert.equal(
    formatted(
      'fleet   {\n\troot   www "/srv/www" ,"/b"\n host a at local{root x "y"}\n}\nclass   p where( a  or b )and c',
    ),
    'fleet {\n  root www "/srv/www", "/b"\n  host a at local { root x "y" }\n}\nclass p where (a or b) and c\n',
  );
});

test('statements that share a line are parted, but not in a body that was on one line', () => {
  assert.equal(formatted('a 1; b 2;; block x { c 1 ;d 2; }'), 'a 1\nb 2\nblock x { c 1; d 2 }\n');
  assert.equal(formatted('block x {\n c 1 ;d 2 }'), 'block x {\n  c 1\n  d 2\n}\n');
});

test('a one-line body that does not fit is spread, the ones inside it only where they must be', () => {
  const long = `"${'x'.repeat(60)}"`;
  assert.equal(formatted(`a { b { c ${long} }; d { e ${long} } }`), `a {\n  b { c ${long} }\n  d { e ${long} }\n}\n`);
});

test('at most one blank line stays, none at the edges of a body or of the file', () => {
  assert.equal(formatted('\n\na 1\n\n\n\nb {\n\n c\n\n\n d\n\n}\n\n\n'), 'a 1\n\nb {\n  c\n\n  d\n}\n');
  assert.equal(formatted('\n \n'), '');
  assert.equal(formatted('# only a comment'), '# only a comment\n');
});

test('every kind of comment stays where it was', () => {
  assert.equal(
    formatted(COMMENTED),
    `# before everything

# apart
syncplan 1 # the edition

# two blank lines above
class x where ext in [ # first
  html,
  # own
  css,
  js # last
  # end
] and # why
    # because
    size < 3 # tail
fleet { # open

  # first
  host a at local # host

  # before close
}
block b {
  # only
}
block c { } # empty
block d { take a in b } # flat
role r is a, # one
    # two
    b
# at the end
`
      .replace('ext in [ # first\n  html,\n', 'ext in [\n  html, # first\n')
      .replace('# open\n\n', '# open\n'),
  );
});

test('comments before a brace on the next line move behind it', () => {
  assert.equal(formatted('block a # one\n# two\n{ # three\n b\n}'), 'block a { # one\n  # two\n  # three\n  b\n}\n');
});

test('slips are written in the language’s own spelling', () => {
  assert.equal(
    formatted(SLIPPED),
    `syncplan 1
let a = 5
import "./fl\\"eet.sp"
class x where ext in [html, css] and not executable or name is not "x" and ext is so and ext is bin
class y where size < 10MB # foreign
class z where ext not in [a]
block b {
  compress 6
  wait 30s
  after c, d
}
block e { }
block f { }
`,
  );
});

test('a list that does not fit is spread, one item a line, and a list that was spread stays so', () => {
  const names = Array.from({ length: 20 }, (_, index) => `extension${index}`);
  assert.equal(
    formatted(`class x where ext in [${names.join(',')}] and y`),
    `class x where ext in [\n  ${names.join(',\n  ')}\n] and y\n`,
  );
  assert.equal(formatted('a [\nb, c] d'), 'a [\n  b,\n  c\n] d\n');
  assert.equal(formatted('a [b,\nc\n] d'), 'a [b, c] d\n');
});

test('a condition that does not fit breaks behind `and` and `or`, a list of names behind commas', () => {
  const part = (letter: string) => `name is "${letter.repeat(35)}"`;
  assert.equal(
    formatted(`class x where ${part('a')} and ${part('b')} or ${part('c')}`),
    `class x where ${part('a')} and ${part('b')} or\n    ${part('c')}\n`,
  );
  const names = Array.from({ length: 12 }, (_, index) => `a-rather-long-name-${index}`);
  const text = formatted(`block b { after ${names.join(', ')} }`);
  assert.ok(text.split('\n').every(line => line.length <= 120));
  assert.equal(text.replaceAll(/\s+/g, ' ').trim(), `block b { after ${names.join(', ')} }`);
});

test('what cannot be broken is left long', () => {
  const word = `"${'x'.repeat(200)}"`;
  assert.equal(formatted(`import ${word}`), `import ${word}\n`);
});

test('line ends become line feeds and a byte order mark goes', () => {
  assert.equal(formatted('\uFEFFa 1\r\nb { # c\r\n d\r\n}\r\n'), 'a 1\nb { # c\n  d\n}\n');
});

test('a text with errors is refused with its findings', () => {
  const result = format({ path: 'plan.sp', text: 'a "b\n# keep me\nc' });
  assert.equal(result.ok, false);
  assert.deepEqual(!result.ok && result.diagnostics.map(diagnostic => diagnostic.code), ['SP1004']);
});

test('strings keep their own spelling', () => {
  const text = 'a "\\u{e9}\\n\\$x ${y} é"\n';
  assert.equal(formatted(text), text);
});

test('a plan of 10,000 lines formats at once', () => {
  const text = WEBSITE.repeat(300);
  const started = process.cpuUsage().user;
  formatted(text);
  assert.ok((process.cpuUsage().user - started) / 1e6 < 10);
});

test.run();
