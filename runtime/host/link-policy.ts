// What becomes of one symbolic link that a scan meets: listed as it is, followed, skipped, or refused by name.
//
// A link is escaping where its target is absolute or climbs out of the root at any point, read as text. What escapes is
// skipped on both sides alike; it is refused only on the master, whose links would travel: a remote lists its own.
import type { Problem } from '../tree/entry.js';
import { escapes } from '../tree/escapes.js';
import { MAX_PATH, type Path } from '../tree/path.js';
import { problemOf } from './faults.js';
import { type FileVerbs, type Folder, isFault, type Stat } from './file-verbs.js';
import type { Selection } from './host.js';

export type LinkDecision =
  | { readonly is: 'link'; readonly target: string }
  /** What it leads to: a file, a folder or something special. */
  | { readonly is: 'followed'; readonly stat: Stat }
  | { readonly is: 'skipped' }
  /** It vanished, or is no link any more. */
  | { readonly is: 'gone' }
  | { readonly is: 'refused'; readonly problem: Problem };

/** `folder` is where the link lies, relative to the root; `path` names it in problems. */
export const decideLink = async (
  verbs: FileVerbs,
  { links, side }: Selection,
  at: { readonly held: Folder; readonly folder: Path; readonly name: string; readonly path: Path },
): Promise<LinkDecision> => {
  if (links.symbolic === 'skip') return { is: 'skipped' };
  const target = await verbs.readLink(at.held, at.name);
  if (isFault(target)) {
    if (target.fault === 'ENOENT' || target.fault === 'EINVAL') return { is: 'gone' };
    return { is: 'refused', problem: problemOf(at.path, 'read the link', target) };
  }
  if (links.escaping !== 'keep' && escapes(target, at.folder)) {
    if (links.escaping === 'skip') return { is: 'skipped' };
    if (side === 'master') return { is: 'refused', problem: escaping(at.path) };
  }
  if (links.symbolic === 'follow' && side === 'master') return follow(verbs, at.held, at.name, at.path);
  if (target.length > MAX_PATH) return { is: 'refused', problem: tooLong(at.path) };
  return { is: 'link', target };
};

export const linkLoop = (path: Path): Problem => ({
  path,
  code: 'link-loop',
  message: 'follow the link: it leads back to where it is',
  help: 'remove the link, leave it out, or say `symbolic keep` in the links of the block',
});

const follow = async (verbs: FileVerbs, held: Folder, name: string, path: Path): Promise<LinkDecision> => {
  const stat = await verbs.followed(held, name);
  if (!isFault(stat)) return { is: 'followed', stat };
  if (stat.fault === 'ELOOP') return { is: 'refused', problem: linkLoop(path) };
  if (stat.fault !== 'ENOENT' && stat.fault !== 'ENOTDIR') {
    return { is: 'refused', problem: problemOf(path, 'follow the link', stat) };
  }
  const help = 'remove the link, leave it out, or say `symbolic keep` in the links of the block';
  return { is: 'refused', problem: { path, code: 'gone', message: 'follow the link: it leads nowhere', help } };
};

const escaping = (path: Path): Problem => ({
  path,
  code: 'escaping-link',
  message: 'list the link: its target is absolute or outside the root, and the block refuses such links',
  help: 'make the target relative and inside the root, leave the link out, or say `escaping keep` in the links of the block',
});

const tooLong = (path: Path): Problem => ({
  path,
  code: 'name-too-long',
  message: `list the link: its target is longer than ${MAX_PATH} bytes`,
  help: 'shorten the target, or leave the link out',
});
