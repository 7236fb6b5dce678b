// Extended attributes of this machine by getfattr and setfattr: Node.js has no call for them. Many files a process.
//
//  1. The programs inherit descriptors of the held folders and address every file through them, so no path of ours is
//     looked up anew, and no link flipped meanwhile leads elsewhere.
//  2. Names of files and attributes go to `xargs -0` on its standard input or to `setfattr --restore`, as bytes: nothing that
//     a name holds is an option, a separator or text in some encoding.
//  3. A file about which a program complains has failed, even where it told a part: what was not read is not absent.
import { spawn } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import type { Attribute } from '../../compiler/plan.js';
import { type Extra, type ExtraChange, managesExtra } from '../tree/extra.js';
import { type Complaint, complaintsIn, formatDump, parseDump } from './extras-text.js';
import { hostErrorOf } from './faults.js';
import type { ExtraAt, ExtraVerbs, Fault, Folder } from './file-verbs.js';
import { HostError } from './host-error.js';
import { faultOf, folderPath } from './local-folder.js';

/** Only where files can be addressed by inherited descriptors. */
export const makeLocalExtras = (hold: (descriptor: number) => Folder): ExtraVerbs => ({
  hold: folder => {
    try {
      return hold(openSync(folderPath(folder), NAMES_FOLDER));
    } catch (error) {
      return faultOf(error);
    }
  },
  read: async (batch, attributes) => inBatches(batch, some => readSome(some, attributes)),
  write: async batch => inBatches(batch, writeSome),
});

/** Links to be followed apart from all others, and few enough of each for one process. */
const inBatches = async <T extends ExtraAt, A>(
  batch: readonly T[],
  work: (some: readonly T[]) => Promise<readonly A[]>,
): Promise<A[]> => {
  const answers: A[] = new Array(batch.length);
  for (const follow of [false, true]) {
    const wanted = batch.flatMap((one, index) => (one.follow === follow ? [index] : []));
    for (let start = 0; start < wanted.length; ) {
      const folders = new Set<number>();
      let end = start;
      for (; end < wanted.length && end - start < MAX_FILES; end++) {
        folders.add(batch[wanted[end]!]!.at.held);
        if (folders.size > MAX_FOLDERS) break;
      }
      const some = wanted.slice(start, end);
      const found = await work(some.map(index => batch[index]!));
      some.forEach((index, i) => {
        answers[index] = found[i]!;
      });
      start = end;
    }
  }
  return answers;
};

const readSome = async (
  batch: readonly ExtraAt[],
  attributes: readonly Attribute[],
): Promise<(readonly Extra[] | Fault)[]> => {
  const { paths, descriptors } = pathsOf(batch);
  const depth = batch[0]!.follow ? [] : ['-h'];
  const manages = managesExtra(attributes)!;
  const program = ['getfattr', ...depth, '-d', '-m', patternFor(attributes), '-e', 'hex', '--absolute-names', '--'];
  const ended = await run(['xargs', '-0', '-r', ...program], nulled(paths), descriptors);
  const dump = parseDump(ended.output);
  const complaints = complaintsOf(ended, paths, dump === null ? 'getfattr wrote what is not understood' : null);
  const found = new Map((dump ?? []).map(({ path, extras }) => [path, extras] as const));
  return paths.map(path => {
    const fault = complaints(path);
    // A file system without them has none.
    if (fault !== null && fault.fault !== 'ENOTSUP') return fault;
    return (found.get(path) ?? []).filter(({ name }) => manages(name));
  });
};

const writeSome = async (batch: readonly (ExtraAt & ExtraChange)[]): Promise<(null | Fault)[]> => {
  const { paths, descriptors } = pathsOf(batch);
  const depth = batch[0]!.follow ? [] : ['-h'];
  const faults: (null | Fault)[] = batch.map(() => null);
  const blame = (complaints: (path: string) => Fault | null, among: readonly number[]): void => {
    for (const index of among) faults[index] ??= complaints(paths[index]!);
  };
  const removing = new Map<string, number[]>();
  batch.forEach(({ remove }, index) => {
    for (const name of remove) removing.set(name, [...(removing.get(name) ?? []), index]);
  });
  for (const [name, among] of removing) {
    const files = among.map(index => paths[index]!);
    const ended = await run(
      ['xargs', '-0', '-x', '-s', '1000000', 'setfattr', ...depth, '-x'],
      nulled([name, '--', ...files]),
      descriptors,
    );
    blame(complaintsOf(ended, files, null), among);
  }
  const setting = batch.flatMap(({ set }, index) => (set.length > 0 ? [index] : []));
  if (setting.length > 0) {
    const dump = formatDump(setting.map(index => ({ path: paths[index]!, extras: batch[index]!.set })));
    const ended = await run(['setfattr', ...depth, '--restore=-'], dump, descriptors);
    blame(complaintsOf(ended, paths, null), setting);
  }
  return faults;
};

/** Each folder once, as the descriptor that the program inherits. */
const pathsOf = (
  batch: readonly ExtraAt[],
): { readonly paths: readonly string[]; readonly descriptors: readonly number[] } => {
  const numbers = new Map<number, number>();
  const paths = batch.map(({ at, name }) => {
    const number = numbers.get(at.held) ?? FIRST_INHERITED + numbers.size;
    numbers.set(at.held, number);
    return `/proc/self/fd/${number}/${name}`;
  });
  return { paths, descriptors: [...numbers.keys()] };
};

/** What the program says of each path; where it failed without naming one, all of them failed. */
const complaintsOf = (
  { code, words }: Ended,
  paths: readonly string[],
  damage: string | null,
): ((path: string) => Fault | null) => {
  if (code === 0 && damage === null) return () => null;
  const { of, others } = complaintsIn(words, new Set(paths));
  const general =
    damage ?? others[0] ?? (of.size === 0 ? `the program ended with ${code} and said nothing about it` : null);
  return path => {
    const complaint = of.get(path);
    if (complaint !== undefined) return faultIn(complaint);
    return general === null ? null : { fault: 'EIO', message: general };
  };
};

const faultIn = ({ words }: Complaint): Fault => ({ fault: FAULTS[words] ?? 'EIO', message: words });

type Ended = { readonly code: number | null; readonly output: string; readonly words: string };

/** Through `env`, which says what is missing by 127 and keeps the words of the C library in one language. */
const run = (program: readonly string[], input: string, descriptors: readonly number[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn('env', ['LC_ALL=C', ...program], { stdio: ['pipe', 'pipe', 'pipe', ...descriptors] });
    const output: Buffer[] = [];
    let words = '';
    child.once('error', ({ code = '', message }: NodeJS.ErrnoException) =>
      reject(code === 'ENOENT' ? notInstalled() : hostErrorOf(`start ${program[0]}`, { fault: code, message })),
    );
    // Where no more files may be open there is neither a process nor its streams.
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      words += text;
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input, 'latin1');
    child.once('close', code => {
      if (code === NOT_FOUND) reject(notInstalled());
      else resolve({ code, output: Buffer.concat(output).toString('latin1'), words });
    });
  });

const nulled = (items: readonly string[]): string => items.map(item => `${item}\0`).join('');

/** For `getfattr -m`: only what is asked for is read. */
const patternFor = (attributes: readonly Attribute[]): string => {
  const parts: string[] = [];
  if (attributes.includes('acl')) parts.push('system\\.posix_acl_(access|default)$');
  if (attributes.includes('xattr')) parts.push('user\\.');
  if (attributes.includes('xattr') && attributes.includes('special')) parts.push('trusted\\.|security\\.capability$');
  return `^(${parts.join('|')})`;
};

const notInstalled = (): HostError =>
  new HostError(
    'unsupported',
    'extended attributes and access lists need the programs getfattr, setfattr and xargs, which are not all installed',
    'install the package `attr` (and `findutils`) on that host, or leave `acl` and `xattr` out of the attributes',
  );

/** The words of the C library. */
const FAULTS: Readonly<Record<string, string>> = {
  'Permission denied': 'EACCES',
  'Operation not permitted': 'EPERM',
  'No such file or directory': 'ENOENT',
  'Not a directory': 'ENOTDIR',
  'Operation not supported': 'ENOTSUP',
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Read-only file system': 'EROFS',
  'Argument list too long': 'E2BIG',
  'Numerical result out of range': 'ERANGE',
};
const FIRST_INHERITED = 3;
const MAX_FOLDERS = 100;
const MAX_FILES = 2000;
/** What `env` and xargs answer for a program that is not there. */
const NOT_FOUND = 127;
/** On Linux a descriptor that only names the folder; the link in /proc must be followed to it. */
const NAMES_FOLDER = 0o10000000 | constants.O_DIRECTORY;
