// The file verbs over one shell session. What a shell cannot promise is said by `weaknessesOf` (weaker.ts).
import type { KeptFolder } from '../../tree/listing.js';
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from '../file-verbs.js';
import type { Table } from '../local-names.js';
import { answerFault, apart, deedFaults, faultAmong, faultOf, followedTo, UNREADABLE } from './complaints.js';
import { performAll, SYNC_PATIENCE_MS } from './deeds.js';
import { digestAll } from './digest-files.js';
import { holdPath, pathIn, pathOf, wordFor } from './folder.js';
import { listFolder } from './list.js';
import type { ShellTools } from './probe.js';
import { digestByReading } from './read-files.js';
import { parseLooked } from './records.js';
import type { ShellSession } from './session.js';
import { openSink } from './sink.js';
import { openSource } from './source.js';
import { openSurvey, type Survey } from './survey.js';
import { volumeOf } from './volume.js';
import { makeFolders, writeMany } from './write-many.js';

export type ShellVerbsOptions = {
  readonly session: ShellSession;
  readonly tools: ShellTools;
  readonly users: Table;
  readonly groups: Table;
  /** Milliseconds since 1970 there. */
  readonly now: () => number;
};

export const makeShellVerbs = ({ session, tools, users, groups, now }: ShellVerbsOptions): FileVerbs => {
  const means = {
    tar: tools.tar,
    libarchive: tools.libarchive,
    times: tools,
    syncFile: tools.syncFile,
    now: () => Math.floor(now()) * 1000,
  };
  const surveys = new Set<Survey>();
  const surveyed = async <T>(ask: (survey: Survey) => Promise<T | null>): Promise<T | null> => {
    for (const survey of surveys) {
      const answer = await ask(survey);
      if (answer !== null) return answer;
    }
    return null;
  };
  return {
    mostListed: MOST_LISTED,
    open: path => openPath(session, absolute(path, tools.home)),
    async enter(at, name) {
      const word = wordFor(name);
      if (isFault(word)) return word;
      const path = pathIn(at, name);
      const known = (await surveyed(async survey => (await survey.knows(path)) || null)) === true;
      const fault = known ? null : answerFault(await session.ask('enter', [path]));
      return fault ?? holdPath(path);
    },
    release: () => {},
    list: async folder =>
      (await surveyed(survey => survey.list(pathOf(folder)))) ?? listFolder(session, tools.find ?? 'exec', folder),
    ...(tools.find === 'printf'
      ? {
          listKept: async (folder: Folder, kept: KeptFolder) =>
            (await surveyed(survey => survey.listKept(pathOf(folder), kept))) ?? listFolder(session, 'printf', folder),
        }
      : {}),
    ahead(folder) {
      if (tools.find !== 'printf') return () => {};
      const survey = openSurvey(session, pathOf(folder));
      surveys.add(survey);
      return () => surveys.delete(survey);
    },
    stat: batch => lookAll(session, batch),
    async readLink(at, name) {
      const word = wordFor(name);
      if (isFault(word)) return word;
      const known = await surveyed(survey => survey.target(pathOf(at), name));
      if (known !== null) return known;
      const answer = await session.ask('target', [pathOf(at), word]);
      return answerFault(answer) ?? answer.output.toString('latin1');
    },
    async followed(at, name) {
      const word = wordFor(name);
      if (isFault(word)) return word;
      const answer = await session.ask('follow', [pathOf(at), word]);
      const stat = parseLooked(answer.output.toString('latin1'), session.mark)?.[0]?.stat;
      return answerFault(answer) ?? (stat === undefined ? UNREADABLE : followedTo(stat));
    },
    read: (at, name, follow) => openSource(session, at, name, follow),
    digester(algorithm) {
      const command = tools.digests.get(algorithm);
      if (command === undefined) {
        return (at, names, follow) => {
          const look = (some: readonly string[]) =>
            lookAll(
              session,
              some.map(name => ({ at, name })),
            );
          return digestByReading({ session, algorithm, at, follow, look }, names);
        };
      }
      return (at, names, follow) => digestAll({ session, algorithm, command, at, follow }, names);
    },
    write: (at, name) => openSink(session, means, at, name),
    writeMany: files => writeMany(session, files, means),
    makeFolders: (at, folders) => makeFolders(session, at, folders),
    perform: deeds => performAll(session, deeds, tools),
    async syncAll(folder) {
      if (!tools.syncOne) return { fault: 'ENOSYS', message: 'sync there takes no file system' };
      const asking = { patience: SYNC_PATIENCE_MS };
      return deedFaults(await session.ask('perform', [pathOf(folder), 'sync-all'], asking), 1)[0]!;
    },
    fileSystem: async folder => (await volumeOf(session, folder))?.type ?? '',
    mayWrite: async folder => answerFault(await session.ask('may', [pathOf(folder)])),
    extras: null,
    space: async folder => (await volumeOf(session, folder))?.space ?? null,
    names: {
      user: id => users.byId.get(id) ?? null,
      group: id => groups.byId.get(id) ?? null,
      userId: name => users.byName.get(name) ?? null,
      groupId: name => groups.byName.get(name) ?? null,
      self: () => ({ user: tools.userId, groups: tools.groups }),
    },
  };
};

/** A path as the plan's author wrote it, made absolute and plain; null where it is no path. */
const absolute = (path: string, home: string): string | null => {
  const whole = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  if (!whole.startsWith('/') || whole.includes('\0')) return null;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
};

/** Links on the way to it are followed, as its author named it; from then on its real path is what is held. */
const openPath = async (session: ShellSession, path: string | null): Promise<Opened> => {
  if (path === null) return { fault: 'EINVAL', message: 'not an absolute path' };
  const answer = await session.ask('open', [path]);
  const fault = answerFault(answer);
  if (fault !== null) return fault;
  const text = answer.output.toString('latin1');
  const at = text.indexOf('\n.\0');
  const real = text.slice(0, Math.max(0, at));
  const stat = parseLooked(text.slice(at + 3), session.mark)?.[0]?.stat;
  return stat === undefined || !real.startsWith('/') ? UNREADABLE : { folder: holdPath(real), path, stat };
};

type Opened = Awaited<ReturnType<FileVerbs['open']>>;

type Asked = { readonly at: Folder; readonly name: string };

/** Neighbours in one folder are one request, and all requests are on their way together. */
const lookAll = async (session: ShellSession, asked: readonly Asked[]): Promise<(Stat | Fault)[]> => {
  const answers: Promise<readonly (Stat | Fault)[]>[] = [];
  for (let start = 0; start < asked.length; ) {
    let end = start + 1;
    while (end < asked.length && end - start < TOGETHER && pathOf(asked[end]!.at) === pathOf(asked[start]!.at)) end++;
    answers.push(lookIn(session, asked.slice(start, end)));
    start = end;
  }
  return (await Promise.all(answers)).flat();
};

const lookIn = async (session: ShellSession, asked: readonly Asked[]): Promise<readonly (Stat | Fault)[]> => {
  const words = asked.map(({ name }) => wordFor(name));
  const fit = words.filter(word => !isFault(word)) as readonly string[];
  if (fit.length === 0) return words as readonly Fault[];
  const parts = apart(await session.ask('look', [pathOf(asked[0]!.at), ...fit]));
  if (isFault(parts)) return words.map(word => (isFault(word) ? word : parts));
  const named = parseLooked(parts.text, session.mark);
  if (named === null) return words.map(word => (isFault(word) ? word : UNREADABLE));
  const stats = new Map(named.map(({ name, stat }) => [name, stat]));
  const missing = faultAmong(parts.said) ?? faultOf('ENOENT');
  return words.map(word => (isFault(word) ? word : (stats.get(word) ?? missing)));
};

/** Words of one request: what a tool is given at once is limited. */
const TOGETHER = 500;
/** Of one scan: they are all held here. */
const MOST_LISTED = 4_000_000;
