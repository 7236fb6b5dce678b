// Consistency, commits, hooks and fixed attributes: every form with its defaults, for all remotes and for some.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import { codesIn, FLEET, planOf } from './compiled.js';

const text = (body: string, above = ''): string => `${FLEET}${above}\nblock b {\ntake all in www\n${body}\n}\n`;
const blockOf = async (body: string, above = ''): Promise<BlockPlan> => (await planOf(text(body, above))).blocks[0]!;
const codes = (body: string, above = ''): Promise<readonly string[]> => codesIn(text(body, above));

const LOCK = { strategy: 'lock', wait: 30, hold: 300, by: { kind: 'advisory' } };

test('a lock has a wait, a lease and a kind, each with its default', async () => {
  const forms: readonly (readonly [string, unknown])[] = [
    ['lock', LOCK],
    ['lock { }', LOCK],
    ['lock { by advisory }', LOCK],
    ['lock { wait 0s }', { ...LOCK, wait: 0 }],
    ['lock { wait patience; hold 2m; by permissions }', { ...LOCK, wait: 90, hold: 120, by: { kind: 'permissions' } }],
    [
      'lock { by command ["/bin/stand by", "a b", ""] release resume }',
      {
        ...LOCK,
        by: { kind: 'command', command: ['/bin/stand by', 'a b', ''], release: ['standby', 'off', '3'] },
      },
    ],
  ];
  for (const [form, expected] of forms) {
    const { consistency, consistencyOf } = await blockOf(
      `consistency ${form}`,
      'let patience = 90s\nlet resume = ["standby", off, 3]',
    );
    assert.deepEqual(consistency, expected, form);
    assert.deepEqual({ ...consistencyOf }, {});
  }
});

test('after its rounds verify fails, or takes a lock of its own', async () => {
  const verify = { strategy: 'verify', rounds: 3, every: 2, then: 'fail' };
  const forms: readonly (readonly [string, unknown])[] = [
    ['verify', verify],
    ['verify { then fail }', verify],
    ['verify { then lock }', { ...verify, then: LOCK }],
    ['verify { rounds 9; then lock { hold 1h } }', { ...verify, rounds: 9, then: { ...LOCK, hold: 3600 } }],
  ];
  for (const [form, expected] of forms) assert.deepEqual((await blockOf(`consistency ${form}`)).consistency, expected);
  assert.deepEqual(await codes('consistency verify { then fail { wait 3s } }'), ['SP3010 { wait 3s }']);
  assert.deepEqual(await codes('consistency verify { then never }'), ['SP3007 never']);
});

test('a lock out of bounds or without its release is told, and a short lease wherever it stands', async () => {
  assert.deepEqual(await codes('consistency lock { wait 2d; hold 500ms }'), ['SP3009 2d', 'SP3009 500ms']);
  assert.deepEqual(await codes('consistency lock { by command ["hold"] }'), ['SP3006 ["hold"]']);
  assert.deepEqual(await codes('consistency lock { by force }'), ['SP3007 force']);
  assert.deepEqual(await codes('consistency lock { hold lease }', 'let lease = 59s'), ['SP3022 lease']);
  assert.deepEqual(await codes('consistency verify { then lock { hold 3s } }'), ['SP3022 3s']);
  assert.deepEqual(await codes('for web-01 { consistency lock { hold 9s } }'), ['SP3022 9s']);
  assert.deepEqual(await codes('consistency lock { hold 1m }'), []);
});

test('`for` says otherwise for some of the remotes, by host', async () => {
  const { consistency, consistencyOf } = await blockOf(
    'consistency none\nfor web-02 { consistency lock }\nfor web.web-01 { consistency verify { rounds 1 } }',
  );
  assert.deepEqual(consistency, { strategy: 'none' });
  assert.deepEqual(Object.entries(consistencyOf).sort(), [
    ['web-01', { strategy: 'verify', rounds: 1, every: 2, then: 'fail' }],
    ['web-02', LOCK],
  ]);
  const whole = await blockOf('for eu, web-01 { consistency none }');
  assert.deepEqual(Object.keys(whole.consistencyOf).sort(), ['web-01', 'web-02']);
});

test('of a group those count that are remotes; names without any, and hosts in two `for`, are told', async () => {
  const some = `${FLEET}role one is web-01\nblock b {\nfrom master to one\ntake all in www\nfor`;
  const plan = await planOf(`${some} eu.web { consistency lock }\n}\n`);
  assert.deepEqual(Object.keys(plan.blocks[0]?.consistencyOf ?? {}), ['web-01']);
  assert.deepEqual(await codesIn(`${some} web-02, web-01 { consistency lock }\n}\n`), ['SP5013 web-02']);
  assert.deepEqual(await codes('for web-03 { consistency none }'), ['SP2001 web-03']);
  assert.deepEqual(await codes('for web-02 { consistency none }\nfor eu { consistency lock }'), ['SP5014 eu']);
  assert.deepEqual(await codes('for web-02, eu, web-02 { consistency none }'), []);
  assert.deepEqual(await codes('for web-02 { }'), ['SP3004 for']);
  assert.deepEqual(await codes('for web-02 { consistency none; consistency lock }'), ['SP3003 consistency']);
  assert.deepEqual(await codes('for web-02 { compare quick }'), ['SP3002 compare']);
});

test('a `for` about others is no fault where the remotes are those of one run', async () => {
  const plan = await planOf(text('for web-02 { consistency lock }'), { roles: { remote: ['web-01'] } });
  assert.deepEqual({ ...plan.blocks[0]?.consistencyOf }, {});
});

test('commit together, and a warning where some hosts are locked and others are not', async () => {
  assert.equal((await blockOf('')).commit, 'independent');
  assert.equal((await blockOf('commit together')).commit, 'together');
  const mixed = 'consistency lock\ncommit together\n';
  assert.deepEqual(await codes(`${mixed}for web-01 { consistency none }`), ['SP5016 commit together']);
  assert.deepEqual(await codes(`${mixed}for eu.web { consistency none }`), []);
  assert.deepEqual(await codes(`${mixed}for web-01 { consistency lock { by permissions } }`), []);
});

test('hooks keep their order; classes are tested in every folder that is taken', async () => {
  const { hooks } = await blockOf(
    `take "*.conf" in www "conf"
    hook after changed config run ["systemctl", "reload", "nginx"] on remote timeout 30s
    hook before run [sync] on master
    hook after changed all run go on server`,
    'class config where ext is conf\nlet go = ["notify", "b"]',
  );
  const config = { is: 'ext', values: ['conf'] };
  assert.deepEqual(hooks, [
    {
      when: 'after',
      changed: [
        { base: '', test: config },
        { base: 'conf', test: config },
      ],
      command: ['systemctl', 'reload', 'nginx'],
      on: 'remote',
      timeout: 30,
    },
    { when: 'before', changed: null, command: ['sync'], on: 'master', timeout: 60 },
    {
      when: 'after',
      changed: ['', 'conf'].map(base => ({ base, test: { is: 'all' } })),
      command: ['notify', 'b'],
      on: 'server',
      timeout: 60,
    },
  ]);
});

test('a hook that can never run or start is told at its place', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['hook after run ["x"] on mirrors', ['SP3007 mirrors']],
    ['hook during run ["x"] on remote', ['SP3007 during']],
    ['hook after changed confg run ["x"] on remote', ['SP2003 confg']],
    ['hook after run "x" on remote', ['SP3008 "x"']],
    ['hook after run [] on remote', ['SP3024 []']],
    ['hook after run ["", "x"] on remote', ['SP3024 ""']],
    ['hook after run ["./x"] on remote', ['SP3024 "./x"']],
    ['hook after run ["x y"] on remote', ['SP3024 "x y"']],
    ['hook after run ["/opt/x y"] on remote', []],
    ['hook after run ["x", "${lost}"] on remote', ['SP2006 ${lost}']],
    ['hook after run ["x"] on remote timeout 0s', ['SP3009 0s']],
    ['hook after run ["x"] on remote timeout 30', ['SP3008 30']],
    ['hook after run ["curl", "-u", "--password=x"] on remote', []],
    ['hook after run ["curl", "password=x"] on remote', ['SP3014 "password=x"']],
  ];
  for (const [body, expected] of cases) assert.deepEqual(await codes(body), expected, body);
  const idle = `${FLEET}class page where ext is html\nclass odd where ext is a and ext is b\nblock b {\ntake page in www\n`;
  assert.deepEqual(await codesIn(`${idle}hook after changed odd run ["x"] on remote\n}\n`), ['SP5007 odd']);
  const conf = `class config where ext is conf\n${idle}hook after changed config run ["x"] on remote\n}\n`;
  assert.deepEqual(await codesIn(conf), ['SP5015 config']);
});

test('what is fixed is in the plan, and what it makes idle is told', async () => {
  assert.equal((await blockOf('')).set, null);
  assert.equal((await blockOf('set { }')).set, null);
  const { set, attributes } = await blockOf(
    'set { owner www-data; group "33"; files 0640 }\nattributes acl, mode, xattr',
  );
  assert.deepEqual(set, { owner: 'www-data', group: '33', files: 0o640, folders: null });
  assert.deepEqual(attributes, ['mode', 'acl', 'xattr']);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['set { owner "a b" }', ['SP4016 "a b"']],
    ['set { owner "HOST$"; group "0" }', []],
    ['set { group "-1"; owner "007" }', ['SP4016 "-1"', 'SP4016 "007"']],
    ['set { files 640 }', ['SP3008 640']],
    ['set { files 0640; files 0600 }', ['SP3003 files']],
    ['set { folders 02750 }', ['SP3025 folders 02750']],
    ['set { folders 02750 }\nattributes mode, special', []],
    ['set { folders 0550; files 0200 }', ['SP3026 folders 0550', 'SP3026 files 0200']],
    ['set { owner x }\nattributes mode, owner, group', ['SP3027 owner']],
    ['set { files 0640; folders 0750 }', []],
    ['set { files 0640 }\nattributes mode', []],
    ['attributes modified, special', ['SP3028 special']],
    ['attributes xattr, special', []],
    ['attributes special\nset { files 04755 }', []],
  ];
  for (const [body, expected] of cases) assert.deepEqual(await codes(body), expected, body);
});

test('durability is that of the block, else that of the file, else strict', async () => {
  const of = async (body: string, below = ''): Promise<string> =>
    (await planOf(`${text(body)}${below}`)).blocks[0]!.durability;
  assert.equal(await of(''), 'strict');
  assert.equal(await of('', 'transfer { durability none }'), 'none');
  assert.equal(await of('transfer { durability strict }', 'transfer { durability none }'), 'strict');
  assert.equal(await of('transfer { mode whole }', 'transfer { durability none }'), 'none');
  assert.deepEqual(await codes('transfer { durability maybe }'), ['SP3007 maybe']);
});

test('a lock by permissions warns where its folders hold what another block takes, and nowhere else', async () => {
  const two = (mine: string, other: string): string =>
    `${FLEET}class page where ext is html\nblock a {\ntake ${mine}\nconsistency lock { by permissions }\n}\nblock o { take ${other} }\n`;
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['page in www', '"*.css" in www', true],
    ['"a/*.html" in www', '"a/*.css" in www', true],
    ['"a/**" in www', '"b/**" in www', false],
    ['"*.a" in www "x"', '"*.b" in www "x/y"', true],
    ['"*.a" in www "x/y"', '"x/*.b" in www', true],
    ['"x/y/f" in www', '"x/g" in www', false],
    ['"x/g" in www', '"x/y/f" in www', true],
    ['"VERSION" in www', '"*.html" in www', true],
    ['"x/VERSION" in www', '"y/VERSION" in www', false],
  ];
  for (const [mine, other, isTold] of cases) {
    const expected = isTold ? ['SP5017 by permissions'] : [];
    const found = (await codesIn(two(mine, other))).filter(code => !code.startsWith('SP5004'));
    assert.deepEqual(found, expected, `${mine} and ${other}`);
  }
  const elsewhere = two('page in www', '"*.css" in www').replace(
    'consistency lock { by permissions }',
    'for web-01 { consistency lock { by permissions } }',
  );
  const apart = `role two is web-02\nrole alone is web-01\n${elsewhere.replace('block o { take', 'block o { from alone to two; take')}`;
  assert.deepEqual(await codesIn(elsewhere), ['SP5017 by permissions']);
  // Only web-01 and the master are locked: web-01 is the other block's source.
  assert.deepEqual(await codesIn(apart), ['SP5017 by permissions']);
  const free = apart
    .replace('role alone is web-01', 'role alone is spare')
    .replace('region eu', 'host spare at "s"\n  region eu');
  assert.deepEqual(await codesIn(free), []);
});

test.run();
