// What was lent by a further name (lend.ts), looked at again before the commit: taken back where it is not what it was, or stays.
import { isFault } from '../file-verbs.js';
import { makePace } from '../pace.js';
import { discard, stagedFolder, stagedName } from './staged.js';
import { inconsistent, type Lent, type Work } from './work.js';

/** What is taken back is `inconsistent`, and has to be sent. */
export const recallLent = async (work: Work): Promise<void> => {
  const { table, lent } = work;
  const pace = makePace(work.breathe);
  for (const [index, { by, stat }] of lent) {
    if (!table.isStaged(index)) {
      lent.delete(index);
      continue;
    }
    const folder = await stagedFolder(work, index);
    const [now] = isFault(folder) ? [folder] : await work.verbs.stat([{ at: folder, name: stagedName(work, index) }]);
    const isSame = now !== undefined && !isFault(now) && isUntouched(now, stat) && now.changed === stat.changed;
    const rest = pace(1);
    if (rest !== null) await rest;
    if (isSame && isTakenAway(work, by)) continue;
    lent.delete(index);
    // Whoever changed it changed the old name as well: that is looked at anew.
    if (!isSame) work.disturbed.delete(stat.inode);
    await discard(work, index);
    const why = isSame
      ? 'the file that it was made of is to stay'
      : 'the file that it was made of was changed meanwhile';
    table.settle(inconsistent(index, why));
    work.arrivals.ended(index, null);
  }
};

/** The steps that take a name away from a file which another step gives a new one. */
export const lendersOf = ({ lent }: Pick<Work, 'lent'>): ReadonlySet<number> =>
  new Set([...lent.values()].map(({ by }) => by));

/** But for what a further name changes of itself. */
export const isUntouched = (now: Lent['stat'], then: Lent['stat']): boolean =>
  now.inode === then.inode && now.size === then.size && now.modified === then.modified;

const isTakenAway = ({ table }: Work, by: number): boolean => {
  const action = table.step(by)?.action;
  return action !== undefined && (action.do === 'remove' || ('expect' in action && action.expect === 'seen'));
};
