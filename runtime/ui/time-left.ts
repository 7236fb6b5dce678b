// How long a run, and each relation at work, will still take; null while that cannot be said, and once the run is to stop.
//
// Staging goes by the pace at which content came, committing by how long it took for each change so far. Time in which nothing
// was staged is no part of that pace.
import { growth, measure } from './meter.js';
import { type Amount, keepPace, timeFor } from './pace.js';
import { changeCount, isOver, type RelationView, type RunView } from './run-state.js';

/** Milliseconds left: by the pace of the whole, but no less than the slowest relation at work will take. */
export const eta = (view: RunView, now: number): number | null => {
  if (!view.weighed || view.command === 'plan' || view.summary !== null || view.stopping) return null;
  const open = view.relations.filter(({ state }) => !isOver(state));
  const left = { bytes: 0, files: 0 };
  let changes = 0;
  for (const relation of open) {
    const { bytes, files } = amountLeft(relation);
    left.bytes += bytes;
    left.files += files;
    changes += changesLeft(relation);
  }
  if (left.bytes + left.files + changes === 0) return null;
  const staging = left.bytes + left.files === 0 ? 0 : timeFor(left, view.pace, stagingTime(view, now));
  if (staging === null) return null;
  const whole = staging + changes * perChange(view);
  return open.reduce((longest, relation) => Math.max(longest, etaOf(view, relation, now) ?? 0), whole);
};

export const etaOf = (view: RunView, relation: RelationView, now: number): number | null => {
  if (view.stopping) return null;
  const changes = changesLeft(relation);
  if (relation.state === 'committing') {
    const seen = growth(relation.commitMeter, now);
    return seen === null || seen.grown === 0 ? null : (changes * seen.ms) / seen.grown;
  }
  if (relation.state !== 'staging') return null;
  const staging = timeFor(amountLeft(relation), relation.pace, now);
  return staging === null ? null : staging + changes * perChange(view);
};

/** Time goes by for what is at work. */
export const passTime = (view: RunView, time: number): void => {
  const passed = Math.max(0, time - view.time);
  view.time += passed;
  for (const spent of [view.staging, view.committing]) if (spent.relations > 0) spent.ms += passed;
};

/** More has come for a relation. What it begins with was there already. */
export const keepPaces = (view: RunView, relation: RelationView, time: number, more: Amount): void => {
  if (relation.pace.past.time >= 0) {
    view.came = { bytes: view.came.bytes + more.bytes, files: view.came.files + more.files };
    keepPace(view.pace, stagingTime(view, time), view.came);
  }
  keepPace(relation.pace, time, relation.staged);
};

export const keepCommitted = (view: RunView, relation: RelationView, time: number, done: number): void => {
  view.committed += Math.max(0, done - relation.committed.done);
  measure(relation.commitMeter, time, done);
};

const stagingTime = ({ staging, time }: RunView, now: number): number =>
  staging.ms + (staging.relations > 0 ? Math.max(0, now - time) : 0);

const amountLeft = (relation: RelationView): Amount => {
  const { staged, stage, committed, state } = relation;
  if (committed.total > 0 || state === 'committing' || state === 'verifying') return { bytes: 0, files: 0 };
  return {
    bytes: Math.max(0, (stage?.bytes ?? relation.changeBytes) - staged.bytes),
    files: Math.max(0, (stage?.files ?? relation.changeFiles) - staged.files),
  };
};

const changesLeft = (relation: RelationView): number => {
  const { committed, state } = relation;
  if (state === 'verifying') return 0;
  return committed.total > 0 ? Math.max(0, committed.total - committed.done) : changeCount(relation);
};

/** Milliseconds: what was seen, or as long as it takes on most machines. */
const perChange = ({ committing, committed }: RunView): number =>
  committing.ms < TELLING || committed === 0 ? USUAL : committing.ms / committed;

const TELLING = 200;
const USUAL = 0.1;
