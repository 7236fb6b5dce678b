// Builds everything: each TypeScript file to build/ by itself (for tests), and the shipped bundles to dist/.
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const rooms = ['grammar', 'compiler', 'runtime', 'test'];
const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const sources = (
  await Promise.all(
    rooms.map(room => readdir(room, { recursive: true }).then(names => names.map(name => join(room, name)))),
  )
)
  .flat()
  .filter(name => /\.tsx?$/.test(name) && !name.includes('/samples/'));

const common = {
  format: 'esm',
  platform: 'node',
  target: 'node18',
  define: { SYNCPLAN_VERSION: JSON.stringify(version), SYNCPLAN_PROGRAM: '""' },
  logLevel: 'warning',
  jsx: 'automatic',
};
// Bundled CommonJS packages call require; an ES module has none of its own.
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

/** yargs measures help that is never shown: usage.ts writes it. The table of all widths takes a third of the start. */
const plainWidths = {
  name: 'plain-widths',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(string-width|strip-ansi|wrap-ansi)$/ }, ({ path, importer }) =>
      /node_modules\/(yargs|cliui)\//.test(importer) ? { path, namespace: 'plain' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'plain' }, ({ path }) => ({
      contents: `export default text => ${path === 'string-width' ? 'text.length' : 'text'};`,
    }));
  },
};

if (!process.argv.includes('--keep')) await rm('build', { recursive: true, force: true });
await build({ ...common, entryPoints: sources, outdir: 'build', outbase: '.', sourcemap: 'inline' });
await gatherPackages({ chevrotain: ['.'], zod: ['.', './mini'] });
if (!process.argv.includes('--tests-only')) {
  await rm('dist', { recursive: true, force: true });
  if (sources.includes('runtime/cli/agent.ts')) {
    await build({
      ...common,
      entryPoints: ['runtime/cli/agent.ts'],
      // No module: its compiled code is kept where it runs (runtime/host/agent/remote-command.ts).
      format: 'cjs',
      outfile: 'dist/agent.cjs',
      bundle: true,
      minify: true,
      // Packages as ES modules where they can be: what nobody uses is left out.
      mainFields: ['module', 'main'],
      legalComments: 'none',
    });
    expectAscii('dist/agent.cjs', await readFile('dist/agent.cjs'));
  }
  if (sources.includes('runtime/cli/syncplan.ts')) await bundleProgram();
}

/**
 * Two bundles: the program's start, which says usage at once, with the screen, whose packages must be modules; and all the rest,
 * one script with its content in its name, because its compiled code is kept (runtime/cli/compiled.ts).
 */
async function bundleProgram() {
  // Bundled CommonJS packages ask for their folder, and find all they need in the bundle.
  const define = { ...common.define, 'process.env.NODE_ENV': '"production"', __dirname: '"."' };
  // Native parts of packages are left out: these do without.
  const external = ['react-devtools-core', 'cpu-features', '*.node'];
  const shared = { ...common, outdir: 'dist', bundle: true, minify: true, external, legalComments: 'none' };
  const { outputFiles } = await build({
    ...shared,
    entryPoints: { program: 'runtime/cli/main.ts' },
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: { ...define, 'import.meta.url': '__bundle' },
    plugins: [plainWidths],
    banner: { js: "const __bundle = require('node:url').pathToFileURL(__filename).href;" },
    write: false,
  });
  await mkdir('dist', { recursive: true });
  for (const { path, contents } of outputFiles) {
    expectAscii(path, contents);
    await writeFile(path, contents);
  }
  await build({
    ...shared,
    entryPoints: ['runtime/cli/syncplan.ts'],
    define: { ...define, SYNCPLAN_PROGRAM: JSON.stringify(`./${basename(outputFiles[0].path)}`) },
    splitting: true,
    banner: { js: `#!/usr/bin/env node\n${banner.js}` },
  });
  await chmod('dist/syncplan.js', 0o755);
}

/** Scripts whose compiled code is kept are read byte by byte. */
function expectAscii(path, contents) {
  if (contents.some(byte => byte > 127)) throw new Error(`${path} holds more than ASCII`);
}

/**
 * Packages of hundreds of files, each as one beside the compiled tests, where Node.js finds it first: to open all of
 * them takes a test that reads plans longer than to run. The shipped bundles are made of the packages themselves.
 */
async function gatherPackages(packages) {
  const outdir = 'build/node_modules';
  const fileOf = (name, path) => join(name, path, 'index');
  const entryPoints = Object.entries(packages).flatMap(([name, paths]) =>
    paths.map(path => ({ in: join(name, path), out: fileOf(name, path) })),
  );
  await build({ ...common, entryPoints, outdir, bundle: true, splitting: true, sourcemap: false });
  for (const [name, paths] of Object.entries(packages)) {
    const exports = Object.fromEntries(paths.map(path => [path, `./${fileOf('.', path)}.js`]));
    await writeFile(join(outdir, name, 'package.json'), JSON.stringify({ type: 'module', exports }));
  }
}
