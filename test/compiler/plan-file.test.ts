// Plan files: decode(encode(plan)) is the plan, the bytes are canonical, and anything else is refused with the place.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import type {
  Consistency,
  FileTest,
  HookPlan,
  LockStrategy,
  Plan,
  SetPlan,
  TransferPlan,
} from '../../compiler/plan.js';
import { ALGORITHMS } from '../../compiler/plan.js';
import { encodePlan, planHash } from '../../compiler/plan-file.js';
import { decodePlan } from '../../compiler/read-plan.js';

const golden = readdirSync('test/compiler/samples/golden').map(name =>
  readFileSync(`test/compiler/samples/golden/${name}`, 'utf8'),
);

const byteString = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map(code => String.fromCharCode(code)),
  maxLength: 8,
});
const folder = fc
  .array(
    byteString.filter(text => text !== '' && text !== '.' && text !== '..' && !text.includes('/')),
    { maxLength: 3 },
  )
  .map(parts => parts.join('/'));
const name = fc.constantFrom('web', 'web-01', 'constructor', 'toString', 'hasOwnProperty', 'x_1', 'valueOf');
const tree = fc.letrec<{ test: FileTest }>(tie => ({
  test: fc.oneof(
    { maxDepth: 3 },
    fc.constant<FileTest>({ is: 'all' }),
    fc.constant<FileTest>({ is: 'executable' }),
    fc.record({ is: fc.constantFrom('name' as const, 'ext' as const, 'path' as const), values: fc.array(byteString) }),
    fc.record({
      is: fc.constant('matches' as const),
      on: fc.constantFrom('name' as const, 'path' as const),
      glob: byteString,
    }),
    fc.record({ is: fc.constant('under' as const), folder }),
    fc.record({
      is: fc.constant('size' as const),
      op: fc.constantFrom('<' as const, '!=' as const),
      bytes: fc.maxSafeNat(),
    }),
    fc.record({ is: fc.constant('age' as const), op: fc.constantFrom('<=' as const, '>' as const), seconds: fc.nat() }),
    fc.record({ is: fc.constant('mode' as const), values: fc.array(fc.nat(0o7777)) }),
    fc.record({ is: fc.constant('listed' as const), source: fc.string(), paths: fc.array(folder) }),
    fc.record({ is: fc.constant('not' as const), test: tie('test') }),
    fc.record({ is: fc.constantFrom('and' as const, 'or' as const), tests: fc.array(tie('test'), { maxLength: 3 }) }),
  ),
})).test;

const command = fc
  .tuple(
    fc.constantFrom('systemctl', '/opt/x y/run', 'nginx'),
    fc.array(
      fc.string().filter(text => !text.includes('\0')),
      { maxLength: 3 },
    ),
  )
  .map(parts => parts.flat());
const lock: fc.Arbitrary<LockStrategy> = fc.record({
  strategy: fc.constant('lock' as const),
  wait: fc.nat(86_400),
  hold: fc.integer({ min: 1, max: 86_400 }),
  by: fc.oneof(
    fc.record({ kind: fc.constantFrom('advisory' as const, 'permissions' as const) }),
    fc.record({ kind: fc.constant('command' as const), command, release: command }),
  ),
});
const consistency: fc.Arbitrary<Consistency> = fc.oneof(
  fc.constant<Consistency>({ strategy: 'none' }),
  lock,
  fc.record({
    strategy: fc.constant('verify' as const),
    rounds: fc.integer({ min: 1, max: 100 }),
    every: fc.nat(3600),
    then: fc.oneof(fc.constant('fail' as const), lock),
  }),
);
const hook: fc.Arbitrary<HookPlan> = fc.record({
  when: fc.constantFrom('before' as const, 'after' as const),
  changed: fc.option(fc.array(fc.record({ base: folder, test: tree }), { minLength: 1, maxLength: 2 })),
  command,
  on: fc.constantFrom('master' as const, 'remote' as const, 'server' as const),
  timeout: fc.integer({ min: 1, max: 86_400 }),
});
const account = fc.option(fc.constantFrom('www-data', 'host$', '33', '0'));
const mode = fc.option(fc.nat(0o7777));
const set: fc.Arbitrary<SetPlan | null> = fc.option(
  fc.record({ owner: account, group: account, files: mode, folders: mode }),
);

const transfer: fc.Arbitrary<TransferPlan> = fc.record({
  mode: fc.constantFrom('auto' as const, 'whole' as const, 'delta' as const),
  compress: fc.nat(9),
  encrypt: fc.boolean(),
  limit: fc.option(fc.record({ rate: fc.integer({ min: 1024 }), shared: fc.string({ minLength: 1, maxLength: 80 }) })),
});

const plan: fc.Arbitrary<Plan> = fc
  .record({
    ids: fc.uniqueArray(name, { minLength: 2, maxLength: 4 }),
    path: fc.string({ minLength: 1 }),
    base: fc.string(),
    state: fc.option(fc.string({ minLength: 1 })),
    parallel: fc.integer({ min: 1, max: 3 }),
    consistency,
    other: consistency,
    transfer,
    otherwise: transfer,
    hooks: fc.array(hook, { maxLength: 3 }),
    set,
    commit: fc.constantFrom('independent' as const, 'together' as const),
    durability: fc.constantFrom('strict' as const, 'none' as const),
    attributes: fc.subarray(['mode', 'modified', 'owner', 'group', 'acl', 'xattr', 'special'] as const),
    terms: fc.array(fc.record({ base: folder, include: tree, except: fc.option(tree) }), {
      minLength: 1,
      maxLength: 3,
    }),
    inputs: fc.dictionary(name, fc.string()),
    algorithm: fc.constantFrom(...ALGORITHMS),
    protect: fc.array(byteString),
    port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
  })
  .map(
    ({
      ids,
      path,
      base,
      state,
      parallel,
      terms,
      inputs,
      algorithm,
      protect,
      port,
      other,
      otherwise,
      ...block
    }): Plan => {
      const [master = '', ...remotes] = ids;
      const rootsOf = (id: string) =>
        Array.from({ length: id === master ? 1 : parallel }, () => ({ path, base, state }));
      return {
        plan: 1,
        sources: [{ path: 'x.sp', sha256: 'a'.repeat(64) }],
        inputs,
        hosts: ids.map(id => ({
          id,
          name: id,
          region: 'default',
          group: 'default',
          tags: [],
          address:
            id === master
              ? { kind: 'local' as const }
              : { kind: 'ssh' as const, host: '10.0.0.1', base: '', ...(port === undefined ? {} : { port }) },
          agent: 'auto' as const,
        })),
        blocks: [
          {
            name: 'app',
            after: [],
            master,
            remotes,
            takes: [
              {
                from: { root: 'www', folder: '' },
                into: { root: 'www', folder: '' },
                roots: Object.fromEntries(ids.map(id => [id, rootsOf(id)])),
                terms,
              },
            ],
            order: terms.map(({ base: at, include }) => ({ base: at, test: include })),
            compare: { by: 'checksum', algorithm },
            links: { symbolic: 'keep', hard: 'keep', escaping: 'keep' },
            consistencyOf: Object.fromEntries(remotes.map(id => [id, other])),
            transferOf: Object.fromEntries(remotes.map(id => [id, otherwise])),
            delete: { mode: 'mirror', maxPercent: 2.5, maxFiles: null, protect, trash: 60 },
            ...block,
          },
        ],
        onFailure: 'continue',
        parallel: 16,
      };
    },
  );

/** Without prototypes, which a reader leaves out on purpose. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what is encoded is decoded to the same plan', () => {
  fc.assert(
    fc.property(plan, one => {
      const text = encodePlan(one);
      const back = decodePlan(text);
      assert.deepEqual(plain(back), plain(one));
      assert.equal(encodePlan(back), text);
      assert.equal(planHash(back), planHash(one));
    }),
    { numRuns: 300 },
  );
});

test('the order of keys does not matter to the bytes', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, one]) => [key, shuffled(one)]),
    );
  };
  for (const text of golden) {
    assert.equal(encodePlan(shuffled(JSON.parse(text)) as Plan), text);
    assert.ok(text.endsWith('}\n'));
  }
});

test('the hash of a plan changes with anything in it', () => {
  const [text = ''] = golden;
  const one = decodePlan(text);
  assert.match(planHash(one), /^[0-9a-f]{64}$/);
  assert.notEqual(planHash(one), planHash({ ...one, parallel: one.parallel + 1 }));
});

test('records answer for their own keys alone', () => {
  for (const text of golden) {
    const { inputs, blocks } = decodePlan(text);
    assert.equal(inputs.constructor, undefined);
    for (const { takes, consistencyOf } of blocks) {
      assert.equal(consistencyOf.constructor, undefined);
      for (const { roots } of takes) assert.equal(roots.toString, undefined);
    }
  }
});

type Json = Record<string, unknown>;

test('a text that is no plan is refused with the reason', () => {
  const text = golden.find(one => one.includes('"consistency"')) ?? '';
  const change = (edit: (plan: Record<string, unknown>) => void): string => {
    const json = JSON.parse(text);
    edit(json);
    return JSON.stringify(json);
  };
  const hook = { when: 'after', changed: null, command: ['x'], on: 'remote', timeout: 60 };
  const lock = { strategy: 'lock', wait: 30, hold: 300, by: { kind: 'advisory' } };
  const fixed = { owner: null, group: null, files: null, folders: null };
  const faults: readonly (readonly [(block: Json) => void, RegExp])[] = [
    [block => (block.hooks = [{ ...hook, command: [] }]), /hooks\[0\]\.command: names no program/],
    [block => (block.hooks = [{ ...hook, command: ['./x'] }]), /hooks\[0\]\.command: names no program/],
    [block => (block.hooks = [{ ...hook, command: ['x', 'a\0'] }]), /hooks\[0\]\.command\[1\]: holds a NUL/],
    [block => (block.hooks = [{ ...hook, on: 'mirror' }]), /hooks\[0\]\.on/],
    [block => (block.consistency = { ...lock, hold: 0 }), /consistency\.hold/],
    [block => (block.consistency = { ...lock, by: { kind: 'command', command: ['x'] } }), /consistency\.by\.release/],
    [block => (block.consistencyOf = { 'web 01': lock }), /consistencyOf/],
    [block => (block.set = { ...fixed, owner: 'a b' }), /set\.owner: is no owner or group/],
    [block => (block.set = { ...fixed, files: 0o10000 }), /set\.files/],
    [block => delete block.commit, /commit/],
    [
      block => {
        const [take] = block.takes as Json[];
        const { [block.master as string]: own } = take!.roots as Record<string, unknown[]>;
        own!.push(own![0]);
      },
      /cannot pair the parallel paths/,
    ],
  ];
  const refusals: readonly [string, RegExp][] = [
    ['', /no JSON/],
    ['{', /no JSON/],
    ['[]', /does not say its version/],
    ['null', /does not say its version/],
    [`${'['.repeat(100_000)}`, /nested more than/],
    [change(json => (json.plan = 2)), /of version 2, and this program knows version 1/],
    [change(json => (json.extra = 1)), /extra/],
    [change(json => (json.parallel = 0)), /parallel/],
    [change(json => (json.hosts = [])), /names the host .* which is not in it/],
    [change(json => (json.hosts as unknown[]).push((json.hosts as unknown[])[0])), /a host is in it twice/],
    [change(json => ((json.blocks as { after: string[] }[])[0]!.after = ['nobody'])), /does not stand before it/],
    [
      change(json => ((json.blocks as { takes: { roots: object }[] }[])[0]!.takes[0]!.roots = {})),
      /does not say where/,
    ],
    [
      change(
        json => ((json.blocks as { takes: { from: object }[] }[])[0]!.takes[0]!.from = { root: 'x', folder: '../y' }),
      ),
      /blocks\[0\]\.takes\[0\]\.from\.folder: is no folder below a root/,
    ],
    [
      change(
        json =>
          ((json.hosts as { address: object }[])[0]!.address = { kind: 'ssh', host: '-oProxyCommand=x', base: '' }),
      ),
      /hosts\[0\]\.address\.host: is no address/,
    ],
    ...faults.map(([edit, why]): [string, RegExp] => [change(json => edit((json.blocks as Json[])[0]!)), why]),
    [text.replace(/"inputs": \{[^}]*\}/, '"inputs": {"__proto__": "x"}'), /__proto__/],
  ];
  for (const [one, why] of refusals) {
    assert.throws(
      () => decodePlan(one),
      (error: Error) => {
        assert.match(error.message, why);
        assert.match(error.message, /^the plan cannot be read: /);
        return true;
      },
      one.slice(0, 80),
    );
  }
});

test.run();
