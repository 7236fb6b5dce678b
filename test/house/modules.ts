// Every TypeScript file of the project with what it imports, read from its text.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export type Module = {
  /** `runtime/tree/path.ts` */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
};

export type Import = {
  /** A file of the project (`runtime/tree/path.ts`), a package (`zod`), or a module of Node.js (`node:fs`). */
  readonly target: string;
  readonly kind: 'ours' | 'package' | 'node';
  /** Only when a command runs, not when the file is loaded. */
  readonly dynamic: boolean;
};

const ROOMS = ['grammar', 'compiler', 'runtime', 'test'];

export const readModules = (): readonly Module[] => {
  const paths = ROOMS.flatMap(room => readdirSync(room, { recursive: true }).map(name => join(room, String(name))))
    .filter(path => /\.tsx?$/.test(path) && !path.endsWith('.d.ts') && !path.includes('/samples/'))
    .sort();
  const known = new Set(paths);
  return paths.map(path => {
    const text = readFileSync(path, 'utf8');
    return { path, text, imports: importsOf(path, text, known) };
  });
};

/** Statements begin a line; `from` may stand lines later. Comments and strings that look like imports begin none here. */
const STATIC = /^(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?'([^'\n]+)';/gm;
const DYNAMIC = /\bimport\('([^'\n]+)'\)/g;

const importsOf = (path: string, text: string, known: ReadonlySet<string>): Import[] => [
  ...[...text.matchAll(STATIC)].map(match => resolve(path, match[1] ?? '', false, known)),
  ...[...text.matchAll(DYNAMIC)].map(match => resolve(path, match[1] ?? '', true, known)),
];

const resolve = (from: string, name: string, dynamic: boolean, known: ReadonlySet<string>): Import => {
  if (name.startsWith('node:')) return { target: name, kind: 'node', dynamic };
  if (!name.startsWith('.')) return { target: packageOf(name), kind: 'package', dynamic };
  const base = normalize(join(dirname(from), name)).replace(/\.js$/, '');
  const target = [`${base}.ts`, `${base}.tsx`].find(candidate => known.has(candidate));
  if (target === undefined) throw new Error(`${from} imports ${name}, which is no file of the project`);
  return { target, kind: 'ours', dynamic };
};

const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
