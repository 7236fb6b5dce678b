// What stands around the code: papers name what exists, the lockfile names no server, the agent carries only its own rooms.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { test } from 'uvu';

const PAPERS = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'];

test('every paper is there', () => {
  assert.deepEqual(
    PAPERS.filter(name => !existsSync(name)),
    [],
  );
});

test('ARCHITECTURE.md names only files that exist', () => {
  const named = [
    ...readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/`([\w.-]+\/[\w./-]*|[\w-]+\.(?:md|mjs|json|tsx?))`/g),
  ].map(match => match[1] ?? '');
  assert.ok(named.length >= 25, `names only ${named.length} files`);
  assert.deepEqual(
    named.filter(name => !existsSync(name)),
    [],
  );
});

test('every room of the house is named in ARCHITECTURE.md', () => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  const rooms = [
    'grammar',
    'compiler',
    ...readdirSync('runtime')
      .filter(name => statSync(join('runtime', name)).isDirectory())
      .map(name => `runtime/${name}`),
  ];
  assert.deepEqual(
    rooms.filter(room => !text.includes(`\`${room}/`)),
    [],
  );
});

test('the lockfile names no server to fetch from', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { resolved?: string }>;
  };
  assert.ok(Object.keys(packages).length > 50);
  assert.deepEqual(
    Object.entries(packages)
      .filter(([, row]) => row.resolved !== undefined)
      .map(([name]) => name),
    [],
  );
  assert.ok(!/https?:\/\/[^"]*\/-\//.test(readFileSync('package-lock.json', 'utf8')));
});

test('the published package depends on nothing', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.optionalDependencies, undefined);
  assert.deepEqual(manifest.bin, { syncplan: 'dist/syncplan.js' });
});

test('no file speaks of the place where it was written', () => {
  const foreign = [`/${'work'}/`, `issue ${'#'}`, `${'brief'}.md`, `registry.${'npmjs'}.org`, `/root/${'.'}`];
  const wrong = textFiles().flatMap(path => {
    const text = readFileSync(path, 'utf8');
    return foreign.filter(word => text.includes(word)).map(word => `${path}: ${word}`);
  });
  assert.deepEqual(wrong, []);
});

test('the agent carries neither grammar, nor engine, nor screens', () => {
  const { metafile } = buildSync({
    entryPoints: ['runtime/cli/agent.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    outfile: 'agent.cjs',
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.filter(path => path.startsWith('runtime/host/')).length >= 10, `saw only ${inputs.length} inputs`);
  assert.deepEqual(
    inputs.filter(path => /^(grammar|runtime\/engine|runtime\/ui)\//.test(path)),
    [],
  );
  assert.deepEqual(
    inputs.filter(path => path.startsWith('compiler/') && !/^compiler\/(plan|glob|glob-syntax)\.ts$/.test(path)),
    [],
  );
  assert.deepEqual(
    inputs.filter(path => path.startsWith('runtime/cli/')),
    ['runtime/cli/agent.ts'],
  );
});

/** What a clone holds: files that git knows, or all but the built ones where there is no git. */
function textFiles(): string[] {
  const names = existsSync('.git')
    ? execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }).split(
        '\0',
      )
    : readdirSync('.', { recursive: true })
        .map(String)
        .filter(name => !/^(node_modules|dist|build)\b/.test(name));
  return names.filter(
    name =>
      /\.(ts|tsx|mjs|md|json|sp|yml)$|^\.ci\/|^LICENSE$/.test(name) && existsSync(name) && statSync(name).isFile(),
  );
}

test.run();
