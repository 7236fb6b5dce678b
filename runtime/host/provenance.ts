// Where what stands on a remote comes from: compared with the baseline, which is read when it is first asked for.
//
// The same file with the same times was not touched. A file with other times is ours where its content has the digest that
// was committed; where no digest is known, its size and time of content must do.
import { leaf, type Path, parent } from '../tree/path.js';
import { openCursor } from './cursor.js';
import { type FileVerbs, type Folder, isFault } from './file-verbs.js';
import type { Provenance } from './host.js';
import type { Seen, SeenScan } from './seen.js';
import { type Baseline, type BaselineEntry, loadBaseline } from './transaction/baseline.js';
import { openState, type StatePlace } from './transaction/state-folder.js';

export type ProvenanceOf = {
  readonly verbs: FileVerbs;
  /** Null where the root does not exist. */
  readonly place: StatePlace | null;
  readonly scan: () => SeenScan;
};

export const makeProvenance = ({
  verbs,
  place,
  scan,
}: ProvenanceOf): ((paths: readonly Path[]) => Promise<readonly Provenance[]>) => {
  let loading: Promise<Baseline> | null = null;
  return async paths => {
    if (place === null) return paths.map(() => 'unknown' as const);
    const current = scan();
    loading ??= load(verbs, place, current);
    const baseline = await loading;
    const answers = paths.map(path => judgeBySight(current.seen(path), baseline.get(path)));
    const doubtful = paths.flatMap((_, i) => (answers[i] === 'digest' ? [i] : []));
    const digests = await current.digests(doubtful.map(i => paths[i]!));
    const links = paths.flatMap((_, i) => (answers[i] === 'link' ? [i] : []));
    const targets = await readTargets(
      verbs,
      place.root,
      current.selection.folder,
      links.map(i => paths[i]!),
    );
    const sure: Provenance[] = answers.map(answer => (answer === 'digest' || answer === 'link' ? 'drift' : answer));
    doubtful.forEach((i, n) => {
      const entry = baseline.get(paths[i]!);
      if (entry?.kind === 'file' && digests[n] === entry.digest) sure[i] = 'baseline';
    });
    links.forEach((i, n) => {
      const entry = baseline.get(paths[i]!);
      if (entry?.kind === 'link' && targets[n] === entry.target) sure[i] = 'baseline';
    });
    return sure;
  };
};

const load = async (verbs: FileVerbs, place: StatePlace, { selection }: SeenScan): Promise<Baseline> => {
  const state = await openState(verbs, place, false);
  if (state === null) return new Map();
  try {
    return await loadBaseline(verbs, place, state, selection.folder, selection.algorithm);
  } finally {
    await verbs.release(state);
  }
};

/** `digest` and `link` want a closer look. */
const judgeBySight = (now: Seen | null, entry: BaselineEntry | undefined): Provenance | 'digest' | 'link' => {
  if (entry === undefined) return 'unknown';
  if (now === null || now.kind !== entry.kind) return 'drift';
  switch (entry.kind) {
    case 'folder':
      return 'baseline';
    case 'link':
      return 'link';
    case 'file': {
      if (now.size !== entry.size) return 'drift';
      const sameTime = now.modified === entry.modified;
      const isTold = entry.changed !== 0 && entry.inode !== 0;
      const untouched = sameTime && isTold && now.changed === entry.changed && now.inode === entry.inode;
      if (untouched) return 'baseline';
      if (entry.digest !== '') return 'digest';
      return sameTime ? 'baseline' : 'drift';
    }
  }
};

/** Null where one cannot be read. */
const readTargets = async (
  verbs: FileVerbs,
  root: Folder,
  folder: Path,
  paths: readonly Path[],
): Promise<(string | null)[]> => {
  const cursor = openCursor(verbs, root);
  const targets: (string | null)[] = [];
  for (const path of paths) {
    const whole = folder === '' ? path : `${folder}/${path}`;
    const at = await cursor.at(parent(whole));
    const target = isFault(at) ? at : await verbs.readLink(at, leaf(path));
    targets.push(isFault(target) ? null : target);
  }
  await cursor.close();
  return targets;
};
