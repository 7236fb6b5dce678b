// A file of this host whose content another path may get, and whether a digest alone is enough to believe it.
import { isUnforgeable } from '../../bytes/digest.js';
import type { Path } from '../../tree/path.js';
import type { HeldFile } from '../../tree/twins.js';
import type { Stat } from '../file-verbs.js';
import type { Work } from './work.js';

/** `within` is its path as its part knows it; `by` the step that takes its name away, null where it stays. */
export type Lender = HeldFile & { readonly part: number; readonly within: Path; readonly by: number | null };

/**
 * Who can forge a digest could put a file of his own in place of what is to come. So of a file with such a digest only that is
 * believed which nobody could have written but root, the owner that the new file will have, and those who may write to
 * that one as well: `mode` and `owner` are its own, null for this user.
 */
export const isBelieved = (
  { parts, verbs }: Pick<Work, 'parts' | 'verbs'>,
  part: number,
  stat: Stat,
  { mode, owner }: { readonly mode: number; readonly owner: number | null },
): boolean => {
  if (isUnforgeable(parts[part]!.scan.selection.algorithm)) return true;
  const isOwn = stat.owner === ROOT || stat.owner === (owner ?? verbs.names.self().user);
  return isOwn && (stat.mode & OTHERS_WRITE & ~mode) === 0;
};

const ROOT = 0;
const OTHERS_WRITE = 0o022;
