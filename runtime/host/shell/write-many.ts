// Small files on their way together: one tar stream for many of them, in whatever folders, and one by one where that fails.
//
//  1. A stream is taken apart whole or counts for nothing: then every file is written by itself, and its own fault is told.
//  2. Nothing that stands there is replaced.
//  3. Files with a special bit are written one by one: a tar that is not root's may drop it.
//  4. Every folder is looked at, and then filled by its path from the one that holds them all: only folders of ours are, in which
//     nobody else makes links.
import { type Fault, type Folder, isFault, type NewFile, type NewFolder } from '../file-verbs.js';
import { answerFault } from './complaints.js';
import { modeText, type Times, timeText } from './deeds.js';
import { holdPath, pathIn, pathOf, wordFor } from './folder.js';
import type { ShellSession } from './session.js';
import { packTar } from './tar.js';

/** `now` in microseconds stands for the time of a file that is given none. */
export type Means = {
  readonly tar: boolean;
  readonly libarchive: boolean;
  readonly times: Times;
  /** `sync FILE` makes that file durable. */
  readonly syncFile: boolean;
  readonly now: () => number;
};

export const writeMany = async (
  session: ShellSession,
  files: readonly NewFile[],
  { tar, libarchive, times, now }: Means,
): Promise<(null | Fault)[]> => {
  const words = files.map(({ name }) => wordFor(name));
  const fit = files.filter((file, i) => !isFault(words[i]) && !isSpecial(file) && !(libarchive && isMistaken(file)));
  const unpacked = new Set(tar && fit.length > 0 && (await unpack(session, fit, now)) ? fit : []);
  return Promise.all(
    files.map((file, i) => {
      const word = words[i]!;
      if (isFault(word)) return word;
      return unpacked.has(file) ? null : writeOne(session, file, word, times);
    }),
  );
};

/**
 * What libarchive takes apart as something else: a fraction before 1970 goes the other way, set-user-id and set-group-id are left
 * out where the owner is not the one in the archive, and a Mac has `._NAME` belong to NAME.
 */
const isMistaken = ({ name, attributes: { mode, modified } }: NewFile): boolean =>
  name.startsWith('._') || (mode & 0o6000) !== 0 || (modified !== null && modified < 0 && modified % 1_000_000 !== 0);

/** Those that hold others come first; neighbours with one mode are one request. */
export const makeFolders = async (
  session: ShellSession,
  at: Folder,
  folders: readonly NewFolder[],
): Promise<readonly Folder[] | Fault> => {
  const asked: Promise<null | Fault>[] = [];
  for (let start = 0; start < folders.length; ) {
    const { mode } = folders[start]!;
    const words: string[] = [];
    let bytes = 0;
    for (; start < folders.length && folders[start]!.mode === mode && bytes < MOST_WORDS; start++) {
      words.push(`./${folders[start]!.path}`);
      bytes += folders[start]!.path.length + 1;
    }
    asked.push(session.ask('folders', [pathOf(at), modeText(mode), ...words]).then(answerFault));
  }
  const faults = await Promise.all(asked);
  return faults.find(isFault) ?? folders.map(({ path }) => holdPath(pathIn(at, path)));
};

const unpack = async (session: ShellSession, files: readonly NewFile[], now: () => number): Promise<boolean> => {
  const folders = [...new Set(files.map(({ at }) => pathOf(at)))];
  const top = folders.reduce(commonFolder);
  const names = files.map(({ at, name }) => `.${pathOf(at).slice(top === '/' ? 0 : top.length)}/${name}`);
  const packed = files.map(({ content, attributes: { mode, modified } }, i) => ({
    name: names[i]!,
    mode,
    modified: modified ?? now(),
    content,
  }));
  const answer = await session.ask('unpack', [top, ...folders, '', ...names], { data: [packTar(packed)] });
  if (answer.status === 0) return true;
  // Whatever of it was written was not there before: the script looks first.
  if (answerFault(answer)?.fault !== 'EEXIST') {
    await session.ask('perform', [top, ...names.flatMap(name => ['remove', name])]);
  }
  return false;
};

const isSpecial = ({ attributes: { mode } }: NewFile): boolean => (mode & 0o7000) !== 0;

const commonFolder = (one: string, other: string): string => {
  if (one === other) return one;
  const [parts, others] = [one.split('/'), other.split('/')];
  let same = 0;
  while (same < parts.length && parts[same] === others[same]) same++;
  return parts.slice(0, same).join('/') || '/';
};

/** Three requests, answered together. */
const writeOne = async (
  session: ShellSession,
  { at, content, attributes: { mode, modified } }: NewFile,
  word: string,
  times: Times,
): Promise<null | Fault> => {
  const folder = pathOf(at);
  const created = await session.ask('create', [folder, word]);
  const fault = answerFault(created);
  if (fault !== null) return fault;
  const time = modified === null ? '' : timeText(modified, times);
  const [appended, finished] = await Promise.all([
    session.ask('append', [folder, word], { data: [content] }),
    session.ask('finish', [folder, word, String(content.length), modeText(mode), time]),
  ]);
  return answerFault(appended) ?? answerFault(finished);
};

/** Bytes of the words of one request, which one program is given. */
const MOST_WORDS = 65_536;
