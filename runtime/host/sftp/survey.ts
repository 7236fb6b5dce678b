// Lists a folder and all below it for somebody who walks there: many folders at a time, where each by itself is some ways there
// and back.
//
//  1. It tells what listing each folder would tell; no link is followed, and a folder that cannot be listed says why when it is
//     asked for.
//  2. A listing is handed out once. Whoever asks again asks the server.
//  3. Folders are listed in the order of their names, as they are walked. At most MOST_KEPT names wait to be asked for; where
//     somebody then asks for a folder that is not listed, what waits was passed over and is let go.
//  4. syncplan's own folder is not listed: it is asked for by itself.
import { type Fault, isFault, type Named } from '../file-verbs.js';
import { STATE_FOLDER } from '../transaction/state-folder.js';
import { holdBelow, type SftpFolder } from './folder.js';

export type Survey = {
  /** What is in this folder; null where that has to be asked for. */
  readonly take: (path: string) => Promise<Listing> | null;
  /** Could this folder be listed? */
  readonly knows: (path: string) => Promise<boolean>;
  /** Nothing more is listed. */
  readonly end: () => void;
};

type Listing = Named[] | Fault;

type Listed = { readonly listing: Promise<Listing>; kept: number };

export const openSurvey = (
  top: SftpFolder,
  list: (folder: SftpFolder) => Promise<Listing>,
  mostKept = MOST_KEPT,
): Survey => {
  /** The next one is the last. */
  const next: SftpFolder[] = [top];
  const listed = new Map<string, Listed>();
  let underWay = 0;
  let kept = 0;
  let ended = false;

  const goOn = (): void => {
    while (!ended && underWay < AT_ONCE && kept < mostKept && next.length > 0) begin(next.pop()!);
  };

  const begin = (folder: SftpFolder): Listed => {
    underWay++;
    const one: Listed = { listing: list(folder), kept: 0 };
    listed.set(folder.path, one);
    one.listing.then(
      found => {
        underWay--;
        if (listed.get(folder.path) === one) {
          one.kept = 1 + (isFault(found) ? 0 : found.length);
          kept += one.kept;
        }
        if (!isFault(found)) next.push(...foldersIn(folder, found));
        goOn();
      },
      // The connection is lost: whoever asks is told.
      () => {
        ended = true;
      },
    );
    return one;
  };

  const find = (path: string): Listed | null => {
    const one = listed.get(path);
    if (one !== undefined) return one;
    const at = ended ? -1 : next.findLastIndex(folder => folder.path === path);
    if (at < 0) return null;
    if (kept >= mostKept) {
      listed.clear();
      kept = 0;
    }
    return begin(next.splice(at, 1)[0]!);
  };

  goOn();
  return {
    take(path) {
      const one = find(path);
      if (one === null) return null;
      listed.delete(path);
      kept -= one.kept;
      goOn();
      return one.listing;
    },
    async knows(path) {
      const one = find(path);
      return one !== null && !isFault(await one.listing);
    },
    end() {
      ended = true;
    },
  };
};

/** The first one last. */
const foldersIn = (folder: SftpFolder, found: readonly Named[]): SftpFolder[] =>
  found
    .filter(({ name, stat, refused }) => stat.kind === 'folder' && refused === undefined && name !== STATE_FOLDER)
    .sort((one, other) => (one.name < other.name ? 1 : -1))
    .map(({ name }) => holdBelow(folder, name));

const AT_ONCE = 16;
const MOST_KEPT = 100_000;
