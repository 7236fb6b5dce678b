// Extended attributes and access lists of a scan: of everything listed, right after the walk, and of single paths later.
//
//  1. Only files and selected folders have some; a further name of a file has its file's.
//  2. A file whose attributes cannot be read is left out and named, with its further names; a folder is listed without its
//     own attributes. Neither is ever taken for having none.
//  3. Many folders are held at a time, so that one process reads the attributes of many files.
import type { Hasher } from '../bytes/digest.js';
import type { Problem } from '../tree/entry.js';
import type { PagedEntry } from '../tree/page.js';
import { decodePage } from '../tree/page.js';
import { join, leaf, type Path, parent } from '../tree/path.js';
import { relist } from '../tree/relist.js';
import type { ExtraReader } from './extra-reader.js';
import { problemOf } from './faults.js';
import { type ExtraAt, type Fault, type FileVerbs, type Folder, isFault } from './file-verbs.js';
import { openReach, type Reach, type Start } from './reach.js';
import type { ScanState } from './scan-state.js';
import { reachFrom } from './scan-state.js';
import type { Walked } from './walk.js';

/** The same listing, with the digests of what was read. */
export const withExtras = async (
  verbs: FileVerbs,
  start: Start | null,
  walked: Walked,
  reader: ExtraReader,
  hasher: Hasher,
): Promise<Walked> => {
  const reach = openReach(verbs, start, walked.followedFolders);
  const asking = makeAsking(verbs, reader, reach);
  const faults = new Map<Path, Fault>();
  const answered = (path: Path, answer: string | Fault): void => {
    if (isFault(answer)) faults.set(path, answer);
    else if (answer !== '') reader.known.set(path, reader.digest(answer));
  };
  try {
    for (const { path, followed } of bearers(walked)) await asking.ask(path, followed, answered);
    await asking.finish(answered);
  } finally {
    await asking.release();
    await reach.close();
  }
  return relisted(walked, reader, faults, hasher);
};

/** As the port wants it: the values of listed entries, if they still are what was listed. */
export const readExtras = async (state: ScanState, paths: readonly Path[]): Promise<(string | Problem)[]> => {
  const { extras: reader } = state;
  if (reader === null) return paths.map(() => '');
  const answers = new Map<Path, string | Fault>();
  const reach = reachFrom(state);
  const asking = makeAsking(state.verbs, reader, reach);
  const answered = (path: Path, answer: string | Fault): void => void answers.set(path, answer);
  try {
    for (const path of paths) await asking.ask(path, isFollowed(state.walked, path), answered);
    await asking.finish(answered);
  } finally {
    await asking.release();
    await reach.close();
  }
  return paths.map(path => {
    const answer = answers.get(path) ?? { fault: 'ENOENT', message: 'it vanished' };
    if (isFault(answer)) return problemOf(path, DOING, answer);
    return reader.digest(answer) === (reader.known.get(path) ?? '') ? answer : changedMeanwhile(path);
  });
};

/** Digests of what stands at these names of one held folder now, remembered from now on. */
export const lookUpExtras = async (
  reader: ExtraReader,
  at: Folder,
  paths: readonly { readonly path: Path; readonly follow: boolean }[],
): Promise<(string | Problem)[]> => {
  const answers = await reader.read(paths.map(({ path, follow }) => ({ at, name: leaf(path), follow })));
  return paths.map(({ path }, i) => {
    const answer = answers[i]!;
    reader.known.delete(path);
    if (isFault(answer)) return problemOf(path, DOING, answer);
    const digest = reader.digest(answer);
    if (digest !== '') reader.known.set(path, digest);
    return digest;
  });
};

/** What can have some, folder by folder. */
function* bearers(walked: Walked): Generator<{ readonly path: Path; readonly followed: boolean }> {
  const { listing } = walked;
  for (let folder = 0; folder < listing.folders; folder++) {
    const above = listing.path(folder);
    for (const { name, entry } of decodePage(listing.page(folder))) {
      const bears = entry.kind === 'file' || (entry.kind === 'folder' && entry.selected && !entry.unreadable);
      const path = join(above, name);
      if (bears) yield { path, followed: isFollowed(walked, path) };
    }
  }
}

const isFollowed = ({ followedFiles, followedFolders }: Walked, path: Path): boolean =>
  followedFiles.has(path) || followedFolders.has(path);

type Answered = (path: Path, answer: string | Fault) => void;

/** Collects questions until there are enough for a process. */
const makeAsking = (verbs: FileVerbs, reader: ExtraReader, reach: Reach) => {
  let batch: (ExtraAt & { readonly path: Path })[] = [];
  let held: Folder[] = [];
  let current: { readonly folder: Path; readonly at: Folder | Fault } | null = null;

  const release = async (): Promise<void> => {
    for (const folder of held) await verbs.release(folder);
    held = [];
    current = null;
  };

  const finish = async (answered: Answered): Promise<void> => {
    if (batch.length > 0) {
      const answers = await reader.read(batch);
      batch.forEach(({ path }, i) => {
        answered(path, answers[i]!);
      });
    }
    batch = [];
    await release();
  };

  return {
    async ask(path: Path, follow: boolean, answered: Answered): Promise<void> {
      const folder = parent(path);
      if (current?.folder !== folder) {
        if (held.length >= MAX_HELD || batch.length >= MAX_ASKED) await finish(answered);
        const there = await reach.at(folder);
        const at = isFault(there) ? there : await reader.verbs.hold(there);
        if (!isFault(at)) held.push(at);
        current = { folder, at };
      }
      const { at } = current;
      if (isFault(at)) answered(path, at);
      else batch.push({ path, at, name: leaf(path), follow });
    },
    finish,
    release,
  };
};

const relisted = (walked: Walked, { known }: ExtraReader, faults: ReadonlyMap<Path, Fault>, hasher: Hasher): Walked => {
  if (known.size === 0 && faults.size === 0) return walked;
  const lost = new Set(faults.keys());
  for (const path of faults.keys()) for (const other of walked.followers.get(path) ?? []) lost.add(other);
  const tally = { ...walked.tally };
  const problems = [...tally.problems];
  const name = (path: Path): void => {
    const fault = faults.get(path);
    if (fault === undefined || fault.fault === 'ENOENT') return;
    if (problems.length < MAX_PROBLEMS) problems.push(problemOf(path, DOING, fault));
    else tally.moreProblems++;
  };
  const listing = relist(walked.listing, hasher, (path, entry): PagedEntry | null => {
    if (lost.has(path)) {
      name(path);
      if (entry.kind === 'folder') return { ...entry, selected: false, mode: 0, owner: '', group: '' };
      if (entry.kind === 'hard') tally.hard--;
      else {
        tally.files--;
        if (entry.kind === 'file') tally.bytes -= entry.size;
      }
      return null;
    }
    const extra = known.get(path);
    return extra === undefined || (entry.kind !== 'file' && entry.kind !== 'folder') ? entry : { ...entry, extra };
  });
  return { ...walked, listing, tally: { ...tally, problems } };
};

const changedMeanwhile = (path: Path): Problem => ({
  path,
  code: 'changed',
  message: `${DOING}: they changed meanwhile`,
  help: 'run the same command again, or lock what changes it',
});

const DOING = 'read its extended attributes';
const MAX_HELD = 80;
const MAX_ASKED = 2000;
const MAX_PROBLEMS = 1000;
