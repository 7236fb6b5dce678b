// Names that a remote would take for one: on file systems that ignore case, or that keep names in one normal form.
//
// A name that is not UTF-8 is compared by its bytes. Case is folded as far as one character goes to another; a file system
// that folds further, as few do, tells the rest when the file is put in place.
import { type Path, toText } from './path.js';

/** As a host tells them; macOS takes two spellings of one text in Unicode for one name. */
export type NameFacts = { readonly caseSensitive: boolean; readonly system: string };

/** Two names of one folder, or more, that would be one there; in the order of bytes. */
export type Collision = readonly Path[];

/**
 * Among the paths that are to be put in place (`fresh`) and those that stand there already and stay (`there`): every set of
 * them that would fall together and in which a fresh one is. Folders of two such spellings are told once, not for all that
 * is in them.
 */
export const collisions = (fresh: Iterable<Path>, facts: NameFacts, there: Iterable<Path> = []): Collision[] => {
  if (facts.caseSensitive && !normalises(facts)) return [];
  const fold = folderOf(facts);
  const spellings = new Map<Path, Map<Path, boolean>>();
  const note = (path: Path, isFresh: boolean): void => {
    const folded = fold(path);
    const known = spellings.get(folded) ?? new Map<Path, boolean>();
    known.set(path, isFresh || (known.get(path) ?? false));
    spellings.set(folded, known);
  };
  for (const path of fresh) note(path, true);
  for (const path of there) note(path, false);
  const found: Collision[] = [];
  for (const [folded, known] of spellings) {
    if (known.size < 2 || ![...known.values()].includes(true)) continue;
    if (!isToldAbove(folded, spellings)) found.push([...known.keys()].sort(byBytes));
  }
  return found.sort(([a], [b]) => byBytes(a!, b!));
};

/** Is the folder they stand in a collision itself? Then one of their folders is what has to be renamed. */
const isToldAbove = (folded: Path, spellings: ReadonlyMap<Path, ReadonlyMap<Path, boolean>>): boolean => {
  for (let end = folded.lastIndexOf('/'); end > 0; end = folded.lastIndexOf('/', end - 1)) {
    const above = spellings.get(folded.slice(0, end));
    if (above !== undefined && above.size > 1 && [...above.values()].includes(true)) return true;
  }
  return false;
};

/** How such a file system reads a path; component by component, since one may be text where another is not. */
const folderOf = (facts: NameFacts): ((path: Path) => string) => {
  const { caseSensitive } = facts;
  const normalising = normalises(facts);
  return path =>
    path
      .split('/')
      .map(name => {
        const text = toText(name);
        if (text === null) return name;
        const normal = normalising ? text.normalize('NFD') : text;
        // Up and down again, so that characters of two small forms (ς and σ) become one.
        return caseSensitive ? normal : normal.toUpperCase().toLowerCase();
      })
      .join('/');
};

const normalises = ({ system }: NameFacts): boolean => system.startsWith('darwin');

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
