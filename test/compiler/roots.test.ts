// Parallel roots and state folders: which paths a block uses, how they pair, and which are refused.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { RootPath } from '../../compiler/plan.js';
import { codesIn, codesOf, compileTexts, planOf } from './compiled.js';

const fleet = (master: string, ...remotes: readonly string[]): string =>
  `fleet {
  host m at "m" { ${master} }
${remotes.map((root, at) => `  host r${at} at "r${at}" { ${root} }\n`).join('')}}
role master is m
role remote where not host is m
`;

const pathsOf = async (text: string, given = ''): Promise<Readonly<Record<string, readonly string[]>>> => {
  const plan = await planOf(`${text}block b { take all in w; ${given} }\n`);
  const roots = plan.blocks[0]?.takes[0]?.roots ?? {};
  return Object.fromEntries(Object.entries(roots).map(([id, paths]) => [id, paths.map(({ path }) => path)]));
};

const codes = (text: string, given = ''): Promise<readonly string[]> =>
  codesIn(`${text}block b { take all in w; ${given} }\n`);

const ONE = 'root w "/srv/one"';
const TWO = 'root w "/a/two", "/b/two"';
const THREE = 'root w "/a/x", "/b/x", "/c/x"';

test('one path of the master pairs with all of a remote, equal numbers in order', async () => {
  assert.deepEqual(await pathsOf(fleet(ONE, TWO, ONE)), {
    m: ['/srv/one'],
    r0: ['/a/two', '/b/two'],
    r1: ['/srv/one'],
  });
  assert.deepEqual(await pathsOf(fleet(TWO, 'root w "/c/z", "/d/z"')), {
    m: ['/a/two', '/b/two'],
    r0: ['/c/z', '/d/z'],
  });
});

test('numbers that do not pair are refused, unless the block chooses', async () => {
  assert.deepEqual(await codes(fleet(TWO, ONE)), ['SP4017 b']);
  assert.deepEqual(await codes(fleet(TWO, TWO, THREE)), ['SP4017 b']);
  assert.deepEqual(await codes(fleet(THREE, TWO), 'roots all'), ['SP4017 roots all']);
  assert.deepEqual(await pathsOf(fleet(THREE, TWO, ONE), 'roots first'), {
    m: ['/a/x'],
    r0: ['/a/two'],
    r1: ['/srv/one'],
  });
  assert.deepEqual(await pathsOf(fleet(ONE, TWO, THREE), 'roots second'), {
    m: ['/srv/one'],
    r0: ['/b/two'],
    r1: ['/b/x'],
  });
  assert.deepEqual(await pathsOf(fleet(TWO, TWO), 'roots second'), { m: ['/b/two'], r0: ['/b/two'] });
  assert.deepEqual(await codes(fleet(ONE, TWO, ONE), 'roots second'), ['SP4015 roots second']);
});

test('every parallel path is looked at: for faults, overlaps, and the source on the same machine', async () => {
  assert.deepEqual(await codes(fleet(ONE, 'root w "/a/two", "/"')), ['SP4006 "/"']);
  assert.deepEqual(await codes(fleet(ONE, 'root w "/a/two", "/b"')), ['SP4007 "/b"']);
  assert.deepEqual(await codes(fleet(ONE, 'root w "/a/two", "/b" wide')), []);
  assert.deepEqual(await codes(fleet(ONE, 'root w "/a/two", "b/two"')), ['SP4008 "b/two"']);
  assert.deepEqual(await codes(fleet(ONE, 'root w "/a/two", "/a/two/."')), ['SP4018 "/a/two/."']);
  assert.deepEqual(await codes(fleet(ONE, 'root w "/a/two/x", "/a/two"')), ['SP4018 "/a/two"']);
  const local = `fleet {\n  host m at local { root w "./x" }\n  host r at local { root w "./y", "./x/z" }\n}\nrole master is m\nrole remote is r\n`;
  assert.deepEqual(await codes(local), ['SP5002 w']);
  assert.deepEqual(await codes(local, 'roots first'), []);
  const other = `${fleet(`${ONE}; root v "/srv/v"`, `${TWO}; root v "/b/two"`)}block c { take all in v }\n`;
  assert.deepEqual(await codes(other), ['SP5003 take all in w']);
  assert.deepEqual(await codes(other, 'roots first'), []);
});

test('a state folder goes with its root, and what is relative keeps the folder of the file', async () => {
  const compiled = await compileTexts({
    'main.sp': 'syncplan 1\nimport "sub/fleet.sp"\nrole master is m\nrole remote is r, s\nblock b { take all in w }\n',
    'sub/fleet.sp':
      'syncplan 1\nfleet {\n  root w "/srv/w" state "/srv/w-state"\n  host m at local { root w "/abs/w" state "state" }\n  host r at "r"\n  host s at "s" { root w "~/w" }\n}\n',
  });
  assert.deepEqual(codesOf(compiled), []);
  const roots: Readonly<Record<string, readonly RootPath[]>> = compiled.plan?.blocks[0]?.takes[0]?.roots ?? {};
  assert.deepEqual(
    { ...roots },
    {
      m: [{ path: '/abs/w', base: 'sub', state: 'state' }],
      r: [{ path: '/srv/w', base: '', state: '/srv/w-state' }],
      s: [{ path: '~/w', base: '', state: null }],
    },
  );
});

test('a state folder is a folder of its own, outside of every root of its machine', async () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['root w "/srv/w" state "/srv/w/state"', ['SP4019 "/srv/w/state"']],
    ['root w "/srv/w" state "/srv/w"', ['SP4019 "/srv/w"']],
    ['root w "/srv/w/x" state "/srv/w"', ['SP4019 "/srv/w"']],
    ['root w "/srv/w" state "/srv/wx"', []],
    ['root w "/srv/w" state "/srv/v/state"; root v "/srv/v"', ['SP4019 "/srv/v/state"']],
    ['root w "/srv/w" state "/srv/s"; root v "/srv/v" state "/srv/s"', ['SP4020 "/srv/s"']],
    ['root w "/srv/w" state "/srv/s"; root v "/srv/v" state "/srv/s/v"', ['SP4020 "/srv/s"']],
    ['root w "/srv/w" state "/srv/s/w"; root v "/srv/v" state "/srv/s/v"', []],
    ['root w "/srv/w" state "state"', ['SP4008 "state"']],
    ['root w "/srv/w" state "/"', ['SP4006 "/"']],
    ['root w "/srv/w" state ""', ['SP4009 ""']],
    ['root w "/srv/w" state "/srv/../etc"', ['SP4009 "/srv/../etc"']],
    ['root w "/srv/w" state "/s"', ['SP4007 "/s"']],
    ['root w "/a/w", "/b/w" state "/a/s"', ['SP4021 "/a/s"']],
  ];
  for (const [root, expected] of cases) {
    const text = `${fleet('root w "/srv/one"; root v "/srv/two"', `${root}${root.includes('root v') ? '' : '; root v "/other/v"'}`)}block c { take all in v }\n`;
    assert.deepEqual(await codes(text), expected, root);
  }
});

test('hosts that are one machine have their state folders side by side, other machines do not', async () => {
  const two = (second: string): string =>
    `fleet {\n  host m at "m" { root w "/srv/one" }\n  host a at "x" { root w "/srv/a" state "/srv/s" }\n  host b at "${second}" { root w "/srv/b" state "/srv/s" }\n}\nrole master is m\nrole remote is a, b\n`;
  assert.deepEqual(await codes(two('x')), ['SP4020 "/srv/s"']);
  assert.deepEqual(await codes(two('y')), []);
});

test.run();
