// The requests of SFTP as functions that answer with a value or a fault; what a bare "Failure" means is looked up afterwards.
//
// Version 3 of the protocol has few status codes: "no such file" also stands for "not a folder" and "a link", and "failure"
// for everything else, an existing name and a full disk alike.
import type { Attributes, InputAttributes } from 'ssh2';
import { type Fault, type Folder, isFault, type Stat } from '../file-verbs.js';
import { folderText, wayOf } from './folder.js';
import { isRefusal, type Refusal, type Session } from './session.js';
import { statOf } from './stats.js';

export const lstat = async (session: Session, path: string): Promise<Stat | Fault> =>
  statFrom(await session.ask<Attributes>((sftp, answer) => sftp.lstat(path, answer)));

/** Of what a link leads to. */
export const stat = async (session: Session, path: string): Promise<Stat | Fault> =>
  statFrom(await session.ask<Attributes>((sftp, answer) => sftp.stat(path, answer)));

export const fstat = async (session: Session, handle: Buffer): Promise<Stat | Fault> =>
  statFrom(await session.ask<Attributes>((sftp, answer) => sftp.fstat(handle, answer)));

export const openFile = async (session: Session, path: string, flags: 'r' | 'r+' | 'wx'): Promise<Buffer | Fault> =>
  answerOf(await session.ask<Buffer>((sftp, answer) => sftp.open(path, flags, { mode: 0o600 }, answer)));

export const closeHandle = async (session: Session, handle: Buffer): Promise<null | Fault> =>
  done(await session.ask<void>((sftp, answer) => sftp.close(handle, answer)));

/** By the path itself, not by what a link there leads to, where the server can; else the caller has looked that it is no link. */
export const setAttributes = async (
  session: Session,
  path: string,
  attributes: InputAttributes,
  isLink: boolean,
): Promise<null | Fault> => {
  if (session.offers(LSETSTAT)) {
    const set = await session.ask<void>((sftp, answer) => sftp.ext_openssh_lsetstat(path, attributes, answer));
    // Not every system can change a mode that way.
    if (!isRefusal(set) || isLink || !UNABLE.has(set.status)) return done(set);
  } else if (isLink) return { fault: 'ENOTSUP', message: 'this server cannot set attributes of a link' };
  return done(await session.ask<void>((sftp, answer) => sftp.setstat(path, attributes, answer)));
};

/** Every folder on the way must still be one. Answered in one round trip. */
export const confirm = async (session: Session, at: Folder): Promise<null | Fault> => {
  const texts = wayOf(at);
  if (isFault(texts)) return texts;
  const stats = await Promise.all(texts.map(text => lstat(session, text)));
  for (const found of stats) {
    const fault = isFault(found) ? found : notFolder(found);
    if (fault !== null) return fault;
  }
  return null;
};

export const notFolder = ({ kind }: Stat): Fault | null =>
  kind === 'folder'
    ? null
    : kind === 'link'
      ? { fault: 'ELOOP', message: 'it is a symbolic link' }
      : { fault: 'ENOTDIR', message: 'it is no folder' };

/** Why writing into this folder failed, where the server only said that it did. */
export const explainFailure = async (session: Session, at: Folder, fault: Fault): Promise<Fault> => {
  const text = folderText(at);
  if (fault.fault !== FAILURE || isFault(text) || !session.offers(STATVFS)) return fault;
  const space = await volume(session, text);
  if (isFault(space)) return fault;
  if ((Number(space.f_flag) & READ_ONLY) !== 0) return { fault: 'EROFS', message: 'read-only file system' };
  const full = Number(space.f_bavail) === 0 || (Number(space.f_files) > 0 && Number(space.f_favail) === 0);
  return full ? { fault: 'ENOSPC', message: 'no space left on device' } : fault;
};

export type Volume = Readonly<Record<'f_frsize' | 'f_bavail' | 'f_files' | 'f_favail' | 'f_flag', number | bigint>>;

export const volume = async (session: Session, path: string): Promise<Volume | Fault> =>
  answerOf(await session.ask<Volume>((sftp, answer) => sftp.ext_openssh_statvfs(path, answer as never)));

export const done = (answer: unknown): null | Fault => (isRefusal(answer) ? faultOf(answer) : null);

export const answerOf = <T>(answer: T | Refusal): T | Fault => (isRefusal(answer) ? faultOf(answer) : answer);

const statFrom = (answer: Attributes | Refusal): Stat | Fault => (isRefusal(answer) ? faultOf(answer) : statOf(answer));

export const faultOf = ({ status, words }: Refusal): Fault => {
  switch (status) {
    case 1:
      return { fault: EOF, message: 'the end' };
    case 2:
      return { fault: 'ENOENT', message: words };
    case 3:
      return { fault: 'EACCES', message: words };
    case 5:
      return { fault: 'EINVAL', message: words };
    case 8:
      return { fault: 'ENOTSUP', message: words };
    default:
      return { fault: FAILURE, message: `the SFTP server says only: ${words.slice(0, MOST_WORDS)}` };
  }
};

export const EOF = 'EOF';
export const FAILURE = 'FAILURE';
const LSETSTAT = 'lsetstat@openssh.com';
export const STATVFS = 'statvfs@openssh.com';
/** Of statvfs: the file system is mounted read-only. */
const READ_ONLY = 1;
/** "Failure" and "operation unsupported". */
const UNABLE: ReadonlySet<number> = new Set([4, 8]);
const MOST_WORDS = 200;
