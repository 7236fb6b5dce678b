// A machine that offers nothing but SFTP, as a host: its file verbs over one session, and what is learned once of the account.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ALGORITHMS } from '../../../compiler/plan.js';
import { fromText, leaf, parent, toText } from '../../tree/path.js';
import { NO_LIMITS } from '../about.js';
import { type FileVerbs, isFault } from '../file-verbs.js';
import { hostFromVerbs } from '../from-verbs.js';
import type { Host, Root } from '../host.js';
import { HostError } from '../host-error.js';
import { parseNames, type Table } from '../local-names.js';
import { claimantHere } from '../lock/claim.js';
import type { RootPlace } from '../lock/place.js';
import { bootId, holderHere } from '../this-machine.js';
import { openSftpLocks } from './locks.js';
import { fromRemote, toRemote } from './names.js';
import { closeHandle, openFile, stat } from './requests.js';
import { isRefusal, type Session } from './session.js';
import { absolute, makeSftpVerbs } from './verbs.js';
import { weaknessesOf } from './weaker.js';

export type SftpHostOptions = {
  readonly label: string;
  readonly session: Session;
  readonly user: string;
  readonly traffic: Host['traffic'];
  readonly close: () => Promise<void>;
  readonly now?: () => number;
  readonly newId?: () => string;
};

export const openSftpHost = async (options: SftpHostOptions): Promise<Host> => {
  const { label, session, user, now = Date.now, newId = randomUUID } = options;
  const home = await loginFolder(session, label);
  const [own, users, groups] = await Promise.all([
    stat(session, home),
    namesFrom(session, '/etc/passwd'),
    namesFrom(session, '/etc/group'),
  ]);
  const homeBytes = fromText(home);
  const userId = users.byName.get(fromText(user)) ?? (isFault(own) ? -1 : own.owner);
  const isNameless = users.byId.size === 0;
  const verbs: FileVerbs = makeSftpVerbs({ session, home: homeBytes, userId, users, groups });
  const opened = new WeakMap<Root, RootPlace>();
  const locks = openSftpLocks({
    label,
    verbs,
    holder: holderHere(now),
    here: claimantHere(hostname(), bootId()),
    placeOf: root => opened.get(root) ?? notOpened(label),
  });
  const host = hostFromVerbs({
    label,
    kind: 'sftp',
    verbs,
    facts: {
      system: 'SFTP server',
      node: '',
      user,
      home,
      caseSensitive: true,
      algorithms: ALGORITHMS,
      privileged: user === 'root',
      machine: '',
      timeStep: 1_000_000,
      hardLinks: false,
      weaker: weaknessesOf(session, isNameless),
      ...(isNameless ? { nameless: true } : {}),
      digests: { made: [], remembered: false },
    },
    // Without inodes nothing tells that a file is still the one whose digest is remembered.
    cacheFolder: null,
    breathe: () => new Promise(setImmediate),
    now,
    newId,
    locks,
    // Only a file that is written would tell the time there.
    about: () => ({ clock: null, clockStep: 0, openFiles: null, tools: [], server: NO_LIMITS }),
  });
  return {
    ...host,
    // Two paths that lead to one folder are one path from here on: there are no inodes to tell it by.
    async openRoot(path, { create, state: elsewhere }) {
      const real = await realPath(session, absolute(path, homeBytes));
      const state = elsewhere === null ? null : await realPath(session, absolute(elsewhere, homeBytes));
      const root = await host.openRoot(real, { create, state });
      opened.set(root, { path: root.path, create, state });
      return root;
    },
    traffic: options.traffic,
    async close() {
      // What a connection that is lost cannot give back ends by itself.
      await locks.close();
      await host.close();
      await options.close();
    },
  };
};

/** Of what need not be there yet: then its folder is resolved. What cannot be resolved stays as it is, for `open` to refuse. */
const realPath = async (session: Session, path: string): Promise<string> => {
  if (path === '/') return path;
  const text = toRemote(path);
  if (isFault(text)) return path;
  if (isFault(await stat(session, text))) {
    const above = await realPath(session, parent(path) || '/');
    return above === '/' ? `/${leaf(path)}` : `${above}/${leaf(path)}`;
  }
  const real = await session.ask<string>((sftp, answer) => sftp.realpath(text, answer));
  return isRefusal(real) ? path : (fromRemote(real) ?? path);
};

const loginFolder = async (session: Session, label: string): Promise<string> => {
  const home = await session.ask<string>((sftp, answer) => sftp.realpath('.', answer));
  if (!isRefusal(home) && home.startsWith('/') && toText(fromText(home)) === home) return home;
  throw new HostError(
    'protocol',
    `${label}: the SFTP server does not say where the login folder is${isRefusal(home) ? `: ${home.words}` : ''}`,
    'Give the account a home folder that it may enter.',
  );
};

/** A user database as far as the account may read it; empty in most chroots, and then there are numbers only. */
const namesFrom = async (session: Session, path: string): Promise<Table> => {
  const found = await stat(session, path);
  if (isFault(found) || found.kind !== 'file') return parseNames('');
  const handle = await openFile(session, path, 'r');
  if (isFault(handle)) return parseNames('');
  const buffer = Buffer.alloc(Math.min(found.size, MOST_NAMES));
  let filled = 0;
  while (filled < buffer.length) {
    const at = filled;
    const read = await session.ask<number>((sftp, answer) =>
      sftp.read(handle, buffer, at, buffer.length - at, at, (error, count) => answer(error, count)),
    );
    if (isRefusal(read) || read === 0) break;
    filled += read;
  }
  await closeHandle(session, handle);
  return parseNames(buffer.toString('latin1', 0, filled));
};

const notOpened = (label: string): never => {
  throw new HostError('protocol', `a root of another host was given to ${label}`, 'this is a fault in syncplan');
};

const MOST_NAMES = 1_048_576;
