// Creates a file where it is to lie until its commit, over what an attempt at it may have left there.
import type { Outcome } from '../../tree/action.js';
import { leaf, parent } from '../../tree/path.js';
import { type Fault, type Folder, isFault, type Maybe, type Sink } from '../file-verbs.js';
import type { FileStep } from './gather.js';
import { performOne } from './one-deed.js';
import { failedToCreate } from './stage-trouble.js';
import { folderFor, stagedPath } from './staged.js';
import type { Work } from './work.js';

export const openSink = async (work: Work, step: FileStep): Promise<Sink | Outcome> => {
  const sink = await createIn(work, step, work.verbs.write);
  return isFault(sink) ? failedToCreate(work, step, sink) : sink;
};

/** Has a file created where it is to lie. */
export const createIn = async <T extends object | null>(
  work: Work,
  { index }: FileStep,
  create: (at: Folder, name: string) => Maybe<T | Fault>,
): Promise<T | Fault> => {
  const path = stagedPath(work, index);
  const at = await folderFor(work, index, parent(path));
  if (isFault(at)) return at;
  const name = leaf(path);
  const created = await create(at, name);
  if (!isFault(created) || created.fault !== 'EEXIST') return created;
  // An attempt at it that failed half-way was not removed.
  await performOne(work.verbs, { do: 'remove', at, name });
  return create(at, name);
};
