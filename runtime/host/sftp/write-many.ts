// Many small files and folders over SFTP at once: every request that needs no answer of another is on its way with it.
//
// A server answers what concerns one handle in the order in which it was sent, and makes a folder before what it is asked to
// put into it afterwards.
import type { InputAttributes } from 'ssh2';
import { type Fault, type Folder, isFault, type NewFile, type NewFolder } from '../file-verbs.js';
import { FSYNC } from './deeds.js';
import { createFile } from './files.js';
import { address, holdBelow, type SftpFolder } from './folder.js';
import { toRemote } from './names.js';
import { closeHandle, confirm, done, explainFailure, setAttributes } from './requests.js';
import type { Session } from './session.js';
import { secondsOf } from './stats.js';

const lessLoaded = (one: Session, other: Session): Session => (other.load() < one.load() ? other : one);

/** Each folder is looked at once. */
export const writeMany = async (session: Session, files: readonly NewFile[]): Promise<(null | Fault)[]> => {
  const folders = new Map<string, Folder>();
  for (const { at } of files) folders.set((at as SftpFolder).path, at);
  const looked = await Promise.all(
    [...folders].map(async ([path, folder]) => [path, await confirm(session, folder)] as const),
  );
  const sure = new Map(looked);
  const sessions = files.length < WORTHWHILE ? [session] : await session.abreast();
  return Promise.all(
    files.map(file => sure.get((file.at as SftpFolder).path) ?? writeOne(sessions.reduce(lessLoaded), file)),
  );
};

/** Those that hold others come first. */
export const makeFolders = async (
  session: Session,
  at: Folder,
  folders: readonly NewFolder[],
): Promise<readonly Folder[] | Fault> => {
  const unsure = await confirm(session, at);
  if (unsure !== null) return unsure;
  const texts = folders.map(({ path }) => toRemote(`${(at as SftpFolder).path}/${path}`));
  const made = await Promise.all(
    folders.map(async ({ mode }, i) => {
      const text = texts[i]!;
      if (isFault(text)) return text;
      return done(await session.ask<void>((sftp, answer) => sftp.mkdir(text, { mode: mode & 0o777 }, answer)));
    }),
  );
  // The mask of the server has had its say.
  const set = await Promise.all(
    folders.map(({ mode }, i) => made[i] ?? setAttributes(session, texts[i] as string, { mode }, false)),
  );
  return set.find(isFault) ?? folders.map(({ path }) => path.split('/').reduce(holdBelow, at as SftpFolder));
};

const writeOne = async (
  session: Session,
  { at, name, content, attributes: { mode, modified }, durable }: NewFile,
): Promise<null | Fault> => {
  const path = address(at, name);
  if (isFault(path)) return path;
  const handle = await createFile(session, at, path);
  if (isFault(handle)) return handle;
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const attributes: InputAttributes = {
    mode,
    ...(modified === null ? {} : { atime: secondsOf(modified), mtime: secondsOf(modified) }),
  };
  const answers = await Promise.all([
    ...writePieces(session, handle, bytes),
    session.ask<void>((sftp, answer) => sftp.fsetstat(handle, attributes, answer)).then(done),
    durable && session.offers(FSYNC)
      ? session.ask<void>((sftp, answer) => sftp.ext_openssh_fsync(handle, answer)).then(done)
      : null,
    closeHandle(session, handle),
  ]);
  const fault = answers.find(isFault) ?? null;
  if (fault === null) return null;
  await session.ask<void>((sftp, answer) => sftp.unlink(path, answer));
  return explainFailure(session, at, fault);
};

/** ssh2 sends the rest of what is too long for one request when the first is answered: behind the one that closes the file. */
const writePieces = (session: Session, handle: Buffer, bytes: Buffer): Promise<null | Fault>[] => {
  const longest = session.longestWrite();
  return Array.from({ length: Math.ceil(bytes.length / longest) }, async (_, i) => {
    const from = i * longest;
    const count = Math.min(longest, bytes.length - from);
    return done(await session.ask<void>((sftp, answer) => sftp.write(handle, bytes, from, count, from, answer)));
  });
};

/** From so many files on further sessions are worth opening. */
const WORTHWHILE = 100;
