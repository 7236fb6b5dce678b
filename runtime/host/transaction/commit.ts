// Commits: everything before the intent record can be undone by forgetting it, everything after only goes forward.
import type { Outcome } from '../../tree/action.js';
import { advanceBaselines } from './advance.js';
import { syncChanged, syncStaged } from './durable.js';
import type { Intent } from './intent.js';
import { markDone, writeIntent } from './intent-log.js';
import { intentOf } from './intent-of.js';
import { keepWhatGoes } from './keep.js';
import { writePointer } from './pointer.js';
import { confirmRoots } from './same-roots.js';
import { switchSteps } from './switch.js';
import { desksOf, type Work } from './work.js';

/** Outcomes in batches; those of steps that were not ready stand where the steps stand. */
export async function* commitWork(work: Work, owed: string): AsyncGenerator<readonly Outcome[]> {
  if (isAnyReady(work)) {
    await work.check();
    await confirmRoots(work);
    await keepWhatGoes(work);
  }
  if (!isAnyReady(work)) {
    yield* switchSteps(work);
    return;
  }
  await syncStaged(work);
  const intent = await intentOf(work, owed);
  await work.check();
  const { place, stagingName } = work.parts[0]!.desk;
  await pointTo(work);
  await writeIntent(work.verbs, place, stagingName, intent);
  yield* finishWork(work, intent);
}

/** From the intent record on: the same for the transaction that wrote it and for whoever finds it. */
export async function* finishWork(work: Work, intent: Omit<Intent, 'steps'>): AsyncGenerator<readonly Outcome[]> {
  yield* switchSteps(work);
  await syncChanged(work);
  if (work.id.remembers) await advanceBaselines(work);
  const { place, stagingName } = work.parts[0]!.desk;
  await markDone(work.verbs, place, stagingName, intent);
}

/** The staging folders in the other roots say where the record is. */
const pointTo = async (work: Work): Promise<void> => {
  const [first, ...others] = desksOf(work);
  const { path: root, desk } = work.parts[0]!;
  const pointer = { root, elsewhere: desk.place.elsewhere, name: desk.stagingName };
  for (const other of others)
    if (other !== first) await writePointer(work.verbs, other.staging, pointer, work.id.strict);
};

const isAnyReady = ({ table }: Work): boolean => {
  for (let index = 0; index < table.size; index++) if (table.state(index) === 'ready') return true;
  return false;
};
