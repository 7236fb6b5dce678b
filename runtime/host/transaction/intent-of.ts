// The intent of a transaction as its record holds it: its ready steps, what each must find, and what lies in staging for it.
import { parent } from '../../tree/path.js';
import { isFault } from '../file-verbs.js';
import { settleUnled } from './commit-single.js';
import type { Intent, IntentPart } from './intent.js';
import type { IntentStep } from './intent-step.js';
import { stagedPath } from './staged.js';
import { NONE } from './table.js';
import { failedBy, type Work, type WorkPart } from './work.js';

export const intentOf = async (work: Work, owed: string): Promise<Intent> => {
  await lookAtStaged(work);
  settleUnled(work);
  const { id, parts, table } = work;
  const steps: (IntentStep | null)[] = [];
  for (let index = 0; index < table.size; index++) steps.push(stepOf(work, index));
  return { ...id, owed, parts: parts.map(partOf), steps };
};

/** A step whose staged form is gone is not part of it. */
const lookAtStaged = async (work: Work): Promise<void> => {
  const { table, lying, verbs } = work;
  const batch: { index: number; part: WorkPart; name: string }[] = [];
  const look = async (): Promise<void> => {
    const some = batch.splice(0);
    const stats = await verbs.stat(some.map(({ part, name }) => ({ at: part.desk.staging, name })));
    some.forEach(({ index }, i) => {
      const stat = stats[i]!;
      if (!isFault(stat)) lying.set(index, stat.inode);
      else table.settle(failedBy(index, table.step(index)!.action.path, 'find what is staged', stat));
    });
    await work.breathe();
  };
  for (let index = 0; index < table.size; index++) {
    const step = table.step(index);
    if (step === null || table.state(index) !== 'ready' || table.carrier(index) !== NONE) continue;
    const { action } = step;
    if (action.do !== 'file' && action.do !== 'link' && !(action.do === 'folder' && action.whole)) continue;
    // Whatever is not carried lies directly in the staging folder.
    const name = stagedPath(work, index);
    if (parent(name) !== '') continue;
    batch.push({ index, part: work.parts[step.part]!, name });
    if (batch.length === BATCH) await look();
  }
  if (batch.length > 0) await look();
};

const partOf = ({ scan, path, base, desk }: WorkPart): IntentPart => ({
  root: path,
  device: desk.place.rootStat.device,
  inode: desk.place.rootStat.inode,
  elsewhere: desk.place.elsewhere,
  base,
  staging: desk.stagingName,
  bin: desk.bin()?.name ?? '',
  attributes: scan.selection.attributes,
  algorithm: scan.selection.algorithm,
  exists: scan.summary.exists,
});

const stepOf = ({ table, parts, lying, linked, digests }: Work, index: number): IntentStep | null => {
  const step = table.step(index);
  if (step === null || table.state(index) !== 'ready') return null;
  const { action } = step;
  const { seen } = parts[step.part]!.scan;
  const rests = action.do === 'remove' || action.do === 'adjust' || ('expect' in action && action.expect === 'seen');
  return {
    part: step.part,
    action,
    seen: rests ? seen(action.path) : null,
    leader: action.do === 'hard' ? seen(action.leader) : null,
    staged: lying.get(index) ?? null,
    linked: linked.has(index),
    digest: action.do === 'file' ? digests.get(index) : '',
  };
};

const BATCH = 256;
