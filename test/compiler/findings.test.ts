// Findings come all at once, each fault once: no cascades, no finding without a place, nothing accepted and ignored.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { allCodes, explanation } from '../../compiler/catalog.js';
import { applyFixes } from '../../compiler/fix.js';
import { codesIn, codesOf, compileTexts, FLEET } from './compiled.js';

const block = (body: string): string => `${FLEET}block b {\n${body}\n}\n`;

test('faults in all parts of a plan are told at once, in the order of the text', async () => {
  const text = `${FLEET.replace('10.0.1.{11..12}', '10.0.1.{11..13}').replace('/srv/www', '/srv')}
class page where extension is html
class small where size < 10
role lost where group is wbe
block a after c { take page, pict in www; compare md5; delete mirror { max 200% } }
block b { take small in wwww; conistency none }
foo bar
`;
  assert.deepEqual(await codesIn(text), [
    'SP4007 "/srv"',
    'SP4003 "10.0.1.{11..13}"',
    'SP3015 extension',
    'SP3017 10',
    'SP2001 wbe',
    'SP2004 c',
    'SP2003 pict',
    'SP3007 md5',
    'SP3009 200%',
    'SP2005 wwww',
    'SP3001 conistency',
    'SP3001 foo',
  ]);
});

test('a faulty declaration is one fault, however often its name is used', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [
      'fleet { host a; host b at local { root r "./x" } }\nrole master is b\nrole remote is a\nblock x { take all in r }\n',
      ['SP3006 a'],
    ],
    [
      'fleet { host "a{1..x}" at "h"; host b at local { root r "./x" } }\nrole master is b\nrole remote is a1\nblock x { take all in r }\n',
      ['SP4002 "a{1..x}"', 'SP2001 a1'],
    ],
    [
      `${FLEET}class page where extension is html\nclass other where not class page\nblock x { take page, other in www; order other, page }\n`,
      ['SP3015 extension'],
    ],
    [`${FLEET}role odd is eu.wbe\nblock x { from odd to odd; take all in www }\n`, ['SP2001 eu.wbe']],
    [
      `let a = "\${b}"\n${FLEET.replace('/srv/www', '/srv/${a}/${a}')}${'block x { take all in www }\n'}`,
      ['SP2006 ${b}'],
    ],
    [`${FLEET.replace('root www "/srv/www"', 'root www "/"')}block x { take all in www }\n`, ['SP4006 "/"']],
    [`${FLEET.replace('root www "/srv/www"', 'root www')}block x { take all in www }\n`, ['SP3006 www']],
    [
      `${FLEET}block x after y { take all in www }\nblock y after zz { take "x" in www }\n`,
      ['SP2004 zz', 'SP5003 take "x" in www'],
    ],
    [
      `import "./missing.sp"\nblock x after y { from p to q; take page in www; order page }\n`,
      ['SP2020 "./missing.sp"'],
    ],
  ];
  for (const [text, expected] of cases) assert.deepEqual(await codesIn(text), expected, text);
});

test('a syntax error hides what depends on it, and nothing else', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [`${FLEET}class page where ext is\nblock x { take page, pict in www }\n`, ['SP1018', 'SP2003 pict']],
    [`${FLEET.replace('"/srv/www"', '"/srv/www')}block x { take page in www }\n`, ['SP1004 "', 'SP2003 page']],
    [`${FLEET}block x { take all in www\n`, ['SP1014 {']],
  ];
  for (const [text, expected] of cases) assert.deepEqual(await codesIn(text), expected, text);
});

test('what is said twice, out of range, or of the wrong type is told at its own place', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['take all in www\nattributes mode, md2', ['SP3007 md2']],
    ['take all in www\nattributes mode, mode', ['SP3003 mode']],
    ['take all in www\nconsistency verify { rounds 0 every 2h }', ['SP3009 0', 'SP3009 2h']],
    ['take all in www\ndelete mirror { max 5 }', ['SP3006 5']],
    ['take all in www\ndelete mirror { protect "{a" }', ['SP3012 {']],
    ['take all in www "/abs"', ['SP3013 "/abs"']],
    ['take "a//b" in www', ['SP3012 /']],
    ['take all in www\nlinks { symbolic maybe }', ['SP3007 maybe']],
    ['take all where executable in www', ['SP3005 executable in www']],
    ['take all in www\nroots second', ['SP4015 roots second']],
    ['take all in www\ncompare checksum crc16', ['SP3011 crc16']],
    ['take all in www\ncompare checksum bsd', ['SP3011 bsd']],
    ['take all in www in www', ['SP3008 in']],
  ];
  for (const [body, expected] of cases) {
    const found = await codesIn(block(body));
    assert.deepEqual(
      found.filter(code => !code.startsWith('SP1')),
      expected,
      body,
    );
  }
});

test('secrets are found wherever they stand, and told as nothing else', async () => {
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----';
  const cases: readonly (readonly [string, number])[] = [
    ['fleet { ssh { password "x" } }\n', 1],
    ['fleet { ssh { passphrase "x" } }\n', 1],
    [`fleet { ssh { key "${key}" } }\n`, 1],
    ['fleet { host a at "user:pass@example.net" }\n', 1],
    ['let aws = "AKIAIOSFODNN7EXAMPLE"\n', 1],
    ['let db-password = "x"\n', 1],
    ['let url = "postgres://u:p@h/db"\n', 1],
    ['let token-life = 3d\n', 0],
    ['let tokens = "a"\n', 0],
    ['fleet { host a at "user@[2001:db8::5]:22" }\n', 0],
    ['class secrets where name matches "*password*"\n', 0],
  ];
  for (const [text, count] of cases) {
    const found = await codesIn(text);
    assert.deepEqual(
      found.map(code => code.slice(0, 6)),
      Array.from({ length: count }, () => 'SP3014'),
      text,
    );
  }
});

test('two takes that may meet are told apart by extension, folder, name and host', async () => {
  const two = (a: string, b: string): string =>
    `${FLEET}class page where ext is html\nclass exe where executable\nblock a { take ${a} in www }\nblock b { take ${b} in www }\n`;
  const cases: readonly (readonly [string, string, string | null])[] = [
    ['page', '"*.css"', null],
    ['"a/**"', '"b/**"', null],
    ['"VERSION"', 'page', null],
    ['page', 'exe', 'SP5004'],
    ['page', 'all', 'SP5003'],
    ['all except page', 'page', null],
    ['"**/*.js"', '"lib/**"', 'SP5004'],
    ['"lib/**"', '"lib/a/*.js"', 'SP5003'],
  ];
  for (const [a, b, expected] of cases) {
    const found = (await codesIn(two(a, b))).map(code => code.slice(0, 6));
    assert.deepEqual(found, expected === null ? [] : [expected], `${a} and ${b}`);
  }
  const folders = `${FLEET}block a { take all in www "x" }\nblock b { take all in www "y" }\nblock c { take "z/**" in www }\n`;
  assert.deepEqual(await codesIn(folders), []);
});

test('what `except` cuts off is in nobody’s way: a folder by its name, by its path, or by one of several', async () => {
  const two = (except: string, folder = 'x'): string =>
    `${FLEET}block a { take all in www "${folder}" }\nblock b { take all except ${except} in www }\n`;
  const cut = ['"x"', '"/x"', '"a", "{x,y}"', '"x", "x/**"'];
  for (const except of cut) assert.deepEqual(await codesIn(two(except)), [], except);
  assert.deepEqual(await codesIn(two('"x/y"', 'x/y')), []);
  assert.deepEqual(await codesIn(two('"x"', 'x/y')), []);
  // A class tests each file by itself.
  const byClass = `class c where name is "x"\n${two('c')}`;
  const codes = async (text: string): Promise<readonly string[]> => (await codesIn(text)).map(code => code.slice(0, 6));
  for (const text of [byClass, two('"x?"'), two('"x/y"'), two('"y"')]) {
    assert.ok(
      (await codes(text)).some(code => code === 'SP5003' || code === 'SP5004'),
      text,
    );
  }
});

test('a source and a target that meet on one machine are refused, also by other names', async () => {
  const fleet = (source: string, target: string): string =>
    `fleet {\n  host m at local { root a "${source}" }\n  host r at local { root a "${target}" }\n}\nrole master is m\nrole remote is r\nblock b { take all in a }\n`;
  const meets = async (source: string, target: string): Promise<boolean> =>
    (await codesIn(fleet(source, target))).some(code => code.startsWith('SP5002'));
  assert.equal(await meets('./x', 'x/'), true);
  assert.equal(await meets('/srv/x', '/srv//x/.'), true);
  assert.equal(await meets('/srv/x', '/srv/x/y'), true);
  assert.equal(await meets('~/x/y', '~/x'), true);
  assert.equal(await meets('/srv/x', '/srv/xy'), false);
  assert.equal(await meets('./x', './y'), false);
});

test('fixes are made, the smaller of two that overlap first, until nothing is left to fix', async () => {
  let text = `fleet {root www "/srv/www"}\nclass a where ext is x or ext is y and executable, \n`;
  for (let round = 0; round < 5; round++) {
    const { diagnostics } = await compileTexts({ 'plan.sp': text });
    text = applyFixes(text, diagnostics);
  }
  const compiled = await compileTexts({ 'plan.sp': text });
  assert.deepEqual(
    compiled.diagnostics.filter(({ fix }) => fix !== null),
    [],
    text,
  );
  assert.match(text, /^syncplan 1\nfleet \{/);
});

test('fixes that overlap are never both made', () => {
  const edit = (start: number, end: number, text: string) => ({ span: { file: 'f', start, end }, text });
  const found = (...fix: ReturnType<typeof edit>[]) => ({
    code: 'X',
    severity: 'error' as const,
    message: '',
    span: edit(0, 0, '').span,
    labels: [],
    help: null,
    fix,
  });
  assert.equal(applyFixes('abcdef', [found(edit(0, 6, 'X')), found(edit(1, 2, 'B'))]), 'aBcdef');
  assert.equal(applyFixes('abcdef', [found(edit(1, 1, '('), edit(3, 3, ')')), found(edit(3, 3, ']'))]), 'a(bc])def');
  assert.equal(applyFixes('abc', [found(edit(3, 3, '!')), found(edit(0, 3, 'whole'))]), 'abc!');
});

test('every code can be explained', () => {
  const codes = allCodes();
  assert.ok(codes.length > 90);
  assert.deepEqual(codes, [...new Set(codes)].sort());
  for (const code of codes) {
    const found = explanation(code);
    assert.ok(found !== null && found.text.length > 15 && found.example.length > 0 && found.title.length > 8, code);
    assert.match(found.title, /[^.\s]$/, code);
    assert.match(code, /^SP[12345 9]\d{3}$/);
  }
  assert.equal(explanation('SP0000'), null);
  assert.equal(explanation('constructor'), null);
});

test('a main file that cannot be read is one finding', async () => {
  const missing = await compileTexts({ 'plan.sp': 'syncplan 1\n' })
    .then(() => import('../../compiler/compile.js'))
    .then(({ compile }) =>
      compile('gone.sp', {
        read: async () => Promise.reject(Object.assign(new Error(''), { code: 'EACCES' })),
        vars: {},
        named: ['x'],
      }),
    );
  assert.deepEqual(
    missing.diagnostics.map(({ code, message }) => `${code} ${message}`),
    ['SP2020 `gone.sp` cannot be read: permission denied'],
  );
  assert.equal(missing.plan, null);
  assert.deepEqual(codesOf(missing), ['SP2020']);
});

test('names that nobody has written are not suggested', async () => {
  const { diagnostics } = await compileTexts({
    'plan.sp': 'syncplan 1\nfleet { host m at local; host web at "10.0.0.1" }\nrole remote is eu.web\n',
  });
  const [unknown] = diagnostics.filter(({ code }) => code === 'SP2001');
  assert.doesNotMatch(String(unknown?.help), /default/);
  assert.match(String(unknown?.help), /`web`/);
});

test('a class whose list is empty is told that, not that its conditions exclude each other', async () => {
  const { diagnostics } = await compileTexts({
    'plan.sp': `syncplan 1
fleet {
  host a at local { root r "./a" }
  host b at local { root r "./b" }
}
role master is a
role remote is b
class chosen where listed in "chosen.txt" and ext is html
block x { take chosen in r }
`,
    'chosen.txt': '\n',
  });
  assert.deepEqual(
    diagnostics.map(({ code, message }) => `${code} ${message}`),
    ['SP5007 the class `chosen` can match nothing: the list `chosen.txt` names no path'],
  );
});

test('what a test does not know is answered by what it knows', async () => {
  const said = async (text: string): Promise<string> => {
    const { diagnostics } = await compileTexts({ 'plan.sp': `syncplan 1\n${text}\n` });
    return diagnostics.map(({ code, message, help }) => `${code} ${message}: ${help}`).join('\n');
  };
  assert.match(
    await said('class a where modified before "2024"'),
    /SP1018 `modified` cannot be compared by `before`: it is compared by `within`, `older than`; for example/,
  );
  assert.match(await said('class a where name like "x"'), /`name` cannot be compared by `like`: .*`matches`/);
  assert.match(await said('class a where mode has 0644'), /`mode` cannot be compared by `has`: .*`in`/);
  assert.match(await said('class a where type is folder'), /not `folder`: did you mean `directory`\?/);
  assert.match(
    await said('fleet { host a at local { root site "/x/${host}" } }'),
    /SP2006 .*`host`: declare it with `let` or `input`; where .* give each host a root of its own/,
  );
});

test('a block whose name another one has is checked like that one, and not against it', async () => {
  const first = 'block app { take "*.html" in www }\n';
  const second = `block app {
  take "*.html" in nowhere
  take "*.js" in www
  order "*.css"
  delete mirror { max 100% }
  hook after changed shown run ["true"] on server
  route { build -> eu.web.web-01 }
}
class shown where ext is css
`;
  const alone = await codesIn(`${FLEET}${second}`);
  assert.deepEqual(
    alone.map(finding => finding.split(' ')[0]),
    ['SP2005', 'SP5005', 'SP5008', 'SP5015', 'SP5010'],
  );
  const both = await codesIn(`${FLEET}${first}${second}`);
  assert.deepEqual([...both].sort(), [...alone, 'SP2008 app'].sort());
});

test.run();
