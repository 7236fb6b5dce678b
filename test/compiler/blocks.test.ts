// Blocks: takes and their normal form, items, order, settings with their defaults, and values from `let` and `input`.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: insertions of the language itself
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import { codesIn, FLEET, planOf } from './compiled.js';

const blockOf = async (body: string, above = '', vars: Record<string, string> = {}): Promise<BlockPlan> => {
  const plan = await planOf(`${FLEET}${above}\nblock b {\n${body}\n}\n`, { vars });
  return plan.blocks[0]!;
};

const glob = (text: string) => ({ is: 'matches', on: 'path', glob: text });

test('takes of the same pair of roots are one, with the shared folder as the base of each term', async () => {
  const { takes } = await blockOf(
    'take "*.js" except "*.min.js", all in www "app"\ntake "*.css" in www\ntake all from www "x" into www "x"',
  );
  assert.equal(takes.length, 1);
  assert.deepEqual(takes[0]?.from, { root: 'www', folder: '' });
  assert.deepEqual(takes[0]?.into, { root: 'www', folder: '' });
  assert.deepEqual(takes[0]?.terms, [
    { base: 'app', include: glob('*.js'), except: { is: 'or', tests: [glob('*.min.js'), { is: 'all' }] } },
    { base: '', include: glob('*.css'), except: null },
    { base: 'x', include: { is: 'all' }, except: null },
  ]);
});

test('takes between different folders stay apart, each with the roots of its own side', async () => {
  const fleet = FLEET.replace('root www "./dist"', 'root www "./dist"; root out "./out"');
  const plan = await planOf(`${fleet}block b {
    take "a/**" from out into www "conf"
    take "b/**" from out into www "conf"
    take "c/**" from out "x" into www "conf/c"
  }`);
  const takes = plan.blocks[0]?.takes ?? [];
  assert.deepEqual(
    takes.map(({ from, into, terms }) => [from, into, terms.length]),
    [
      [{ root: 'out', folder: '' }, { root: 'www', folder: 'conf' }, 2],
      [{ root: 'out', folder: 'x' }, { root: 'www', folder: 'conf/c' }, 1],
    ],
  );
  for (const { roots } of takes) {
    assert.deepEqual(
      { ...roots },
      {
        build: [{ path: './out', base: '', state: null }],
        'web-01': [{ path: '/srv/www', base: '', state: null }],
        'web-02': [{ path: '/srv/www', base: '', state: null }],
      },
    );
  }
});

test('classes are written in, names become bytes, and lists are sorted', async () => {
  const { takes, order } = await blockOf(
    'take page, class other, "ü/*.é" in www "straße"\norder page, "ü/x.é"',
    'let kinds = [html, "ü", htm]\nclass page where ext in kinds and not class other\nclass other where name is "ß" or executable',
  );
  const other = { is: 'or', tests: [{ is: 'name', values: ['Ã\x9f'] }, { is: 'executable' }] };
  const page = {
    is: 'and',
    tests: [
      { is: 'ext', values: ['htm', 'html', 'Ã¼'] },
      { is: 'not', test: other },
    ],
  };
  assert.deepEqual(takes[0]?.terms[0]?.include, { is: 'or', tests: [page, other, glob('Ã¼/*.Ã©')] });
  assert.equal(takes[0]?.terms[0]?.base, 'straÃ\x9fe');
  assert.deepEqual(order, [
    { base: 'straÃ\x9fe', test: page },
    { base: 'straÃ\x9fe', test: glob('Ã¼/x.Ã©') },
  ]);
});

test('every test of a file has its form in the plan', async () => {
  const forms: readonly (readonly [string, unknown])[] = [
    ['all', { is: 'all' }],
    ['name is VERSION', { is: 'name', values: ['VERSION'] }],
    ['name is not robots.txt', { is: 'not', test: { is: 'name', values: ['robots.txt'] } }],
    ['name not in [b, a, b]', { is: 'not', test: { is: 'name', values: ['a', 'b'] } }],
    ['name matches "*.{a,b}"', { is: 'matches', on: 'name', glob: '*.{a,b}' }],
    ['path not matches "a/**"', { is: 'not', test: glob('a/**') }],
    ['path is "./a/b.txt"', { is: 'path', values: ['a/b.txt'] }],
    ['under "docs/"', { is: 'under', folder: 'docs' }],
    ['type in [link, file]', { is: 'type', values: ['file', 'link'] }],
    ['size < 64MiB', { is: 'size', op: '<', bytes: 67_108_864 }],
    ['size is not 0', { is: 'not', test: { is: 'size', op: '=', bytes: 0 } }],
    ['within 7d', { is: 'age', op: '<=', seconds: 604_800 }],
    ['modified older than 90m', { is: 'age', op: '>', seconds: 5400 }],
    ['owner is deploy', { is: 'owner', values: ['deploy'] }],
    ['group in ["www-data", staff]', { is: 'group', values: ['staff', 'www-data'] }],
    ['mode is 0644', { is: 'mode', values: [0o644] }],
    ['mode in [0644, 0600]', { is: 'mode', values: [0o600, 0o644] }],
    ['executable', { is: 'executable' }],
    ['not not executable', { is: 'executable' }],
  ];
  for (const [text, expected] of forms) {
    const { takes } = await blockOf('take c in www', `class c where ${text}`);
    assert.deepEqual(takes[0]?.terms[0]?.include, expected, text);
  }
});

test('what is not said has its default, and what is said is in the plan', async () => {
  const plain = await blockOf('take all in www');
  assert.deepEqual(
    [plain.compare, plain.attributes, plain.links, plain.consistency, plain.delete, plain.durability],
    [
      { by: 'checksum', algorithm: 'xxh128' },
      ['mode', 'modified'],
      { symbolic: 'keep', hard: 'keep', escaping: 'keep' },
      { strategy: 'verify', rounds: 3, every: 2, then: 'fail' },
      { mode: 'never' },
      'strict',
    ],
  );
  const said = await blockOf(`take all in www
    compare checksum blake3
    attributes modified
    links { symbolic follow; hard split; escaping refuse }
    consistency verify { rounds 7 every 500ms }
    delete mirror { max 9%; max 2.5%; max 30 files; protect "b/**", "*.a"; protect "*.a"; trash 12h }
    commit independent
    roots first
    transfer { mode whole }
    route star`);
  assert.deepEqual(
    [said.compare, said.attributes, said.links, said.consistency, said.delete],
    [
      { by: 'checksum', algorithm: 'blake3' },
      ['modified'],
      { symbolic: 'follow', hard: 'split', escaping: 'refuse' },
      { strategy: 'verify', rounds: 7, every: 0.5, then: 'fail' },
      { mode: 'mirror', maxPercent: 2.5, maxFiles: 30, protect: ['*.a', 'b/**'], trash: 43_200 },
    ],
  );
  assert.deepEqual((await blockOf('take all in www\nconsistency none\ncompare quick')).consistency, {
    strategy: 'none',
  });
});

test('blocks stand behind those they come after, and otherwise in the order of the text', async () => {
  const plan = await planOf(`${FLEET}
    block d after b, a { take "d/**" in www }
    block c { take "c/**" in www }
    block b after a { take "b/**" in www }
    block a { take "a/**" in www }`);
  assert.deepEqual(
    plan.blocks.map(({ name, after }) => [name, after]),
    [
      ['c', []],
      ['a', []],
      ['b', ['a']],
      ['d', ['a', 'b']],
    ],
  );
});

test('only hosts that some block uses are in the plan', async () => {
  const plan = await planOf(`${FLEET}role one is web-01\nblock b { from master to one; take all in www }\n`);
  assert.deepEqual(
    plan.hosts.map(({ id }) => id),
    ['build', 'web-01'],
  );
});

test('values are inserted in texts, and stand for numbers and lists by their names', async () => {
  const block = await blockOf(
    'take "${release}/**", kind in www "v${major}/${release}"\ndelete mirror { max share; max most files; trash keep }',
    'let major = 5\nlet share = 7%\nlet most = 30\nlet keep = 3d\nlet exts = [a, "b${major}"]\nclass kind where ext in exts\ninput release default "cur"',
    { release: 'r-1' },
  );
  assert.equal(block.takes[0]?.terms[0]?.base, 'v5/r-1');
  assert.deepEqual(block.takes[0]?.terms[0]?.include, {
    is: 'or',
    tests: [glob('r-1/**'), { is: 'ext', values: ['a', 'b5'] }],
  });
  assert.deepEqual(block.delete, { mode: 'mirror', maxPercent: 7, maxFiles: 30, protect: [], trash: 259_200 });
});

test('the values of inputs are in the plan: given ones, else defaults', async () => {
  const text = `${FLEET}input a default "x"\ninput b default 3\ninput c\nblock b { take all in www "\${a}" }\n`;
  const plan = await planOf(text, { vars: { a: 'given', c: 'too', other: 'ignored: from the environment' } });
  assert.deepEqual({ ...plan.inputs }, { a: 'given', b: '3', c: 'too' });
  assert.deepEqual(await codesIn(text, { vars: { a: '../..', c: '' } }), ['SP3013 "${a}"']);
});

test('the paths behind `listed in` are bytes, sorted, and part of the plan and its sources', async () => {
  const { compileTexts } = await import('./compiled.js');
  const compiled = await compileTexts({
    'a/main.sp': `syncplan 1\nimport "sub/classes.sp"\n${FLEET}block b { take chosen in www }\n`,
    'a/sub/classes.sp': 'syncplan 1\nclass chosen where listed in "chosen.txt"\n',
    'a/sub/chosen.txt': Buffer.from('./z/y\r\n\nb\xff\nb\xff\na\n', 'latin1'),
  });
  assert.deepEqual(compiled.plan?.blocks[0]?.takes[0]?.terms[0]?.include, {
    is: 'listed',
    source: 'sub/chosen.txt',
    paths: ['a', 'b\xff', 'z/y'],
  });
  assert.deepEqual(
    compiled.plan?.sources.map(({ path }) => path),
    ['main.sp', 'sub/chosen.txt', 'sub/classes.sp'],
  );
});

test('`on failure` and `parallel` are of the whole run', async () => {
  const plan = await planOf(`${FLEET}block b { take all in www }\non failure stop\ntransfer { parallel 3 }\n`);
  assert.deepEqual([plan.onFailure, plan.parallel], ['stop', 3]);
  assert.deepEqual(await codesIn(`${FLEET}block b { take all in www; transfer { parallel 3 } }\n`), [
    'SP3002 parallel',
  ]);
});

test.run();
