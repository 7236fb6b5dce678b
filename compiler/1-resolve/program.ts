// What the compiler is given: the parsed files of a plan, in the order of the text, and the lists they name.
import { posix } from 'node:path';
import type { PlanSyntax, Statement } from '../../grammar/ast.js';
import type { Source, Span } from '../../grammar/source.js';

export type Program = {
  /** The main file's path, as messages name it. */
  readonly main: string;
  /** By path as messages name it. */
  readonly files: ReadonlyMap<string, ProgramFile>;
  /** Every statement of every file: what is imported stands where its import stands. */
  readonly statements: readonly Statement[];
  /** The paths behind `listed in` by `shownBeside(file, text)`, as byte strings; null where they could not be read. */
  readonly lists: ReadonlyMap<string, readonly string[] | null>;
  /** Every import could be read. */
  readonly isWhole: boolean;
};

export type ProgramFile = {
  readonly source: Source;
  readonly syntax: PlanSyntax;
  /** Its path as the main file's folder sees it: the same wherever the plan lies and is called from. */
  readonly shown: string;
  /** Its syntax has errors, so parts of it may be missing. */
  readonly broken: boolean;
};

/** The folder of the file that holds a place, as the main file's folder sees it; '' for that folder itself. */
export const baseOf = (program: Program, span: Span): string => folderOf(program.files.get(span.file)?.shown ?? '');

/** Where the command line said it: no file of the plan is at fault. `option` is as it was given: `--remote web`. */
export const givenAs = (option: string): Span => ({ file: option, start: 0, end: 0 });

/** A path that a file names is relative to the folder it is in. */
export const beside = (file: string, path: string): string =>
  posix.isAbsolute(path) ? posix.normalize(path) : posix.join(posix.dirname(file), path);

/** The same, as the main file's folder sees it. */
export const shownBeside = (program: Program, file: string, path: string): string =>
  beside(program.files.get(file)?.shown ?? '', path);

const folderOf = (path: string): string => {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
};
