// The fleet: ranges, inheritance, ids, references, roles, and several files that make it up.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { codesIn, codesOf, compileTexts, FLEET, planOf } from './compiled.js';

const hostsOf = async (fleet: string): Promise<Map<string, unknown>> => {
  const plan = await planOf(`${fleet}\nrole master is m\nblock b { take all in r }\n`);
  return new Map(plan.hosts.map(host => [host.id, host]));
};

test('ranges expand in step, keep their width, and may count names and addresses differently', async () => {
  const hosts = await hostsOf(
    'fleet { root r "/a/b"; host m at local; host "w-{08..11}" at "w{8..11}.example.net" }\nrole remote where host matches "w-*"',
  );
  assert.deepEqual([...hosts.keys()], ['m', 'w-08', 'w-09', 'w-10', 'w-11']);
  assert.deepEqual(
    [...hosts.values()].slice(1).map(host => (host as { address: { host: string } }).address.host),
    ['w8', 'w9', 'w10', 'w11'].map(name => `${name}.example.net`),
  );
});

test('the innermost setting wins, each setting of ssh for itself', async () => {
  const hosts = await hostsOf(`fleet {
    ssh { user a; port 1001; key "./k" }
    root r "/a/b"
    agent node
    host m at local
    region eu {
      ssh { port 1002 }
      group g {
        ssh { user b }
        root r "/g/h"
        host one at "one" { ssh { key "~/k2" }; agent auto }
        host two at "c@two:1003" { root r "~/own" }
      }
      host three at "three"
    }
  }
  role remote is eu`);
  const of = (id: string): unknown => (hosts.get(id) as { address: unknown }).address;
  assert.deepEqual(of('one'), { kind: 'ssh', host: 'one', user: 'b', port: 1002, key: '~/k2', base: '' });
  assert.deepEqual(of('two'), { kind: 'ssh', host: 'two', user: 'c', port: 1003, key: './k', base: '' });
  assert.deepEqual(of('three'), { kind: 'ssh', host: 'three', user: 'a', port: 1002, key: './k', base: '' });
  assert.equal((hosts.get('one') as { agent: string }).agent, 'auto');
  assert.equal((hosts.get('two') as { agent: string }).agent, 'node');
  assert.equal((hosts.get('three') as { group: string }).group, 'default');
});

test('Node.js is copied to other machines only, and to none that is reached by SFTP', async () => {
  const fleet = (more: string) =>
    `fleet { agent push-runtime; root r "/a/b"; host m at local; host a at "a"; ${more} }\nrole remote is a`;
  const hosts = await hostsOf(fleet(''));
  assert.equal((hosts.get('m') as { agent: string }).agent, 'auto');
  assert.equal((hosts.get('a') as { agent: string }).agent, 'push-runtime');
  const text = `${fleet('host s at "sftp://s"')}\nrole master is m\nblock b { take all in r }\n`;
  assert.deepEqual(await codesIn(text), ['SP4022 agent']);
});

test('a way leads through hosts of the fleet or an address, and never through the host itself', async () => {
  const hosts = await hostsOf(`fleet {
    ssh { user deploy; key "~/k"; config "ssh.conf"; via bastion }
    become www-data
    root r "/a/b"
    host m at local
    host bastion at "ops@bastion:2222"
    host plain at "plain" { ssh { via "gate@[2001:db8::1]:2022" } }
    host near at "near"
    region eu { ssh { via gate }; host gate at "gate"; host far at "far" }
  }
  role remote is bastion, plain, near, gate, far`);
  const viaOf = (id: string): unknown => (hosts.get(id) as { address: { via?: unknown } }).address.via;
  const files = { key: '~/k', config: 'ssh.conf', base: '' };
  const bastion = { host: 'bastion', user: 'ops', port: 2222, ...files };
  assert.equal(viaOf('bastion'), undefined);
  assert.deepEqual(viaOf('near'), [bastion]);
  assert.deepEqual(viaOf('plain'), [{ host: '2001:db8::1', user: 'gate', port: 2022, config: 'ssh.conf', base: '' }]);
  assert.deepEqual(viaOf('gate'), [bastion]);
  assert.deepEqual(viaOf('far'), [bastion, { host: 'gate', user: 'deploy', ...files }]);
  assert.deepEqual(
    [...hosts.values()].map(host => (host as { become?: string }).become),
    ['www-data', 'www-data', 'www-data', undefined, 'www-data', 'www-data'],
  );
});

test('a host is called by its last name where that is unique, else by the shortest suffix that is', async () => {
  const hosts = await hostsOf(`fleet {
    root r "/a/b"
    host m at local
    region eu { group web { host a at "1"; host b at "2" }; group image { host a at "3" } }
    region us { group web { host a at "4" } }
  }
  role remote is eu, us`);
  assert.deepEqual([...hosts.keys()], ['b', 'eu.web.a', 'image.a', 'm', 'us.web.a']);
});

test('a reference is any suffix that means one thing; a whole name means itself', async () => {
  const fleet = `fleet {
    root r "/a/b"
    host m at local
    host web at "0"
    region eu { group web { host a at "1" }; group image { host a at "3" }; host lone at "5" }
    region us { group web { host a at "4" } }
  }
  role master is m
  block b { take all in r }
`;
  const remotes = async (reference: string): Promise<readonly string[]> =>
    (await planOf(`${fleet}role remote is ${reference}\n`)).blocks[0]?.remotes ?? [];
  assert.deepEqual(await remotes('eu.web'), ['eu.web.a']);
  assert.deepEqual(await remotes('image'), ['image.a']);
  assert.deepEqual(await remotes('image.a, us.web.a'), ['image.a', 'us.web.a']);
  assert.deepEqual(await remotes('eu'), ['eu.web.a', 'image.a', 'lone']);
  assert.deepEqual(await remotes('eu.lone'), ['lone']);
  assert.deepEqual(await remotes('web'), ['web']);
  assert.deepEqual(await codesIn(`${fleet}role remote is a\n`), ['SP2007 a']);
  assert.deepEqual(await codesIn(`${fleet}role remote is eu.a\n`), ['SP2001 eu.a']);
});

test('a role is also a condition over host, group, region and tag', async () => {
  const remotes = async (condition: string): Promise<readonly string[]> =>
    (await planOf(`${FLEET.replace('remote is eu.web', `remote where ${condition}`)}block b { take all in www }\n`))
      .blocks[0]?.remotes ?? [];
  assert.deepEqual(await remotes('group is web and not host is web-01'), ['web-02']);
  assert.deepEqual(await remotes('host in [web-01] or host is eu.web.web-02'), ['web-01', 'web-02']);
  assert.deepEqual(await remotes('host matches "web-*" and region is not default'), ['web-01', 'web-02']);
  assert.deepEqual(await remotes('tag is canary and tag is not frozen'), ['web-01', 'web-02']);
  assert.deepEqual(await codesIn(`${FLEET}role x where group is wbe or host is web-03\n`), [
    'SP2001 wbe',
    'SP2001 web-03',
  ]);
});

test('the command line gives roles to hosts for one run', async () => {
  const text = `${FLEET}block b { take all in www }\n`;
  const plan = await planOf(text, { roles: { remote: ['web-02'] } });
  assert.deepEqual(plan.blocks[0]?.remotes, ['web-02']);
  assert.deepEqual(await codesIn(text, { roles: { remote: ['web-03'] } }), ['SP2001']);
  assert.deepEqual(await codesIn(text, { roles: { remote: [] } }), ['SP4012']);
  assert.deepEqual(await codesIn(text, { roles: { master: ['web-01'] } }), ['SP4014 b']);
  const undeclared = text.replace('role remote is eu.web\n', '');
  assert.equal((await planOf(undeclared, { roles: { remote: ['web'] } })).blocks[0]?.remotes.length, 2);
});

test('fleets of several files are one, and what is relative is relative to the file that says it', async () => {
  const compiled = await compileTexts({
    'deep/main.sp':
      'syncplan 1\nimport "./fleet/a.sp"\nimport "../b.sp"\nrole master is m\nrole remote is w\nblock b { take all in r }\n',
    'deep/fleet/a.sp':
      'syncplan 1\nimport "../../b.sp"\nfleet {\n  ssh { key "./key" }\n  host m at local { root r "./x" }\n}\n',
    'b.sp': 'syncplan 1\nfleet {\n  region eu { host w at "w" { root r "/a/b" } }\n}\n',
  });
  assert.deepEqual(codesOf(compiled), []);
  const { plan } = compiled;
  assert.deepEqual(
    plan?.sources.map(({ path }) => path),
    ['../b.sp', 'fleet/a.sp', 'main.sp'],
  );
  assert.deepEqual(
    { ...plan?.blocks[0]?.takes[0]?.roots },
    { m: [{ path: './x', base: 'fleet', state: null }], w: [{ path: '/a/b', base: '', state: null }] },
  );
  assert.deepEqual(plan?.hosts.find(({ id }) => id === 'w')?.address, {
    kind: 'ssh',
    host: 'w',
    key: './key',
    base: 'fleet',
  });
});

test('what is set or declared twice is told with both places, also across files', async () => {
  const compiled = await compileTexts({
    'main.sp':
      'syncplan 1\nimport "b.sp"\nfleet {\n  ssh { user a }\n  root r "/a/b"\n  host m at local\n}\non failure stop\n',
    'b.sp':
      'syncplan 1\nfleet {\n  ssh { user b; port 22 }\n  root r "/a/c"\n  host m at "x"\n}\non failure continue\n',
  });
  assert.deepEqual(codesOf(compiled), ['SP3003 user', 'SP2008 r', 'SP2008 m', 'SP3003 on']);
  for (const found of compiled.diagnostics.filter(({ code }) => code !== 'SP3021'))
    assert.equal(found.labels[0]?.span.file, 'b.sp');
});

test('files that import each other are told with the way round, however the main file is named', async () => {
  for (const main of ['a.sp', './a.sp', 'x/../a.sp']) {
    const files = {
      [main]: 'syncplan 1\nimport "b.sp"\n',
      'b.sp': 'syncplan 1\nimport "c.sp"\n',
      'c.sp': 'syncplan 1\nimport "./a.sp"\n',
    };
    const compiled = await compileTexts(files);
    assert.deepEqual(codesOf(compiled), ['SP2021 "./a.sp"'], main);
    assert.ok(
      compiled.diagnostics[0]?.message.endsWith(`: ${main} → b.sp → c.sp → a.sp`),
      compiled.diagnostics[0]?.message,
    );
  }
});

test('addresses that ssh could misunderstand never pass', async () => {
  const good = [
    '10.0.0.1',
    'user@host',
    'user@host:22',
    'alias_1',
    '[2001:db8::5]',
    '[::1]:22',
    '[fe80::1%eth0]',
    '[::ffff:1.2.3.4]',
  ];
  const bad = [
    '',
    '-x',
    'user@-x',
    '-u@host',
    'a b',
    'h:0',
    'h:65536',
    'h:x',
    '2001:db8::5',
    '[:::]',
    '[1:2]',
    'a\\nb',
    'h;rm',
    '$(x)',
    '@h',
    'u@',
  ];
  for (const address of good) assert.deepEqual(await codesIn(`fleet { host a at "${address}" }\n`), [], address);
  for (const address of bad) {
    assert.deepEqual(await codesIn(`fleet { host a at "${address}" }\n`), [`SP4004 "${address}"`], address);
  }
});

test('roots that reach too far are refused', async () => {
  const wide = ['"/srv" wide', '"/srv/" wide', '"/srv/www"', '"./x"', '"../x"', '"."', '"~/x"', '"/home/ci/x"'];
  const forbidden = ['/', '//', '~', '~/', '/root', '/home', '/home/ci', '/home/ci/'];
  for (const root of wide) assert.deepEqual(await codesIn(`fleet { host a at local { root r ${root} } }\n`), [], root);
  for (const root of forbidden) {
    assert.deepEqual(
      await codesIn(`fleet { host a at local { root r "${root}" wide } }\n`),
      [`SP4006 "${root}"`],
      root,
    );
  }
  for (const root of ['/a/../b', 'x/../..', '~bob/x', '', 'a\\u{1}b']) {
    assert.deepEqual(await codesIn(`fleet { host a at local { root r "${root}" } }\n`), [`SP4009 "${root}"`], root);
  }
});

test.run();
