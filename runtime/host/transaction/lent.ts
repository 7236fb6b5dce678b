// What was lent by a further name (lend.ts), looked at again before the commit: taken back where it is not what it was, or stays.
import { parent } from '../../tree/path.js';
import { type Fault, isFault, type Stat } from '../file-verbs.js';
import { makePace } from '../pace.js';
import { discard, stagedFolder, stagedName, stagedPath } from './staged.js';
import { inconsistent, type Lent, type Work } from './work.js';

/** What is taken back is `inconsistent`, and has to be sent. */
export const recallLent = async (work: Work): Promise<void> => {
  const pace = makePace(work.breathe);
  for (const batch of batches(work)) {
    const [[first]] = batch;
    const folder = await stagedFolder(work, first);
    const names = batch.map(([index]) => stagedName(work, index));
    const stats = isFault(folder)
      ? names.map(() => folder)
      : await work.verbs.stat(names.map(name => ({ at: folder, name })));
    for (const [i, one] of batch.entries()) await settleLent(work, one, stats[i]!);
    const rest = pace(batch.length);
    if (rest !== null) await rest;
  }
};

const settleLent = async (work: Work, [index, { by, stat }]: Lending, now: Stat | Fault): Promise<void> => {
  const isSame = !isFault(now) && isUntouched(now, stat) && now.changed === stat.changed;
  if (isSame && isTakenAway(work, by)) return;
  work.lent.delete(index);
  // Whoever changed it changed the old name as well: that is looked at anew.
  if (!isSame) work.disturbed.delete(stat.inode);
  await discard(work, index);
  const why = isSame ? 'the file that it was made of is to stay' : 'the file that it was made of was changed meanwhile';
  work.table.settle(inconsistent(index, why));
  work.arrivals.ended(index, null);
};

type Lending = readonly [index: number, lent: Lent];

/** Neighbours of one folder in staging; what is not staged any more was lent in vain. */
function* batches(work: Work): Generator<readonly [Lending, ...Lending[]]> {
  let batch: [Lending, ...Lending[]] | null = null;
  let folder = '';
  for (const one of [...work.lent]) {
    const [index] = one;
    if (!work.table.isStaged(index)) {
      work.lent.delete(index);
      continue;
    }
    const { part } = work.table.step(index)!;
    const own = `${part} ${parent(stagedPath(work, index))}`;
    if (batch !== null && own === folder && batch.length < TOGETHER) batch.push(one);
    else {
      if (batch !== null) yield batch;
      batch = [one];
      folder = own;
    }
  }
  if (batch !== null) yield batch;
}

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

const TOGETHER = 256;
