// What earlier runs left in a root: transactions to finish, hooks still owed, and what was put into the trash.
import type { Path } from '../tree/path.js';
import type { Root, Unfinished } from './host.js';
import { forgetOwed, type Logged, readLog } from './transaction/intent-log.js';
import { isDamage } from './transaction/record.js';
import { recoverTransaction } from './transaction/recover.js';
import { restoreFromTrash } from './transaction/restore.js';
import { plainName, type StatePlace } from './transaction/state-folder.js';
import type { TransactionTools } from './transaction/transaction.js';
import { runsInTrash, withTrash } from './transaction/trashed.js';

type LeftBehind = Pick<Root, 'unfinished' | 'recover' | 'paid' | 'trashedRuns' | 'trashed' | 'restore'>;

/** `place` is null as long as the root does not exist: nothing was left there. */
export const attendLeftBehind = (
  tools: TransactionTools,
  root: { readonly path: Path; readonly place: () => StatePlace | null },
): LeftBehind => {
  const inPlace = async <T>(without: T, use: (place: StatePlace) => Promise<T>): Promise<T> => {
    const place = root.place();
    return place === null ? without : use(place);
  };
  return {
    unfinished: () => inPlace([], async place => (await readLog(tools.verbs, place)).map(unfinishedOf)),
    recover: ({ transaction }) => inPlace([], place => recoverTransaction(tools, place, transaction)),
    paid: transaction => inPlace(undefined, place => forgetOwed(tools.verbs, place, plainName(transaction))),
    trashedRuns: () => inPlace([], place => runsInTrash(tools.verbs, place)),
    trashed: run =>
      inPlace([], place =>
        withTrash(tools.verbs, place, run, async entries =>
          entries.map(({ path, kind, why, size }) => ({ path, kind, why, size })),
        ),
      ),
    restore: (run, paths, by) =>
      inPlace([], place => restoreFromTrash(tools, { place, root: root.path }, run, paths, by)),
  };
};

/** What is damaged says nothing of itself but its name: it is finished by being put aside and named. */
const unfinishedOf = ({ name, state, intent }: Logged): Unfinished => {
  if (isDamage(intent))
    return { transaction: name, run: name, block: name, state: 'intent', locked: true, steps: 0, owed: '' };
  const { run, block, locked, owed, steps } = intent;
  return { transaction: name, run, block, state, locked, steps: steps.filter(step => step !== null).length, owed };
};
