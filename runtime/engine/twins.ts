// Has content that a remote holds under another path made there, instead of sending it: what was moved or copied on the master.
//
//  1. Both sides digest at the same time: the remote what may serve, the master what it would send.
//  2. What the remote did not stage, for whatever reason, is sent as if nothing had been there.
//  3. Where the plan says `mode whole`, everything is sent.
import type { Leftover, Transaction, Wanted } from '../host/host.js';
import { findMoved, type Moved } from '../tree/moved.js';
import { SMALLEST_TWIN } from '../tree/twins.js';
import { batches, FILES_AT_ONCE } from './descend.js';
import { type Relation, transferOf } from './relation.js';
import type { Work } from './work.js';

/** The file steps whose content still has to be sent, by part, out of those that had to be. */
export const stageTwins = async (
  relation: Relation,
  work: Work,
  { twins }: Pick<Transaction, 'twins'>,
  missing: ReadonlyMap<number, readonly Wanted[]>,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, readonly Wanted[]>> => {
  if (twins === null || transferOf(relation).mode === 'whole' || !mayHaveTwins(relation, work)) return missing;
  const likely = await twins.find();
  if (likely.length === 0) return missing;
  const staged = await twins.stage(digestsOfMaster(relation, work, new Set(likely), signal));
  for (const { index, moved } of staged) if (moved) work.moved.add(index);
  const done = new Set(staged.map(({ index }) => index));
  relation.tally.bytesMatched += work.countAdopted([...done]);
  return new Map([...missing].map(([part, wanted]) => [part, wanted.filter(({ index }) => !done.has(index))] as const));
};

/** Files that look like some that go, where a remote can make the one from the other: what a preview can tell without a digest. */
export const likelyMoved = (relation: Relation): Moved => {
  const { remoteHost, takes } = relation;
  const kind = remoteHost?.kind;
  if (kind === 'shell' || kind === 'sftp' || transferOf(relation).mode === 'whole') return { files: 0, bytes: 0 };
  const found = takes.map(({ changes }) => findMoved(changes, SMALLEST_TWIN));
  return found.reduce((sum, { files, bytes }) => ({ files: sum.files + files, bytes: sum.bytes + bytes }), {
    files: 0,
    bytes: 0,
  });
};

/** Without a question: something is wanted that is worth it, and the remote has files at all. */
const mayHaveTwins = ({ takes }: Relation, { steps }: Work): boolean =>
  takes.some(({ remote }) => remote.summary.files > 0) &&
  steps.some(({ action }) => action.do === 'file' && action.size >= SMALLEST_TWIN);

async function* digestsOfMaster(
  { takes }: Relation,
  work: Work,
  likely: ReadonlySet<number>,
  signal: AbortSignal,
): AsyncGenerator<readonly Leftover[]> {
  for (const [part, steps] of work.fileSteps(likely)) {
    for (const some of batches(steps, FILES_AT_ONCE)) {
      if (signal.aborted) return;
      const digests = await takes[part]!.master.digests(some.map(({ path }) => path));
      yield some.flatMap(({ index }, at) => {
        const digest = digests[at]!;
        return typeof digest === 'string' ? [{ index, digest }] : [];
      });
    }
  }
}
