// Small files for the same folder on their way together: one tar stream for all of them, and one by one where that fails.
//
//  1. What waits is sent as soon as it is enough, another folder's turn comes, or nothing else is to be done.
//  2. A stream is taken apart whole or counts for nothing: then every file is written by itself, and its own fault is told.
//  3. Nothing that stands there is replaced.
import type { Fault } from '../file-verbs.js';
import { answerFault } from './complaints.js';
import { modeText, secondsText } from './deeds.js';
import type { ShellSession } from './session.js';
import { type Packed, packTar } from './tar.js';

export type Batch = {
  /** Settles when it stands there with its content, mode and time, or why it does not. */
  readonly add: (folder: string, file: Packed) => Promise<null | Fault>;
};

type Waiting = {
  readonly file: Packed;
  readonly settle: (fault: null | Fault) => void;
  readonly fail: (error: unknown) => void;
};

/** `now` in microseconds stands for the time of a file that is given none; `fine` times have fractions. */
export type Means = { readonly tar: boolean; readonly fine: boolean; readonly now: () => number };

export const makeBatch = (session: ShellSession, means: Means): Batch => {
  let folder = '';
  let waiting: Waiting[] = [];
  let bytes = 0;
  let timer: NodeJS.Immediate | null = null;

  const flush = (): void => {
    if (timer !== null) clearImmediate(timer);
    timer = null;
    const some = waiting;
    waiting = [];
    bytes = 0;
    if (some.length > 0) void send(session, folder, some, means);
  };

  return {
    add: (at, file) =>
      new Promise((settle, fail) => {
        if (at !== folder) flush();
        folder = at;
        waiting.push({ file, settle, fail });
        bytes += file.content.reduce((sum, piece) => sum + piece.length, HEAD);
        if (bytes >= ENOUGH || waiting.length >= MANY) flush();
        else timer ??= setImmediate(flush);
      }),
  };
};

const send = async (
  session: ShellSession,
  folder: string,
  some: readonly Waiting[],
  { tar, fine, now }: Means,
): Promise<void> => {
  try {
    if (tar && (await unpack(session, folder, some, now))) {
      for (const { settle } of some) settle(null);
      return;
    }
    const faults = await Promise.all(some.map(({ file }) => writeOne(session, folder, file, fine)));
    some.forEach(({ settle }, i) => {
      settle(faults[i]!);
    });
  } catch (error) {
    for (const { fail } of some) fail(error);
  }
};

const unpack = async (
  session: ShellSession,
  folder: string,
  some: readonly Waiting[],
  now: () => number,
): Promise<boolean> => {
  const words = some.map(({ file }) => `./${file.name}`);
  const data = packTar(some.map(({ file }) => (file.modified === null ? { ...file, modified: now() } : file)));
  const answer = await session.ask('unpack', [folder, ...words], { data });
  if (answer.status === 0) return true;
  // Whatever of it was written was not there before: the script looks first.
  if (answerFault(answer)?.fault !== 'EEXIST') {
    await session.ask('perform', [folder, ...words.flatMap(word => ['remove', word])]);
  }
  return false;
};

/** Three requests, answered together. */
const writeOne = async (
  session: ShellSession,
  folder: string,
  { name, mode, modified, content }: Packed,
  fine: boolean,
): Promise<null | Fault> => {
  const size = content.reduce((sum, piece) => sum + piece.length, 0);
  const word = `./${name}`;
  const created = await session.ask('create', [folder, word]);
  const fault = answerFault(created);
  if (fault !== null) return fault;
  const [appended, finished] = await Promise.all([
    session.ask('append', [folder, word], { data: content }),
    session.ask('finish', [
      folder,
      word,
      String(size),
      modeText(mode),
      modified === null ? '' : secondsText(modified, fine),
    ]),
  ]);
  return answerFault(appended) ?? answerFault(finished);
};

const HEAD = 1024;
const ENOUGH = 1_048_576;
const MANY = 400;
