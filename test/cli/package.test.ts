// The package as npm makes it: what is in it, and that it runs where it is installed, without a network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { runProcess, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

let folder: string;
let prefix: string;
let files: string[];
const env = () => ({ HOME: join(folder, 'home'), npm_config_cache: join(folder, 'cache'), npm_config_offline: 'true' });

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'syncplan-package-'));
  prefix = join(folder, 'global');
  mkdirSync(join(folder, 'home'));
  const npm = (...args: string[]): string =>
    execFileSync('npm', args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  // dist is built already: packing must not build it again under the feet of other tests.
  const [packed] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', folder)) as [
    { filename: string; files: { path: string }[] },
  ];
  files = packed!.files.map(({ path }) => path).sort();
  npm(
    'install',
    '--global',
    '--prefix',
    prefix,
    '--offline',
    '--no-audit',
    '--no-fund',
    join(folder, packed!.filename),
  );
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const program = (...args: string[]) => runProcess(join(prefix, 'bin/syncplan'), args, { cwd: folder, env: env() });

test('the package holds the bundles and the papers, and nothing else', () => {
  const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  assert.deepEqual(
    files.filter(name => !name.startsWith('dist/')),
    papers,
  );
  const bundles = files.filter(name => name.startsWith('dist/'));
  assert.ok(bundles.includes('dist/syncplan.js') && bundles.includes('dist/agent.cjs'));
  assert.deepEqual(
    bundles.filter(name => !/^dist\/([\w-]+)\.[mc]?js$/.test(name)),
    [],
  );
});

test('no bundle mentions the machine it was built on', () => {
  const root = join(prefix, 'lib/node_modules/syncplan');
  for (const name of files) assert.ok(!readFileSync(join(root, name), 'utf8').includes(process.cwd()), name);
  assert.equal(existsSync(join(root, 'node_modules')), false);
});

test('installed globally elsewhere it says its version and applies a local plan', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.deepEqual(await program('--version'), { code: 0, signal: null, out: `syncplan ${version}\n`, err: '' });
  const init = await program('init', 'tour');
  assert.equal(init.code, 0, said(init.err));
  mkdirSync(join(folder, 'tour/site'));
  writeFileSync(join(folder, 'tour/site/index.html'), 'hello\n');
  const plan = await program('plan', 'tour/rollout.sp', '--exit-code');
  assert.equal(plan.code, 2, said(plan.err));
  const apply = await program('apply', 'tour/rollout.sp');
  assert.equal(apply.code, 0, said(apply.err));
  assertSameTree(join(folder, 'tour/copy'), join(folder, 'tour/site'));
});

test.run();
