// Lists folders ahead of a walk through them: many at a time, where each by itself is some ways there and back.
//
//  1. It tells what listing each folder would tell; no link is followed, and a folder that cannot be listed says why when it is
//     asked for.
//  2. Only what the walk is going to list is listed, in the order of the walk and no deeper, and handed out once: whoever asks
//     again asks the server.
//  3. Whatever the server says, at most AHEAD folders wait for the walk: what a tree without end costs is bounded by what the
//     walk takes of it. None is begun while MOST_KEPT names wait.
//  4. Of a folder that nobody has asked for yet at most MOST_EACH names are taken; if it has more, it is listed again when it is
//     asked for.
import { comparePaths, leaf, parent } from '../../tree/path.js';
import { type Fault, isFault, type Named, type Wanted } from '../file-verbs.js';
import { holdBelow, type SftpFolder } from './folder.js';

export type Survey = {
  /** What is in this folder; null where that has to be asked for. */
  readonly take: (path: string) => Promise<Listing> | null;
  /** Could this folder be listed? Then it is going to be taken. */
  readonly knows: (path: string) => Promise<boolean>;
  /** Nothing more is listed. */
  readonly end: () => void;
};

type Listing = Named[] | Fault;

/** null where `goesOn`, asked with the names so far, said that nobody wants more. */
type List = (folder: SftpFolder, goesOn: (names: number) => boolean) => Promise<Listing | null>;

type Place = { readonly folder: SftpFolder; readonly wanted: Wanted };

type Listed = Place & {
  readonly listing: Promise<Listing | null>;
  readonly state: { asked: boolean; kept: number };
};

/** The folders in one folder, in the order of a walk; those from `at` on have not been listed yet. */
type Siblings = Place & { readonly names: readonly string[]; at: number };

export const openSurvey = (top: SftpFolder, wanted: Wanted, list: List, most = AHEAD): Survey => {
  /** What is walked first is last. */
  const next: Siblings[] = [];
  /** Listed or under way, and not taken. */
  const listed = new Map<string, Listed>();
  let underWay = 0;
  let kept = 0;
  let ended = false;

  const isFull = (): boolean => listed.size >= most || kept >= MOST_KEPT;

  const goOn = (): void => {
    while (!ended && underWay < AT_ONCE && !isFull()) {
      const place = nextPlace();
      if (place === null) return;
      wait(begin(place, false));
    }
  };

  const nextPlace = (): Place | null => {
    for (let first = next.at(-1); first !== undefined; first = next.at(-1)) {
      const place = first.at < first.names.length ? placeIn(first, first.names[first.at++]!) : null;
      if (first.at >= first.names.length) next.pop();
      if (place !== null) return place;
    }
    return null;
  };

  const begin = ({ folder, wanted }: Place, asked: boolean): Listed => {
    underWay++;
    const state = { asked, kept: 0 };
    const listing = list(folder, names => state.asked || (!ended && names <= MOST_EACH));
    const one: Listed = { folder, wanted, listing, state };
    listing.then(
      found => {
        underWay--;
        const waits = listed.get(folder.path) === one;
        if (waits) {
          state.kept = found === null || isFault(found) ? 0 : found.length;
          kept += state.kept;
        }
        if ((waits || state.asked) && found !== null && !isFault(found)) addFolders(one, found);
        goOn();
      },
      // The connection is lost: whoever asks is told.
      () => end(),
    );
    return one;
  };

  const addFolders = ({ folder, wanted }: Place, found: readonly Named[]): void => {
    const names = found
      .filter(({ stat, refused }) => stat.kind === 'folder' && refused === undefined)
      .map(({ name }) => name)
      .sort();
    if (names.length === 0 || ended) return;
    let at = next.length;
    while (at > 0 && isBefore(next[at - 1]!, folder.path)) at--;
    next.splice(at, 0, { folder, wanted, names, at: 0 });
  };

  const wait = (one: Listed): void => {
    listed.set(one.folder.path, one);
  };

  const letGo = (one: Listed): void => {
    if (listed.get(one.folder.path) !== one) return;
    listed.delete(one.folder.path);
    kept -= one.state.kept;
  };

  /** Begun now, where its turn had not come. */
  const find = (path: string): Listed | null => {
    const one = listed.get(path) ?? null;
    if (one !== null) one.state.asked = true;
    return one ?? jumpTo(path);
  };

  /** The walk is here: what comes before it was passed over. */
  const jumpTo = (path: string): Listed | null => {
    const at = next.findLastIndex(({ folder }) => folder.path === (parent(path) || '/'));
    if (at < 0) return null;
    const siblings = next[at]!;
    const place = leftOf(siblings, leaf(path)) ? placeIn(siblings, leaf(path)) : null;
    if (place === null) return null;
    next.length = at + 1;
    if (isFull()) for (const [passed, one] of listed) if (comparePaths(passed, path) < 0) letGo(one);
    const one = begin(place, true);
    wait(one);
    return one;
  };

  const end = (): void => {
    ended = true;
    next.length = 0;
    listed.clear();
  };

  wait(begin({ folder: top, wanted }, false));
  return {
    take(path) {
      const one = find(path);
      if (one === null) return null;
      letGo(one);
      goOn();
      return one.listing.then(found => found ?? (begin(one, true).listing as Promise<Listing>));
    },
    async knows(path) {
      const one = find(path);
      if (one === null) return false;
      const found = await one.listing;
      if (found === null || !isFault(found)) return true;
      letGo(one);
      return false;
    },
    end,
  };
};

/** Is it one of those that are left? Then those before it are not. */
const leftOf = (siblings: Siblings, name: string): boolean => {
  const { names } = siblings;
  let [from, to] = [siblings.at, names.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (names[middle]! < name) from = middle + 1;
    else to = middle;
  }
  if (names[from] !== name) return false;
  siblings.at = from + 1;
  return true;
};

const placeIn = ({ folder, wanted }: Place, name: string): Place | null => {
  const below = wanted.enter(name);
  return below === null ? null : { folder: holdBelow(folder, name), wanted: below };
};

/** Are the folders that are left of these walked before this one? */
const isBefore = ({ folder, names, at }: Siblings, path: string): boolean =>
  at >= names.length || comparePaths(folder.path === '/' ? `/${names[at]!}` : `${folder.path}/${names[at]!}`, path) < 0;

const AT_ONCE = 32;
const AHEAD = 256;
const MOST_KEPT = 50_000;
const MOST_EACH = 2_500;
