// The deletion budget: pure arithmetic over what one relation would lose, decided before anything is written anywhere.
import type { DeletePolicy } from '../../compiler/plan.js';

export type Loss = {
  /** Entries that would be deleted; moves do not count. */
  readonly deletions: number;
  /** Entries that the remote holds in this relation. */
  readonly remoteEntries: number;
  /** Entries that the master holds in this relation. */
  readonly masterEntries: number;
};

export type Verdict = { readonly guard: 'deletions' | 'shrink' | 'master-empty'; readonly message: string } | null;

/**
 * Every bound that is given holds. Without one, a relation that would lose more than half of its entries is refused, and an
 * empty master is refused whatever the bounds say: it is far more often an unmounted disk than a wish.
 */
export const checkDeletions = (
  policy: DeletePolicy,
  { deletions, remoteEntries, masterEntries }: Loss,
  where = 'here',
): Verdict => {
  if (policy.mode === 'never' || deletions === 0) return null;
  const of = `${count(deletions)} of ${count(remoteEntries)} entries`;
  if (masterEntries === 0)
    return { guard: 'master-empty', message: `the master has nothing ${where}, and ${of} would be deleted` };
  const { maxFiles, maxPercent } = policy;
  if (maxFiles !== null && deletions > maxFiles) {
    return { guard: 'deletions', message: `${of} would be deleted; the plan allows ${count(maxFiles)}` };
  }
  if (maxPercent !== null && deletions * 100 > maxPercent * remoteEntries) {
    return {
      guard: 'deletions',
      message: `${of} (${percent(deletions, remoteEntries)}) would be deleted; the plan allows ${maxPercent}%`,
    };
  }
  if (maxFiles === null && maxPercent === null && deletions * 2 > remoteEntries) {
    return {
      guard: 'shrink',
      message: `${of} (${percent(deletions, remoteEntries)}) would be deleted; without \`max\`, at most half may go`,
    };
  }
  return null;
};

const percent = (part: number, whole: number): string => `${Math.ceil((part * 100) / Math.max(1, whole))}%`;

const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
