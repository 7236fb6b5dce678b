// Who may import whom: direction between rooms, no cycles, and where each package lives.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type Module, readModules } from './modules.js';

const modules = readModules();

test('the reader of imports sees the whole house', () => {
  const ours = modules.flatMap(module => module.imports.filter(target => target.kind === 'ours'));
  assert.ok(modules.length >= 100, `saw only ${modules.length} modules`);
  assert.ok(ours.length >= 250, `saw only ${ours.length} imports`);
  for (const room of [
    'grammar',
    'compiler',
    'runtime/tree',
    'runtime/bytes',
    'runtime/host',
    'runtime/link',
    'runtime/engine',
    'runtime/ui',
    'runtime/cli',
  ]) {
    assert.ok(
      modules.some(module => module.path.startsWith(`${room}/`) && module.imports.length > 0),
      `saw no imports in ${room}`,
    );
  }
  for (const module of modules) {
    const lines = module.text
      .split('\n')
      .filter(line => /^import (type )?(\{|\*|\w+ from)|^import '[^']+';$/.test(line)).length;
    assert.ok(
      module.imports.length >= lines,
      `${module.path}: ${lines} import statements, ${module.imports.length} understood`,
    );
  }
});

/** A room is the first row whose prefix fits; it may import itself and the rooms it lists, by prefix. */
const ROOMS: readonly (readonly [prefix: string, may: readonly string[]])[] = [
  ['grammar/', ['grammar/']],
  ['compiler/plan.ts', []],
  ['compiler/glob', ['compiler/glob']],
  ['compiler/1-resolve/', ['grammar/', 'compiler/plan.ts', 'compiler/glob', 'compiler/catalog', 'compiler/1-resolve/']],
  [
    'compiler/2-check/',
    ['grammar/', 'compiler/plan.ts', 'compiler/glob', 'compiler/catalog', 'compiler/1-resolve/', 'compiler/2-check/'],
  ],
  [
    'compiler/3-lower/',
    [
      'grammar/',
      'compiler/plan.ts',
      'compiler/glob',
      'compiler/catalog',
      'compiler/1-resolve/',
      'compiler/2-check/',
      'compiler/3-lower/',
    ],
  ],
  ['compiler/', ['grammar/', 'compiler/']],
  ['runtime/tree/', ['runtime/tree/', 'runtime/bytes/', 'compiler/plan.ts', 'compiler/glob']],
  ['runtime/bytes/', ['runtime/bytes/', 'compiler/plan.ts']],
  ['runtime/host/', ['runtime/host/', 'runtime/tree/', 'runtime/bytes/', 'compiler/plan.ts']],
  [
    'runtime/link/',
    [
      'runtime/link/',
      'runtime/tree/',
      'runtime/bytes/',
      'runtime/host/host.ts',
      'runtime/host/host-error.ts',
      'compiler/plan.ts',
    ],
  ],
  [
    'runtime/engine/',
    [
      'runtime/engine/',
      'runtime/tree/',
      'runtime/bytes/',
      'runtime/host/host.ts',
      'runtime/host/host-error.ts',
      'compiler/plan.ts',
    ],
  ],
  ['runtime/ui/', ['runtime/ui/', 'runtime/engine/events.ts', 'runtime/tree/', 'grammar/']],
  ['runtime/cli/', ['grammar/', 'compiler/', 'runtime/']],
  ['test/', ['grammar/', 'compiler/', 'runtime/', 'test/']],
];

test('imports go only the way the house allows', () => {
  const wrong = modules.flatMap(({ path, imports }) => {
    const row = ROOMS.find(([prefix]) => path.startsWith(prefix));
    assert.ok(row, `${path} is in no room`);
    return imports
      .filter(({ kind, target }) => kind === 'ours' && !row[1].some(prefix => target.startsWith(prefix)))
      .map(({ target }) => `${path} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

test('no module can reach itself through its imports', () => {
  const known = new Map(modules.map(module => [module.path, module]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (module: Module, trail: readonly string[]): void => {
    if (state.get(module.path) === 'done') return;
    if (state.get(module.path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(module.path)), module.path].join(' → '));
      return;
    }
    state.set(module.path, 'open');
    for (const { target, kind } of module.imports) {
      const next = kind === 'ours' ? known.get(target) : undefined;
      if (next !== undefined) visit(next, [...trail, module.path]);
    }
    state.set(module.path, 'done');
  };
  for (const module of modules) visit(module, []);
  assert.deepEqual(cycles, []);
});

/** Where each package may be imported, by prefix; a package without a row may be imported nowhere. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ['grammar/'],
  'hash-wasm': ['runtime/bytes/'],
  execa: ['runtime/host/', 'test/'],
  ink: ['runtime/ui/'],
  react: ['runtime/ui/', 'test/ui/'],
  'string-width': ['runtime/ui/', 'test/ui/'],
  yargs: ['runtime/cli/arguments.ts'],
  msgpackr: ['runtime/host/'],
  ssh2: ['runtime/host/sftp/', 'test/support/'],
  'ssh2-sftp-client': ['runtime/host/sftp/'],
  zod: ['compiler/', 'runtime/host/', 'runtime/cli/'],
  'p-limit': ['runtime/engine/', 'runtime/host/', 'runtime/cli/'],
  uvu: ['test/'],
  'fast-check': ['test/'],
  'ink-testing-library': ['test/ui/'],
  esbuild: ['test/'],
};

test('each package is imported only where it lives', () => {
  const wrong = modules.flatMap(({ path, imports }) =>
    imports
      .filter(
        ({ kind, target }) => kind === 'package' && !(PACKAGES[target] ?? []).some(prefix => path.startsWith(prefix)),
      )
      .map(({ target }) => `${path} imports ${target}`),
  );
  assert.deepEqual(wrong, []);
});

test('grammar and the pure rooms touch no file and no network', () => {
  const impure = /^node:(fs|net|tls|http|https|dgram|child_process|os|worker_threads)/;
  const wrong = modules
    .filter(({ path }) => /^(grammar|runtime\/tree|runtime\/engine)\//.test(path))
    .flatMap(({ path, imports }) =>
      imports.filter(({ target }) => impure.test(target)).map(({ target }) => `${path} imports ${target}`),
    );
  assert.deepEqual(wrong, []);
});

test.run();
