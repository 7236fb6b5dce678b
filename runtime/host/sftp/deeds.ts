// The small deeds over SFTP: neighbours of one kind on names of their own go out together, everything else one after another.
import type { InputAttributes } from 'ssh2';
import { type Deed, type Fault, type Folder, isFault, type Stat } from '../file-verbs.js';
import { address, type SftpFolder } from './folder.js';
import { toRemote } from './names.js';
import { closeHandle, confirm, done, explainFailure, FAILURE, lstat, openFile, setAttributes } from './requests.js';
import { isRefusal, type Session } from './session.js';
import { secondsOf } from './stats.js';

export const performAll = async (
  session: Session,
  deeds: readonly Deed[],
  madeBy: (made: Stat) => void,
): Promise<(null | Fault)[]> => {
  const answers: (null | Fault)[] = [];
  for (let start = 0; start < deeds.length; ) {
    const end = endOfStretch(deeds, start);
    const some = deeds.slice(start, end);
    const sure = await confirmAll(session, some);
    answers.push(...(await Promise.all(some.map(deed => performIn(session, deed, sure, madeBy)))));
    start = end;
  }
  return answers;
};

/** Deeds of one kind that touch no name twice cannot disturb each other. */
const endOfStretch = (deeds: readonly Deed[], start: number): number => {
  const seen = new Set<string>();
  let end = start;
  for (; end < deeds.length && end - start < TOGETHER; end++) {
    const deed = deeds[end]!;
    const names = namesOf(deed);
    if (deed.do !== deeds[start]!.do || names.some(name => seen.has(name))) break;
    for (const name of names) seen.add(name);
  }
  return Math.max(end, start + 1);
};

const namesOf = (deed: Deed): string[] => {
  const own = `${(deed.at as SftpFolder).path}/${deed.do === 'sync-folder' ? '' : deed.name}`;
  if (!('toName' in deed)) return [own];
  const other = `${(deed.to as SftpFolder).path}/${deed.toName}`;
  // A file may get many further names at once.
  return deed.do === 'hard-link' ? [other] : [own, other];
};

/** Each folder once. */
const confirmAll = async (session: Session, deeds: readonly Deed[]): Promise<ReadonlyMap<string, null | Fault>> => {
  const folders = new Map<string, Folder>();
  for (const deed of deeds) {
    for (const folder of 'to' in deed ? [deed.at, deed.to] : [deed.at]) {
      folders.set((folder as SftpFolder).path, folder);
    }
  }
  const all = [...folders];
  const answers = await Promise.all(all.map(([, folder]) => confirm(session, folder)));
  return new Map(all.map(([path], i) => [path, answers[i]!]));
};

const performIn = async (
  session: Session,
  deed: Deed,
  sure: ReadonlyMap<string, null | Fault>,
  madeBy: (made: Stat) => void,
): Promise<null | Fault> => {
  const unsure =
    sure.get((deed.at as SftpFolder).path) ?? ('to' in deed ? sure.get((deed.to as SftpFolder).path) : null);
  if (unsure) return unsure;
  // There is no request for it: what a crash of that machine may undo is said where the host is shown.
  if (deed.do === 'sync-folder') return null;
  const path = address(deed.at, deed.name);
  if (isFault(path)) return path;
  switch (deed.do) {
    case 'make-folder':
      return makeFolder(session, deed, path, madeBy);
    case 'make-link': {
      const target = toRemote(deed.target);
      if (isFault(target)) return target;
      const made = await session.ask<void>((sftp, answer) => sftp.symlink(target, path, answer));
      return isTaken(session, deed.at, path, done(made));
    }
    case 'hard-link':
      return hardLink(session, deed, path);
    case 'rename':
      return rename(session, deed, path);
    case 'remove': {
      const fault = done(await session.ask<void>((sftp, answer) => sftp.unlink(path, answer)));
      if (fault === null || fault.fault === 'ENOENT') return fault;
      const there = await lstat(session, path);
      return !isFault(there) && there.kind === 'folder' ? { fault: 'EISDIR', message: 'it is a folder' } : fault;
    }
    case 'remove-folder':
      return removeFolder(session, path);
    case 'set':
      return setOne(session, deed, path);
    case 'sync-file':
      return syncFile(session, path);
  }
};

const makeFolder = async (
  session: Session,
  { at, mode }: Deed & { do: 'make-folder' },
  path: string,
  madeBy: (made: Stat) => void,
): Promise<null | Fault> => {
  const made = await session.ask<void>((sftp, answer) => sftp.mkdir(path, { mode: mode & 0o777 }, answer));
  if (isRefusal(made)) return isTaken(session, at, path, done(made));
  const there = await lstat(session, path);
  if (isFault(there)) return there;
  if (there.kind !== 'folder') return { fault: 'ESTALE', message: 'it was replaced meanwhile' };
  madeBy(there);
  // The server's mask has had its say.
  return there.mode === mode ? null : setAttributes(session, path, { mode }, false);
};

const hardLink = async (session: Session, deed: Deed & { do: 'hard-link' }, path: string): Promise<null | Fault> => {
  const to = address(deed.to, deed.toName);
  if (isFault(to)) return to;
  if (!session.offers(HARDLINK)) return { fault: 'EPERM', message: 'this server makes no hard links' };
  const linked = await session.ask<void>((sftp, answer) => sftp.ext_openssh_hardlink(path, to, answer));
  return isTaken(session, deed.to, to, done(linked));
};

/** Without its extension the protocol replaces nothing: then only what is free is taken. */
const rename = async (session: Session, deed: Deed & { do: 'rename' }, path: string): Promise<null | Fault> => {
  const to = address(deed.to, deed.toName);
  if (isFault(to)) return to;
  const fault = done(
    await session.ask<void>((sftp, answer) =>
      session.offers(POSIX_RENAME) ? sftp.ext_openssh_rename(path, to, answer) : sftp.rename(path, to, answer),
    ),
  );
  if (fault?.fault !== FAILURE) return fault;
  const [from, there] = await Promise.all([lstat(session, path), lstat(session, to)]);
  if (isFault(from)) return from;
  if (isFault(there)) return explainFailure(session, deed.to, fault);
  if (there.kind === 'folder' && from.kind !== 'folder') return { fault: 'EISDIR', message: 'a folder stands there' };
  if (there.kind !== 'folder' && from.kind === 'folder') return { fault: 'ENOTDIR', message: 'no folder stands there' };
  if (from.kind === 'folder') return { fault: 'ENOTEMPTY', message: 'the folder is not empty' };
  return session.offers(POSIX_RENAME) ? explainFailure(session, deed.to, fault) : CANNOT_REPLACE;
};

const removeFolder = async (session: Session, path: string): Promise<null | Fault> => {
  const fault = done(await session.ask<void>((sftp, answer) => sftp.rmdir(path, answer)));
  if (fault === null) return null;
  const there = await lstat(session, path);
  if (isFault(there)) return there;
  if (there.kind !== 'folder') return { fault: 'ENOTDIR', message: 'it is no folder' };
  return fault.fault === FAILURE ? { fault: 'ENOTEMPTY', message: 'the folder is not empty' } : fault;
};

/** Changing the owner clears set-user-id, so the mode comes after it. */
const setOne = async (session: Session, deed: Deed & { do: 'set' }, path: string): Promise<null | Fault> => {
  const { mode, modified, owner, group } = deed;
  const there = await lstat(session, path);
  if (isFault(there)) return there;
  const isLink = there.kind === 'link';
  if (mode !== null && isLink) return { fault: 'ELOOP', message: 'it is a symbolic link' };
  const sets: InputAttributes[] = [];
  if (owner !== null || group !== null) sets.push({ uid: owner ?? there.owner, gid: group ?? there.group });
  if (mode !== null) sets.push({ mode });
  if (modified !== null) sets.push({ atime: secondsOf(modified), mtime: secondsOf(modified) });
  for (const attributes of sets) {
    const fault = await setAttributes(session, path, attributes, isLink);
    if (fault !== null) return explainFailure(session, deed.at, fault);
  }
  return null;
};

const syncFile = async (session: Session, path: string): Promise<null | Fault> => {
  const there = await lstat(session, path);
  if (isFault(there)) return there;
  if (there.kind !== 'file' || !session.offers(FSYNC)) return null;
  let handle = await openFile(session, path, 'r');
  if (isFault(handle) && handle.fault === 'EACCES') handle = await openFile(session, path, 'r+');
  // What its own owner may not open stays as it is said of the whole host: not surely on the disk.
  if (isFault(handle)) return handle.fault === 'EACCES' ? null : handle;
  const opened = handle;
  const synced = session.ask<void>((sftp, answer) => sftp.ext_openssh_fsync(opened, answer));
  const [answer] = await Promise.all([synced, closeHandle(session, opened)]);
  return done(answer);
};

/** "Failure" says both that the name is taken and that nothing more fits. */
const isTaken = async (session: Session, at: Folder, path: string, fault: null | Fault): Promise<null | Fault> => {
  if (fault?.fault !== FAILURE) return fault;
  const there = await lstat(session, path);
  return isFault(there) ? explainFailure(session, at, fault) : { fault: 'EEXIST', message: 'something stands there' };
};

export const POSIX_RENAME = 'posix-rename@openssh.com';
export const FSYNC = 'fsync@openssh.com';
export const HARDLINK = 'hardlink@openssh.com';
const CANNOT_REPLACE: Fault = {
  fault: 'ENOTSUP',
  message: 'this SFTP server cannot replace a file in one step (it does not offer posix-rename)',
};
const TOGETHER = 256;
