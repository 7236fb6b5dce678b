// Reads a plan: its main file, everything that imports reach, and the lists of paths its classes name. The only IO here.
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Expression, Statement, StringValue } from '../grammar/ast.js';
import type { Diagnostic } from '../grammar/diagnostic.js';
import { parse } from '../grammar/parse.js';
import type { Source, Span } from '../grammar/source.js';
import { beside, type Program, type ProgramFile } from './1-resolve/program.js';
import { finding } from './catalog/finding.js';
import * as names from './catalog/names.js';
import { DENIED, FOLDER } from './catalog/unread.js';
import { readList } from './list-file.js';
import type { Plan } from './plan.js';

export type Read = (path: string) => Promise<Uint8Array>;

export type Loaded = {
  readonly program: Program;
  readonly diagnostics: readonly Diagnostic[];
  /** Of every file that was read, sorted by path. */
  readonly hashes: Plan['sources'];
};

export const load = async (main: string, read: Read): Promise<Loaded> => {
  const loading: Loading = {
    read,
    files: new Map(),
    statements: [],
    lists: new Map(),
    hashes: new Map(),
    diagnostics: [],
    isPart: false,
  };
  const start: Span = { file: main, start: 0, end: 0 };
  await loadFile({ path: main, shown: main.slice(main.lastIndexOf('/') + 1), place: start, chain: [] }, loading);
  await loadLists(loading);
  const hashes = [...loading.hashes].map(([path, sha256]) => ({ path, sha256 }));
  return {
    program: {
      main,
      files: loading.files,
      statements: loading.statements,
      lists: loading.lists,
      isWhole: !loading.isPart,
    },
    diagnostics: loading.diagnostics,
    hashes: hashes.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
};

const MAX_FILES = 256;
const MAX_FILE_BYTES = 4 * 2 ** 20;
const MAX_LIST_BYTES = 32 * 2 ** 20;

type Loading = {
  readonly read: Read;
  readonly files: Map<string, ProgramFile>;
  readonly statements: Statement[];
  readonly lists: Map<string, readonly string[] | null>;
  readonly hashes: Map<string, string>;
  readonly diagnostics: Diagnostic[];
  /** Some import could not be read. */
  isPart: boolean;
};

type Wanted = {
  readonly path: string;
  readonly shown: string;
  /** Of the import that asks for it. */
  readonly place: Span;
  /** The files on the way to it, as messages name them. */
  readonly chain: readonly string[];
};

const loadFile = async (wanted: Wanted, loading: Loading): Promise<void> => {
  const { path, shown, place, chain } = wanted;
  // The main file is named as the user likes, `./plan.sp` or `a/../plan.sp`; what is imported comes in its plainest form.
  const before = chain.findIndex(one => posix.normalize(one) === path);
  if (before >= 0) {
    loading.diagnostics.push(finding(names.importCycle, place, [[...chain.slice(before), path]]));
    return;
  }
  if (loading.files.has(path)) return;
  const bytes = await readFile(wanted, MAX_FILE_BYTES, loading, why =>
    finding(names.importMissing, place, [path, why, chain.length === 0]),
  );
  const text = bytes === null ? null : decode(bytes);
  if (typeof text !== 'string') loading.isPart = true;
  if (text === null) return;
  if (typeof text === 'number') {
    loading.diagnostics.push(finding(names.notUtf8, place, [path, text]));
    return;
  }
  const source: Source = { path, text };
  const { syntax, diagnostics } = parse(source);
  const broken = diagnostics.some(({ severity }) => severity === 'error');
  loading.files.set(path, { source, syntax, shown, broken });
  loading.diagnostics.push(...diagnostics);
  for (const statement of syntax.statements) {
    loading.statements.push(statement);
    if (statement.head.text === 'import') await loadImport(statement, wanted, loading);
  }
};

const loadImport = async (statement: Statement, from: Wanted, loading: Loading): Promise<void> => {
  const written = statement.items.find(item => item.kind === 'string');
  if (written?.kind !== 'string') return;
  const text = plainText(written);
  if (text === null) {
    loading.diagnostics.push(finding(names.insertedPath, written.span, ['a file of the plan']));
    loading.isPart = true;
    return;
  }
  await loadFile(
    {
      path: beside(from.path, text),
      shown: beside(from.shown, text),
      place: written.span,
      chain: [...from.chain, from.path],
    },
    loading,
  );
};

const loadLists = async (loading: Loading): Promise<void> => {
  for (const { syntax, shown } of [...loading.files.values()]) {
    for (const statement of syntax.statements) {
      for (const written of statement.where === null ? [] : listsIn(statement.where)) {
        const text = plainText(written);
        if (text === null) continue;
        const list = { path: beside(syntax.file, text), shown: beside(shown, text), place: written.span, chain: [] };
        if (!loading.lists.has(list.shown)) loading.lists.set(list.shown, await loadList(list, loading));
      }
    }
  }
};

const loadList = async (list: Wanted, loading: Loading): Promise<readonly string[] | null> => {
  const bytes = await readFile(list, MAX_LIST_BYTES, loading, why =>
    finding(names.listedMissing, list.place, [list.path, why]),
  );
  if (bytes === null) return null;
  const found = readList(bytes);
  if ('paths' in found) return found.paths;
  loading.diagnostics.push(finding(names.listedPath, list.place, [list.path, found.line, found.flaw]));
  return null;
};

/** The bytes, hashed; null where they cannot be had, which is reported. */
const readFile = async (
  { path, shown, place }: Wanted,
  maxBytes: number,
  loading: Loading,
  missing: (why: string) => Diagnostic,
): Promise<Uint8Array | null> => {
  const refuse = (limit: string): null => {
    loading.diagnostics.push(finding(names.tooMuchRead, place, [path, limit]));
    return null;
  };
  if (loading.hashes.size >= MAX_FILES) return refuse(`a plan has at most ${MAX_FILES} files`);
  let bytes: Uint8Array;
  try {
    bytes = await loading.read(path);
  } catch (error) {
    loading.diagnostics.push(missing(reason(error)));
    return null;
  }
  if (bytes.length > maxBytes) return refuse(`it is larger than ${maxBytes / 2 ** 20} MiB`);
  loading.hashes.set(shown, createHash('sha256').update(bytes).digest('hex'));
  return bytes;
};

const reason = (error: unknown): string => {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EISDIR':
      return FOLDER;
    case 'EACCES':
    case 'EPERM':
      return DENIED;
    case 'ELOOP':
      return 'its symbolic links lead in a circle';
    default:
      return code ?? message ?? 'reading failed';
  }
};

/** The text, or the offset of the first byte that is not UTF-8. A byte order mark stays, for the parser to speak of. */
const decode = (bytes: Uint8Array): string | number => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return firstInvalid(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
};

const firstInvalid = (bytes: Buffer): number => {
  const text = bytes.toString('utf8');
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    if (bytes.toString('latin1', offset, offset + 3) !== '\u00ef\u00bf\u00bd') return offset;
  }
  return 0;
};

const plainText = (value: StringValue): string | null =>
  value.parts.every(part => typeof part === 'string') ? value.parts.join('') : null;

const listsIn = (expression: Expression): readonly StringValue[] => {
  switch (expression.kind) {
    case 'not':
      return listsIn(expression.operand);
    case 'and':
    case 'or':
      return expression.operands.flatMap(listsIn);
    case 'test':
      return expression.operator === 'listed in' && expression.operand?.kind === 'string' ? [expression.operand] : [];
  }
};
