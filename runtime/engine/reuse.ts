// Uses again what a killed run of the same block had staged: content that is the master's now need not be sent.
//
// Invariants:
//  1. Both digests are read now: the remote's of what lies in its staging, the master's of what it would send.
//  2. What is not adopted, for whatever reason, is sent as if nothing had been there; of what was only begun, the rest.
import type { Leftover, Transaction, Wanted } from '../host/host.js';
import type { Path } from '../tree/path.js';
import { batches, FILES_AT_ONCE } from './descend.js';
import type { Relation } from './relation.js';
import { withBegun } from './resume.js';
import type { Work } from './work.js';

/** The file steps whose content still has to be sent, by part. */
export const adoptLeftovers = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
): Promise<ReadonlyMap<number, readonly Wanted[]>> => {
  const all = await transaction.leftovers();
  const missing = await adoptWhole(relation, work, transaction, all);
  return new Map([...work.fileSteps(missing)].map(([part, wanted]) => [part, withBegun(wanted, all)] as const));
};

/** What is still missing; undefined where nothing was adopted. */
const adoptWhole = async (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  all: readonly Leftover[],
): Promise<ReadonlySet<number> | undefined> => {
  const leftovers = new Map(
    all.filter(({ bytes }) => bytes === undefined).map(({ index, digest }) => [index, digest] as const),
  );
  if (leftovers.size === 0) return undefined;
  const equal: number[] = [];
  for (const [part, steps] of work.fileSteps(new Set(leftovers.keys()))) {
    for (const some of batches(steps, FILES_AT_ONCE))
      equal.push(...(await sameOnMaster(relation, part, some, leftovers)));
  }
  if (equal.length === 0) return undefined;
  const lost = new Set((await transaction.adopt(equal)).map(({ index }) => index));
  const adopted = equal.filter(index => !lost.has(index));
  const missing = new Set([...work.fileSteps().values()].flatMap(steps => steps.map(({ index }) => index)));
  for (const index of adopted) missing.delete(index);
  relation.tally.bytesMatched += work.countAdopted(adopted);
  return missing;
};

const sameOnMaster = async (
  relation: Relation,
  part: number,
  steps: readonly { readonly index: number; readonly path: Path }[],
  leftovers: ReadonlyMap<number, string>,
): Promise<number[]> => {
  const digests = await relation.takes[part]!.master.digests(steps.map(({ path }) => path));
  return steps.filter(({ index }, at) => digests[at] === leftovers.get(index)).map(({ index }) => index);
};
