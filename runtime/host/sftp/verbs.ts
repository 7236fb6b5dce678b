// The file verbs over one SFTP session. What the protocol cannot promise is said by `weaknessesOf` (weaker.ts).

import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from '../file-verbs.js';
import type { Table } from '../local-names.js';
import { performAll } from './deeds.js';
import { openSink, openSource } from './files.js';
import { address, folderText, holdBelow, holdPath, type SftpFolder } from './folder.js';
import { listFolder, listWhile } from './list.js';
import { fromRemote, toRemote } from './names.js';
import { answerOf, confirm, lstat, notFolder, STATVFS, stat, volume } from './requests.js';
import { isRefusal, type Session } from './session.js';
import { openSurvey, type Survey } from './survey.js';
import { makeFolders, writeMany } from './write-many.js';

export type SftpVerbsOptions = {
  readonly session: Session;
  /** The login folder, absolute, as a byte string: where a relative path and `~` begin. */
  readonly home: string;
  /** Whose account it is, as far as can be told before anything was made there. */
  readonly userId: number;
  readonly users: Table;
  readonly groups: Table;
};

export const makeSftpVerbs = ({ session, home, userId, users, groups }: SftpVerbsOptions): FileVerbs => {
  // What this account makes is its own: that tells its number, where nothing else does.
  let self = userId;
  const madeBy = ({ owner }: Stat): void => {
    self = owner;
  };
  /** By the folders of a walk that one goes ahead of: no other is answered from it. */
  const surveys = new WeakMap<Folder, Survey>();
  return {
    mostListed: MOST_LISTED,
    open: path => openPath(session, absolute(path, home)),
    async enter(at, name) {
      const path = address(at, name);
      if (isFault(path)) return path;
      const below = holdBelow(at, name);
      const survey = surveys.get(at);
      if (survey !== undefined) {
        surveys.set(below, survey);
        if (await survey.knows(below.path)) return below;
      }
      const [sure, there] = await Promise.all([confirm(session, at), lstat(session, path)]);
      if (sure !== null) return sure;
      const fault = isFault(there) ? there : notFolder(there);
      return fault ?? below;
    },
    release: () => {},
    list: folder => surveys.get(folder)?.take((folder as SftpFolder).path) ?? listFolder(session, folder),
    ahead(folder, wanted) {
      const survey = openSurvey(folder as SftpFolder, wanted, (one, goesOn) => listWhile(session, one, goesOn));
      surveys.set(folder, survey);
      return survey.end;
    },
    stat: batch =>
      Promise.all(
        batch.map(({ at, name }) => {
          const path = address(at, name);
          return isFault(path) ? path : lstat(session, path);
        }),
      ),
    async readLink(at, name) {
      const path = address(at, name);
      if (isFault(path)) return path;
      const target = answerOf(await session.ask<string>((sftp, answer) => sftp.readlink(path, answer)));
      return isFault(target) ? linkFault(session, path, target) : (fromRemote(target) ?? LOST_TARGET);
    },
    async followed(at, name) {
      const path = address(at, name);
      if (isFault(path)) return path;
      const led = await stat(session, path);
      return !isFault(led) && led.kind === 'folder' ? NO_FOLDERS : led;
    },
    read: (at, name, follow) => openSource(session, at, name, follow),
    write: (at, name) => openSink(session, at, name),
    writeMany: files => writeMany(session, files),
    makeFolders: (at, folders) => makeFolders(session, at, folders),
    // Without the extension nothing can be made durable, which is said of the whole host.
    syncsWrites: true,
    perform: deeds => performAll(session, deeds, madeBy),
    syncAll: () => ({ fault: 'ENOSYS', message: 'SFTP has no such request' }),
    fileSystem: () => '',
    mayWrite: () => ({ fault: 'ENOSYS', message: 'SFTP tells no rights without trying' }),
    extras: null,
    async space(folder) {
      const path = folderText(folder);
      if (isFault(path) || !session.offers(STATVFS)) return null;
      const found = await volume(session, path);
      if (isFault(found)) return null;
      const { f_bavail, f_frsize, f_files, f_favail } = found;
      const inodes = Number(f_files) === 0 ? Number.MAX_SAFE_INTEGER : Number(f_favail);
      return { bytes: Number(f_bavail) * Number(f_frsize), inodes };
    },
    names: {
      user: id => users.byId.get(id) ?? null,
      group: id => groups.byId.get(id) ?? null,
      userId: name => users.byName.get(name) ?? null,
      groupId: name => groups.byName.get(name) ?? null,
      self: () => ({ user: self, groups: [] }),
    },
  };
};

/** A path as the plan's author wrote it: relative to the login folder, which is also `~`. */
export const absolute = (path: string, home: string): string => {
  const whole =
    path === '~' || path.startsWith('~/') ? home + path.slice(1) : path.startsWith('/') ? path : `${home}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
};

/** Links on the way to it are followed, as its author named it; from then on its real path is looked at. */
const openPath = async (session: Session, path: string): Promise<Opened> => {
  const text = toRemote(path);
  if (isFault(text)) return text;
  const there = await stat(session, text);
  if (isFault(there)) return there;
  if (there.kind !== 'folder') return { fault: 'ENOTDIR', message: 'it is no folder' };
  const real = await session.ask<string>((sftp, answer) => sftp.realpath(text, answer));
  const held = isRefusal(real) ? null : fromRemote(real);
  if (held === null || !held.startsWith('/'))
    return { fault: 'EPROTO', message: 'the server does not say where it is' };
  return { folder: holdPath(held), path, stat: there };
};

type Opened = Awaited<ReturnType<FileVerbs['open']>>;

/** The protocol says "failure" of what is no link. */
const linkFault = async (session: Session, path: string, fault: Fault): Promise<Fault> => {
  const there = await lstat(session, path);
  if (isFault(there)) return there;
  return there.kind === 'link' ? fault : { fault: 'EINVAL', message: 'it is no link' };
};

/** Of one scan: they are all held here. */
const MOST_LISTED = 4_000_000;
const LOST_TARGET: Fault = { fault: 'EILSEQ', message: 'its target is not UTF-8, which SFTP does not carry here' };
const NO_FOLDERS: Fault = {
  fault: 'ENOTSUP',
  message: 'links to folders are not followed over SFTP, where nothing tells whether they lead in circles',
};
