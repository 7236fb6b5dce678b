// The project's own plans: they compile without a finding, to the same bytes everywhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { test } from 'uvu';
import { type Compiled, compile } from '../../compiler/compile.js';
import { encodePlan } from '../../compiler/plan-file.js';
import { compileTexts } from './compiled.js';

const plans = readdirSync('plans').filter(name => name.endsWith('.sp'));

const compileFile = (path: string): Promise<Compiled> => compile(path, { read: readFile, vars: {} });

test('there are plans to try', () => {
  assert.ok(plans.length >= 3, plans.join(' '));
});

for (const name of plans) {
  test(`plans/${name} compiles without a finding, to the plan it compiled to before`, async () => {
    const { plan, diagnostics } = await compileFile(`plans/${name}`);
    assert.deepEqual(
      diagnostics.map(({ code, message }) => `${code} ${message}`),
      [],
    );
    assert.ok(plan !== null);
    const file = `test/compiler/samples/golden/${name.replace(/\.sp$/, '.json')}`;
    if (process.env.UPDATE === '1') writeFileSync(file, encodePlan(plan));
    assert.equal(encodePlan(plan), readFileSync(file, 'utf8'));
  });
}

test('a plan has the same bytes from another folder, in another locale and time zone, and named by its whole path', () => {
  const away = mkdtempSync(join(tmpdir(), 'syncplan-away-'));
  const module = (path: string): string => JSON.stringify(pathToFileURL(resolve('build/compiler', path)).href);
  const script = `
    const { compile } = await import(${module('compile.js')});
    const { encodePlan } = await import(${module('plan-file.js')});
    const { readFile } = await import('node:fs/promises');
    for (const path of process.argv.slice(1)) {
      const { plan } = await compile(path, { read: path => readFile(path), vars: {} });
      process.stdout.write(encodePlan(plan));
    }`;
  const bytes = (cwd: string, names: readonly string[], env: NodeJS.ProcessEnv): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script, '--', ...names], {
      cwd,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
  try {
    const whole = plans.map(name => resolve('plans', name));
    const expected = plans
      .map(name => readFileSync(`test/compiler/samples/golden/${name.replace(/\.sp$/, '.json')}`, 'utf8'))
      .join('');
    const seen = [
      bytes(
        '.',
        plans.map(name => `plans/${name}`),
        { TZ: 'UTC', LC_ALL: 'C' },
      ),
      bytes('plans', plans, { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' }),
      bytes(away, whole, { TZ: 'America/St_Johns', LC_ALL: 'sv_SE.UTF-8', LANG: 'sv_SE.UTF-8', HOME: away }),
      bytes(
        away,
        whole.map(path => relative(away, path)),
        { TZ: 'Asia/Kathmandu', LC_ALL: 'de_DE.UTF-8' },
      ),
    ];
    for (const one of seen) assert.equal(one, expected);
  } finally {
    rmSync(away, { recursive: true });
  }
});

test('website.sp is a plan, with a tree for its route and sections for each pair of hosts', async () => {
  const { plan, diagnostics } = await compileFile('test/compiler/samples/later/website.sp');
  assert.deepEqual(
    diagnostics.filter(({ code }) => code !== 'SP3021'),
    [],
  );
  for (const { route } of plan?.blocks ?? []) {
    assert.equal(route?.shape, 'tree');
    assert.deepEqual({ ...route?.senders }, {});
    assert.notDeepEqual(route?.between['same-group'], route?.between['other-region']);
  }
});

test('exchanges.sp is a plan, with all that it says of consistency and transfers', async () => {
  const text = readFileSync('test/compiler/samples/later/exchanges.sp', 'utf8');
  const { plan, diagnostics } = await compileTexts({ 'exchanges.sp': text });
  assert.deepEqual(
    diagnostics.filter(({ code }) => code !== 'SP3021'),
    [],
  );
  const lock = { strategy: 'lock', wait: 30, hold: 300, by: { kind: 'advisory' } };
  const [schema, tables, programs] = plan?.blocks ?? [];
  assert.deepEqual(schema?.consistency, { ...lock, hold: 120 });
  assert.deepEqual(tables?.consistency, { strategy: 'verify', rounds: 3, every: 2, then: lock });
  // y-03 is a spare one, and no remote.
  assert.deepEqual({ ...tables?.consistencyOf }, { 'y-01': lock, 'y-02': lock });
  assert.deepEqual(programs?.attributes, ['mode', 'modified', 'owner', 'group']);
  assert.deepEqual([schema?.commit, programs?.commit], ['independent', 'together']);
  const command = ['/opt/exchange/bin/standby', 'hold'];
  const release = ['/opt/exchange/bin/standby', 'resume'];
  assert.deepEqual(programs?.consistency, { ...lock, by: { kind: 'command', command, release } });
  const slow = { mode: 'auto', compress: 9, encrypt: true, limit: { rate: 4 * 2 ** 20, shared: 'file other-region' } };
  for (const { remotes, transfer, transferOf } of plan?.blocks ?? []) {
    assert.deepEqual(transfer, { mode: 'auto', compress: 3, encrypt: true, limit: null });
    assert.deepEqual({ ...transferOf }, Object.fromEntries(remotes.map(id => [id, slow])));
  }
  const roots = programs?.takes[0]?.roots ?? {};
  assert.deepEqual(
    Object.entries(roots).map(([id, paths]) => [id, paths.length]),
    [['bench', 1], ...programs!.remotes.map(id => [id, 2])],
  );
});

test('a plan damaged anywhere is compiled or refused with places, and never throws', async () => {
  const texts = new Map(
    ['plans/exchange.sp', 'plans/laboratory.sp', 'test/compiler/samples/later/exchanges.sp'].map(path => [
      path,
      readFileSync(path, 'utf8'),
    ]),
  );
  const damage = fc.record({
    path: fc.constantFrom(...texts.keys()),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    text: fc.constantFrom('', ' ', '"', '{', '}', '[', ',', 'x', '-', '${', '}', '\n', 'not ', 'all', '9', '1%', 'é'),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ path, at, length, text }) => {
      const whole = texts.get(path) ?? '';
      const start = Math.floor(at * whole.length);
      const damaged = whole.slice(0, start) + text + whole.slice(start + length);
      const { plan, diagnostics, sources } = await compile(path, {
        read: async asked => (asked === path ? Buffer.from(damaged) : readFile(asked)),
        vars: {},
      });
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      assert.equal(plan === null, errors.length > 0);
      for (const { span } of diagnostics) {
        const source = sources.find(one => one.path === span.file);
        assert.ok(source !== undefined && span.start <= span.end && span.end <= source.text.length);
      }
    }),
    { numRuns: 60 },
  );
});

test.run();
