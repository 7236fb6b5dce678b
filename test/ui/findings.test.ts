// Tests of code frames and of findings in their four formats: places are right, whatever characters stand before them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import type { Diagnostic } from '../../grammar/diagnostic.js';
import type { Span } from '../../grammar/source.js';
import { codeFrame } from '../../runtime/ui/code-frame.js';
import { type FindingsFormat, findingsAs } from '../../runtime/ui/findings.js';
import { widthOf } from '../../runtime/ui/fit.js';
import { positionAt, sourceTexts } from '../../runtime/ui/source-text.js';

const TEXT =
  'syncplan 1\nfleet {\n\thost "日本" at local\n}\nrole remote is web-9, web-9, db-1\nblock all { take all in files }\n';
const SOURCE = { path: 'site.sp', text: TEXT };

const at = (word: string, nth = 0, text = TEXT): Span => {
  let start = -1;
  for (let i = 0; i <= nth; i++) start = text.indexOf(word, start + 1);
  assert.ok(start >= 0, word);
  return { file: 'site.sp', start, end: start + word.length };
};

const finding = (span: Span, rest: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'SP2001',
  severity: 'error',
  message: 'no host is called "web-9"',
  span,
  labels: [],
  help: null,
  fix: null,
  ...rest,
});

const frame = (diagnostic: Diagnostic, text = TEXT, width = 80): string =>
  codeFrame(diagnostic, [{ path: 'site.sp', text }], { colour: false, width });

test('A finding shows its line, marks its place and says what to do', () => {
  assert.equal(
    frame(finding(at('web-9'), { help: 'did you mean "web-09"?', fix: [{ span: at('web-9'), text: 'web-09' }] })),
    [
      'error[SP2001]: no host is called "web-9"',
      ' --> site.sp:5:16',
      '  |',
      '5 | role remote is web-9, web-9, db-1',
      '  |                ^^^^^',
      '  |',
      '  = help: did you mean "web-09"?',
      '  = fix: syncplan check --fix makes this change',
      '',
    ].join('\n'),
  );
});

test('Several labels on one line hang below their marks, others have their own lines', () => {
  const labels = [
    { span: at('web-9'), message: 'named first here' },
    { span: at('web-9', 1), message: 'and again here' },
    { span: at('fleet'), message: 'the fleet' },
    { span: at('role'), message: 'of this role' },
  ];
  assert.equal(
    frame(finding(at('web-9', 1), { labels })),
    [
      'error[SP2001]: no host is called "web-9"',
      ' --> site.sp:5:23',
      '  |',
      '2 | fleet {',
      '  | ----- the fleet',
      '...',
      '5 | role remote is web-9, web-9, db-1',
      '  | ----           -----  ^^^^^ and again here',
      '  | |              |',
      '  | |              named first here',
      '  | of this role',
      '',
    ].join('\n'),
  );
});

test('Tabs and wide characters keep the marks aligned', () => {
  const shown = frame(finding(at('at local'), { labels: [{ span: at('"日本"'), message: 'wide' }] }));
  assert.ok(
    shown.includes(
      ['3 |     host "日本" at local', '  |          ------ ^^^^^^^^', '  |          |', '  |          wide'].join(
        '\n',
      ),
    ),
    shown,
  );
});

test('A span over several lines is marked where it begins and where it ends', () => {
  const start = TEXT.indexOf('fleet');
  const shown = frame(finding({ file: 'site.sp', start, end: TEXT.indexOf('}') + 1 }, { message: 'empty' }));
  assert.ok(
    shown.includes(['2 | fleet {', '  | ^^^^^^^', '3 |     host "日本" at local', '4 | }', '  | ^'].join('\n')),
    shown,
  );
});

test('The end of the text, spans outside it and places that are no number still have a frame', () => {
  for (const [start, end] of [
    [TEXT.length, TEXT.length],
    [9_999, 10_000],
    [Number.NaN, Number.NaN],
    [-5, -1],
    [20, 3],
  ] as const) {
    assert.match(frame(finding({ file: 'site.sp', start, end })), /\n {2}\| *\^/);
  }
  assert.match(
    frame(finding({ file: 'site.sp', start: 0, end: 0 }), ''),
    /--> site\.sp:1:1\n {2}\|\n1 \|\n {2}\| \^\n/,
  );
});

test('A long line is shown around its mark, marks far apart each in a window of their own', () => {
  const text = `${'x'.repeat(300)} bad ${'y'.repeat(30_000)} worse ${'z'.repeat(300)}`;
  const shown = frame(finding(at('bad', 0, text), { labels: [{ span: at('bad', 0, text), message: 'here' }] }), text);
  assert.match(shown, /^1 \| …x+ bad y+…\n {2}\| +\^\^\^ here$/m);
  const near = `${'x'.repeat(100)} bad ${'y'.repeat(200)} worse ${'z'.repeat(100)}`;
  const both = frame(finding(at('bad', 0, near), { labels: [{ span: at('worse', 0, near), message: 'there' }] }), near);
  assert.equal(both.match(/^1 \| …/gm)?.length, 2);
  assert.match(both, /y worse z+…\n {2}\| +----- there$/m);
  for (const line of both.split('\n')) assert.ok(widthOf(line) <= 80 || line.includes('there'), line);
});

test('Spans in another source are shown there, and one that is not at hand is named with what it says', () => {
  const labels = [
    { span: { file: 'fleet.sp', start: 2, end: 5 }, message: 'declared here' },
    { span: { file: 'gone.sp', start: 2, end: 5 }, message: 'and here' },
  ];
  const sources = [SOURCE, { path: 'fleet.sp', text: '# web\n' }];
  const shown = codeFrame(finding(at('web-9'), { labels }), sources, { colour: false });
  assert.ok(shown.includes(' ::: fleet.sp:1:3\n  |\n1 | # web\n  |   --- declared here\n'), shown);
  assert.ok(shown.includes(' ::: gone.sp: and here\n'), shown);
});

test('Source that would drive the terminal is shown, not obeyed, and marks stay under their characters', () => {
  const text = 'a\x1b[31m\u202e bad';
  const shown = frame(finding(at('bad', 0, text), { message: 'x\x07' }), text);
  assert.ok(shown.includes('1 | a\\x1b[31m\\u{202e} bad\n  |                   ^^^'), shown);
  assert.ok(shown.startsWith('error[SP2001]: x\\x07\n'));
});

test('Any span in any text gives a frame without control characters, caret under the first character', () => {
  const texts = fc.string({
    unit: fc.constantFrom('a', ' ', '\t', '\n', '日', 'é', '😀', '\r\n', '"', '\x00', '\u200d'),
    maxLength: 60,
  });
  fc.assert(
    fc.property(texts, fc.nat({ max: 70 }), fc.nat({ max: 70 }), (text, start, length) => {
      const span = { file: 'site.sp', start, end: start + length };
      const shown = frame(
        finding(span, { labels: [{ span: { ...span, start: Math.floor(start / 2) }, message: 'l' }] }),
        text,
        40,
      );
      assert.ok(!/[\x00-\x09\x0b-\x1f\x7f]/.test(shown), JSON.stringify(shown));
      assert.match(shown, /\^/);
    }),
  );
});

test('Positions agree with counting by hand', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '\n', '\r', '😀'), maxLength: 30 }),
      fc.nat({ max: 30 }),
      (text, offset) => {
        const at = Math.min(offset, text.length);
        const before = text.slice(0, at).split('\n');
        const found = positionAt(sourceTexts([{ path: 'p', text }]).get('p')!, offset);
        assert.deepEqual(found, { line: before.length, column: before.at(-1)!.length + 1, offset: at });
      },
    ),
  );
});

const as = (format: FindingsFormat, diagnostics: readonly Diagnostic[]): string =>
  findingsAs(format, diagnostics, [SOURCE], { colour: false, width: 80, version: '1.2.3' });

test('As JSON: one object a line, with lines and columns from 1', () => {
  const labels = [{ span: at('fleet'), message: 'the fleet' }];
  const text = as('json', [
    finding(at('web-9'), { labels, fix: [{ span: at('web-9'), text: 'web-09' }] }),
    finding(at('db-1'), { message: 'x\u202e\x7f' }),
  ]);
  const lines = text.split('\n');
  assert.equal(lines.length, 3);
  assert.deepEqual(JSON.parse(lines[0]!), {
    code: 'SP2001',
    severity: 'error',
    message: 'no host is called "web-9"',
    file: 'site.sp',
    start: { line: 5, column: 16, offset: 56 },
    end: { line: 5, column: 21, offset: 61 },
    labels: [
      {
        message: 'the fleet',
        file: 'site.sp',
        start: { line: 2, column: 1, offset: 11 },
        end: { line: 2, column: 6, offset: 16 },
      },
    ],
    help: null,
    fix: [
      {
        file: 'site.sp',
        start: { line: 5, column: 16, offset: 56 },
        end: { line: 5, column: 21, offset: 61 },
        text: 'web-09',
      },
    ],
  });
  assert.ok(!/[\p{C}]/u.test(lines[1]!));
  assert.equal(JSON.parse(lines[1]!).message, 'x\u202e\x7f');
  assert.equal(as('json', []), '');
});

test('As GitHub workflow commands: properties and data escaped as they are read', () => {
  assert.equal(
    as('github', [
      finding(at('web-9'), { message: '50% of a,b: c', help: 'look\nhere' }),
      finding(at('db-1'), { severity: 'warning' }),
    ]),
    '::error file=site.sp,line=5,endLine=5,col=16,endColumn=20,title=SP2001::50%25 of a,b: c%0Ahelp: look%0Ahere\n' +
      '::warning file=site.sp,line=5,endLine=5,col=30,endColumn=33,title=SP2001::no host is called "web-9"\n',
  );
  const odd = { ...finding(at('web-9')), span: { file: 'a,b:c%\n.sp', start: 0, end: 1 } };
  assert.ok(as('github', [odd]).startsWith('::error file=a%2Cb%3Ac%25\\n.sp,title=SP2001::'), as('github', [odd]));
});

test('As SARIF: one run with rules, results, related places and fixes', () => {
  const labels = [{ span: at('fleet'), message: 'the fleet' }];
  const log = JSON.parse(
    as('sarif', [
      finding(at('web-9'), { labels, help: 'see', fix: [{ span: at('web-9'), text: 'w' }] }),
      finding(at('db-1'), { code: 'SP1003', severity: 'warning' }),
    ]),
  );
  assert.equal(log.version, '2.1.0');
  const [run] = log.runs;
  assert.deepEqual(run.tool.driver, {
    name: 'syncplan',
    version: '1.2.3',
    rules: [{ id: 'SP1003' }, { id: 'SP2001' }],
  });
  assert.equal(run.columnKind, 'utf16CodeUnits');
  const region = { startLine: 5, startColumn: 16, endLine: 5, endColumn: 21 };
  assert.deepEqual(run.results[0], {
    ruleId: 'SP2001',
    ruleIndex: 1,
    level: 'error',
    message: { text: 'no host is called "web-9"\nhelp: see' },
    locations: [{ physicalLocation: { artifactLocation: { uri: 'site.sp' }, region } }],
    relatedLocations: [
      {
        id: 0,
        message: { text: 'the fleet' },
        physicalLocation: {
          artifactLocation: { uri: 'site.sp' },
          region: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 6 },
        },
      },
    ],
    fixes: [
      {
        artifactChanges: [
          {
            artifactLocation: { uri: 'site.sp' },
            replacements: [{ deletedRegion: region, insertedContent: { text: 'w' } }],
          },
        ],
      },
    ],
  });
  assert.equal(run.results[1].level, 'warning');
  assert.deepEqual(JSON.parse(as('sarif', [])).runs[0].results, []);
});

test('A SARIF fix in a source that is not at hand is left out, and odd file names become URIs', () => {
  const odd = { file: '/srv/a b#ü.sp', start: 0, end: 1 };
  const [result] = JSON.parse(as('sarif', [finding(odd, { fix: [{ span: odd, text: '' }] })])).runs[0].results;
  assert.equal(result.locations[0].physicalLocation.artifactLocation.uri, 'file:///srv/a%20b%23%C3%BC.sp');
  assert.equal('fixes' in result, false);
});

test('Pretty findings end with their count', () => {
  assert.match(
    as('pretty', [finding(at('web-9')), finding(at('db-1'), { severity: 'warning' })]),
    /\n\n1 error and 1 warning\n$/,
  );
  assert.match(as('pretty', [finding(at('web-9')), finding(at('db-1'))]), /\n2 errors\n$/);
  assert.equal(as('pretty', []), '');
});

test.run();
