// Sends the content of files: as a delta where the remote holds an old file for which that pays, else whole.
//
// What a delta could not rebuild there is sent whole, once, before anybody is told.
import { MAX_DELTAS, type Wanted } from '../host/host.js';
import type { Outcome } from '../tree/action.js';
import type { Carry } from './carry.js';
import { type Relation, transferOf } from './relation.js';
import type { Work } from './work.js';

export const sendContents = async (
  relation: Relation,
  work: Work,
  part: number,
  wanted: readonly Wanted[],
  carry: Carry,
): Promise<readonly Outcome[]> => {
  const deltas = wanted.filter(one => paysAsDelta(relation, work, one));
  const chosen = new Set(deltas);
  const whole = wanted.filter(one => !chosen.has(one));
  const outcomes = whole.length === 0 ? [] : [...(await carry(part, whole, 'whole'))];
  for (let at = 0; at < deltas.length; at += MAX_DELTAS) {
    const some = deltas.slice(at, at + MAX_DELTAS);
    const told = await carry(part, some, 'delta');
    const again = new Set(told.filter(isOfDelta).map(({ index }) => index));
    outcomes.push(...told.filter(({ index }) => !again.has(index)));
    const others = some.filter(({ index }) => again.has(index));
    if (others.length > 0) outcomes.push(...(await carry(part, others, 'whole')));
  }
  return outcomes;
};

/** A file that was begun goes on as it was. */
const paysAsDelta = (relation: Relation, work: Work, { index, begun }: Wanted): boolean => {
  if (begun !== undefined) return false;
  const { mode } = transferOf(relation);
  const action = work.steps[index]?.action;
  if (action?.do !== 'file' || action.expect === 'absent') return false;
  const change = work.changeOf(index);
  if (mode === 'whole' || change?.kind !== 'replace') return false;
  // Nothing of ours runs there: the old file would have to come here to be signed, and again to be copied from.
  if (relation.remoteHost?.kind === 'sftp' || relation.remoteHost?.kind === 'shell') return false;
  const { entry, was } = change;
  if (entry.kind !== 'file' || was.kind !== 'file') return false;
  if (mode === 'delta') return entry.size > 0 && was.size > 0;
  // On this machine nothing is saved by sending less.
  return relation.remoteHost?.kind !== 'local' && Math.min(entry.size, was.size) >= WORTHWHILE;
};

/** The old file was not what it was, or the whole of what came of it is not what was sent. */
const isOfDelta = (outcome: Outcome): boolean =>
  outcome.result === 'inconsistent' || (outcome.result === 'failed' && outcome.problem.code === 'corrupt');

/** Smaller files are sent as fast as they are signed. */
const WORTHWHILE = 262_144;
