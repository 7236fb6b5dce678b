// How far a run is: fractions of relations, the percentage of the whole, rates. Fractions only ever grow.
//
// A relation's work is its staging (bytes, and a fixed price a file) and its commit (a fixed price a change). What it weighs
// in the whole is taken from its changes, all of which are known before the first write.
import type { BlockState } from '../engine/events.js';
import { measure, perSecond } from './meter.js';
import { changeCount, isOver, type RelationView, type RunView } from './run-state.js';
import { keepPaces } from './time-left.js';

/** Percent of the whole, a whole number; null while totals are not known, and in a preview, which does no work. */
export const percent = (view: RunView): number | null => {
  if (!view.weighed || view.command === 'plan') return null;
  if (view.relations.every(relation => isOver(relation.state))) return 100;
  return Math.min(99, Math.floor(100 * reached(view)));
};

/** The same of one relation: null before it has been compared and in ends that did no work. */
export const percentOf = (relation: RelationView): number | null => {
  switch (relation.state) {
    case 'staging':
    case 'committing':
    case 'verifying':
      return Math.floor(100 * relation.fraction);
    case 'done':
      return 100;
    default:
      return null;
  }
};

/** Bytes a second over the last seconds; null while that cannot be said. */
export const rate = (view: RunView, now: number): number | null => perSecond(view.byteMeter, now);
export const rateOf = (relation: RelationView, now: number): number | null => perSecond(relation.byteMeter, now);

/** A relation has gone from one state to another: weights are fixed once all have been compared. */
export const compared = (view: RunView, before: BlockState, after: BlockState): void => {
  view.uncompared += Number(isCompared(before)) - Number(isCompared(after));
  if (view.weighed || view.uncompared > 0) return;
  view.weighed = true;
  for (const relation of view.relations) {
    relation.weight = isOver(relation.state) ? 0 : weightOf(relation);
    view.wholeWeight += relation.weight;
    view.doneWeight += relation.weight * relation.fraction;
    view.wholeBytes += isOver(relation.state) ? relation.staged.bytes : relation.changeBytes;
  }
};

/** The first announcement holds; a redo announces only what is sent again. */
export const beginStage = (relation: RelationView, files: number, bytes: number): void => {
  relation.stage ??= { files, bytes };
};

export const progress = (
  view: RunView,
  relation: RelationView,
  event: { readonly time: number; readonly files: number; readonly bytes: number },
): void => {
  const bytes = Math.max(0, event.bytes - relation.staged.bytes);
  const files = Math.max(0, event.files - relation.staged.files);
  relation.staged.bytes += bytes;
  relation.staged.files += files;
  view.bytes += bytes;
  keepPaces(view, relation, event.time, { bytes, files });
  measure(view.byteMeter, event.time, view.came.bytes);
  measure(relation.byteMeter, event.time, relation.staged.bytes);
  advance(view, relation);
};

/** Takes in what a relation's state and counters say now. */
export const advance = (view: RunView, relation: RelationView): void => {
  const fraction = Math.max(relation.fraction, fractionOf(relation));
  view.doneWeight += relation.weight * (fraction - relation.fraction);
  relation.fraction = fraction;
};

const reached = (view: RunView): number =>
  view.wholeWeight > 0 ? view.doneWeight / view.wholeWeight : view.ended / Math.max(1, view.relations.length);

const isCompared = (state: BlockState): boolean => state !== 'waiting' && state !== 'observing';

const fractionOf = (relation: RelationView): number => {
  if (isOver(relation.state)) return 1;
  const { staged, committed } = relation;
  const files = relation.stage?.files ?? relation.changeFiles;
  const bytes = relation.stage?.bytes ?? relation.changeBytes;
  const toStage = bytes + files * FILE_WEIGHT;
  const toCommit = Math.max(committed.total, changeCount(relation)) * COMMIT_WEIGHT;
  if (toStage + toCommit === 0) return 0;
  const isCommitting = committed.total > 0;
  const isStaged = isCommitting ? toStage : Math.min(toStage, staged.bytes + staged.files * FILE_WEIGHT);
  const isCommitted = isCommitting ? (toCommit * Math.min(committed.done, committed.total)) / committed.total : 0;
  return Math.min(ALMOST, (isStaged + isCommitted) / (toStage + toCommit));
};

const weightOf = (relation: RelationView): number =>
  relation.changeBytes + relation.changeFiles * FILE_WEIGHT + changeCount(relation) * COMMIT_WEIGHT;

/** A file costs about as much as this many bytes to send, and a change this many to put in place. */
const FILE_WEIGHT = 16_384;
const COMMIT_WEIGHT = 4_096;
/** The last step, verifying, has no measure of its own: a relation stays just short of whole until it has ended. */
const ALMOST = 0.99;
