// What a finished scan holds, shared by the verbs that answer from it.
import type { Matcher } from '../tree/matcher.js';
import { type Path, parent } from '../tree/path.js';
import type { DigestTable } from './digest-cache.js';
import type { ExtraReader } from './extra-reader.js';
import type { FileVerbs } from './file-verbs.js';
import type { Selection } from './host.js';
import type { Managed } from './managed.js';
import type { Pace } from './pace.js';
import { openReach, type Reach, type Start } from './reach.js';
import type { Seen } from './seen.js';
import type { Walked } from './walk.js';

export type ScanState = {
  readonly verbs: FileVerbs;
  readonly selection: Selection;
  /** Path of syncplan's own folder from the root; null where that lies elsewhere. */
  readonly own: Path | null;
  readonly matcher: Matcher;
  readonly managed: Managed;
  readonly pace: Pace;
  readonly table: DigestTable;
  /** Null where the folder taken does not exist; a lookup finds it once it has been made. */
  start: Start | null;
  device: number;
  readonly walked: Walked;
  /** Null where the selection manages no extended attributes. */
  readonly extras: ExtraReader | null;
  /** Keeps what the next scan can use. */
  readonly keep: () => void;
  /** What lookups by name found since, null for nothing; they count more than the listing. */
  readonly lookedUp: Map<Path, LookedUp | null>;
};

export type LookedUp = Seen & { readonly followed: boolean };

/** What was listed or last looked up at a path; null for nothing. */
export const seenAt = ({ walked: { listing, followedFiles }, lookedUp }: ScanState, path: Path): LookedUp | null => {
  const found = lookedUp.get(path);
  if (found !== undefined) return found;
  const row = listing.find(path);
  if (row < 0) return null;
  const kind = listing.kind(listing.page(listing.number(parent(path))), row);
  return {
    kind: kind === 'hard' ? 'file' : kind,
    size: listing.size(row),
    modified: listing.modified(row),
    changed: listing.changed(row),
    inode: listing.inode(row),
    followed: followedFiles.has(path),
  };
};

/** One for each answer that is being worked on: a reach serves one caller. */
export const reachFrom = ({ verbs, start, walked }: ScanState): Reach =>
  openReach(verbs, start, walked.followedFolders);
