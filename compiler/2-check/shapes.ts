// What a condition says about a file's name and place, as alternatives; and conditions moved to another folder.
import { type Glob, parseGlob } from '../glob.js';
import { globShapes } from '../glob-shape.js';
import type { Comparison, FileTest } from '../plan.js';

export type { Glob } from '../glob.js';

/** Of every file that meets it; null and '' where nothing is known. */
export type Shape = {
  /** It lies in this folder, or (unless `path` is known) below it. */
  readonly folder: string;
  readonly name: string | null;
  readonly ext: string | null;
  readonly path: string | null;
  /** Nothing but the extension is asked for. */
  readonly onlyExt: boolean;
};

const NOTHING: Shape = { folder: '', name: null, ext: null, path: null, onlyExt: false };

/** null: it says nothing about names, or too much. */
export const shapesOf = (test: FileTest): readonly Shape[] | null => {
  switch (test.is) {
    case 'name':
      return test.values.map(name => ({ ...NOTHING, name, ext: extensionOf(name) }));
    case 'ext':
      return test.values.map(ext => ({ ...NOTHING, ext, onlyExt: true }));
    case 'path':
      return test.values.map(shapeOfPath);
    case 'listed':
      return test.paths.length > 200 ? null : test.paths.map(shapeOfPath);
    case 'under':
      return [{ ...NOTHING, folder: test.folder }];
    case 'matches': {
      const glob = globOf(test.glob);
      if (glob === null) return null;
      return globShapes(glob).map(({ folder, name, extension }, at) => ({
        folder,
        name,
        ext: name === null ? extension : extensionOf(name),
        path: glob.alternatives[at]?.kind === 'path' ? `${folder === '' ? '' : `${folder}/`}${name}` : null,
        onlyExt: false,
      }));
    }
    default:
      return null;
  }
};

const shapeOfPath = (path: string): Shape => {
  const name = leafOf(path);
  return { folder: parentOf(path), name, ext: extensionOf(name), path, onlyExt: false };
};

/** The same files, told from a folder above: `at` leads from there to the folder the test speaks of. */
export const moved = (test: FileTest, at: string): FileTest =>
  at === '' ? test : { is: 'and', tests: [{ is: 'under', folder: at }, movedTest(test, at)] };

const movedTest = (test: FileTest, at: string): FileTest => {
  switch (test.is) {
    case 'not':
      return { is: 'not', test: movedTest(test.test, at) };
    case 'and':
    case 'or':
      return { is: test.is, tests: test.tests.map(one => movedTest(one, at)) };
    case 'path':
      return { is: 'path', values: test.values.map(path => `${at}/${path}`) };
    case 'listed':
      return { ...test, paths: test.paths.map(path => `${at}/${path}`) };
    case 'under':
      return { is: 'under', folder: `${at}/${test.folder}` };
    case 'matches':
      if (test.on === 'name' || !test.glob.includes('/')) return test;
      return { ...test, glob: `${at.replace(/[*?[\]{}\\]/g, '\\$&')}/${test.glob.replace(/^\//, '')}` };
    default:
      return test;
  }
};

const parsed = new Map<string, Glob | null>();

/** Parsed once; null where a glob cannot be moved as it is written. */
export const globOf = (text: string): Glob | null => {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const glob = parseGlob(text);
  const found = 'error' in glob ? null : glob;
  if (parsed.size > 10_000) parsed.clear();
  parsed.set(text, found);
  return found;
};

/** The smallest and the greatest size that a comparison allows. */
export const sizesOf = (op: Exclude<Comparison, '!='>, bytes: number): readonly [low: number, high: number] => {
  switch (op) {
    case '<':
      return [0, bytes - 1];
    case '<=':
      return [0, bytes];
    case '>':
      return [bytes + 1, Number.POSITIVE_INFINITY];
    case '>=':
      return [bytes, Number.POSITIVE_INFINITY];
    case '=':
      return [bytes, bytes];
  }
};

/** What follows the last dot that is not the first character. */
export const extensionOf = (name: string): string => {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1) : '';
};

export const leafOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

export const within = (path: string, folder: string): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);
