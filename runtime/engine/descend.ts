// Descends two Merkle trees side by side: pages where summaries differ, content pages where they are equal.
import type { FolderPage, Scan } from '../host/host.js';
import { compareEqualSized, compareFolder, type Located, type Pair } from '../tree/change.js';
import type { FileEntry } from '../tree/entry.js';
import { decodeContentPage, decodePage } from '../tree/page.js';
import { join, type Path } from '../tree/path.js';
import type { Comparing } from './comparing.js';

/** Level by level from the take's folder: as many round trips as the tree is deep, as many pages as differ. */
export const descendPages = async ({ master, remote, rules, found }: Comparing): Promise<void> => {
  if (master.summary.digest === remote.summary.digest) {
    if (master.summary.files > 0) found.same.push('');
    return;
  }
  for (let level: Path[] = ['']; level.length > 0; ) {
    const next = found.descend.length;
    for (const folders of batches(level, FOLDERS_AT_ONCE)) {
      for await (const [folder, a, b] of sideBySide(folders, master.pages(folders), remote.pages(folders))) {
        compareFolder(folder, decodePage(a), decodePage(b), rules, found);
      }
    }
    level = found.descend.slice(next);
  }
};

/** Where everything but content is equal, both sides' content digests are compared, folder by folder, from the top. */
export const descendContents = async (comparing: Comparing): Promise<void> => {
  const { master, remote, rules, found } = comparing;
  if (rules.quick) return;
  for (let level: Path[] = found.same; level.length > 0; ) {
    const next: Path[] = [];
    for (const folders of batches(level, FOLDERS_AT_ONCE)) {
      const differing: [Path, Buffer, Buffer][] = [];
      for await (const [folder, a, b] of sideBySide(folders, master.contents(folders), remote.contents(folders))) {
        if (Buffer.compare(a, b) !== 0) differing.push([folder, Buffer.from(a), Buffer.from(b)]);
      }
      for (const folder of await differingContents(comparing, differing)) next.push(folder);
    }
    level = next;
  }
};

const differingContents = async (
  { master, found }: Comparing,
  differing: readonly [Path, Buffer, Buffer][],
): Promise<Path[]> => {
  const below: Path[] = [];
  let at = 0;
  for await (const { page } of master.pages(differing.map(([folder]) => folder))) {
    const [folder, a, b] = differing[at++]!;
    const listed = decodePage(page);
    const ours = decodeContentPage(listed, a);
    const theirs = decodeContentPage(listed, b);
    listed.forEach(({ name, entry }, i) => {
      if (ours[i] === theirs[i] && ours[i] !== '') return;
      if (entry.kind === 'folder') below.push(join(folder, name));
      // Equal pages: the remote's entry is the master's. An unreadable one is named when its digest is asked for.
      else if (entry.kind === 'file') found.sameSize.push({ path: join(folder, name), master: entry, remote: entry });
    });
  }
  return below;
};

/** Files of equal size: both sides digest them themselves. */
export const decideByDigest = async (comparing: Comparing): Promise<void> => {
  const { master, remote, rules, found, problems } = comparing;
  for (const pairs of batches(found.sameSize, FILES_AT_ONCE)) {
    const paths = pairs.map(({ path }) => path);
    const [ours, theirs] = await Promise.all([master.digests(paths), remote.digests(paths)]);
    pairs.forEach((pair, i) => {
      const a = ours[i]!;
      const b = theirs[i]!;
      const problem = typeof a !== 'string' ? a : typeof b !== 'string' ? b : null;
      if (problem !== null) {
        problems.push(problem);
        comparing.unseen++;
      } else if (a === b) found.changes.push(...compareEqualSized(pair, rules));
      else found.changes.push(contentChange(pair));
    });
  }
};

const contentChange = ({
  path,
  master,
  remote,
}: Pair): { kind: 'replace'; path: Path; entry: FileEntry; was: FileEntry; why: 'content' } => ({
  kind: 'replace',
  path,
  entry: master,
  was: remote,
  why: 'content',
});

/** The answers of both sides for the folders asked; a peer that answers something else has broken the protocol. */
async function* sideBySide(
  folders: readonly Path[],
  master: AsyncIterable<FolderPage>,
  remote: AsyncIterable<FolderPage>,
): AsyncGenerator<[Path, Uint8Array, Uint8Array]> {
  const a = master[Symbol.asyncIterator]();
  const b = remote[Symbol.asyncIterator]();
  for (const folder of folders) {
    const [x, y] = await Promise.all([a.next(), b.next()]);
    if (x.done || y.done || x.value.folder !== folder || y.value.folder !== folder) {
      throw new Error(`a host answered with other folders than it was asked for, at ${JSON.stringify(folder)}`);
    }
    yield [folder, x.value.page, y.value.page];
  }
  await Promise.all([a.return?.(), b.return?.()]);
}

export function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Every page of whole subtrees as its entries, parents first. */
export async function* entriesBelow(scan: Scan, folders: readonly Path[]): AsyncGenerator<Located[]> {
  if (folders.length === 0) return;
  for await (const { folder, page } of scan.subtrees(folders)) {
    yield decodePage(page).map(({ name, entry }) => ({ path: join(folder, name), entry }));
  }
}

export const FOLDERS_AT_ONCE = 2000;
export const FILES_AT_ONCE = 5000;
