// Twins: content that is wanted at one path and stands at another of the same root is staged from there, not sent.
//
// A file that was moved or copied on the master is new there by its path alone. Which of the files here may be its twin is told by
// what was listed (runtime/tree/twins.ts); then both sides digest, at the same time, and what has the master's digest is staged:
// by a further name, where the file loses its old one anyway and is in all else what is wanted; else as a copy (lend.ts).
//
// 1. What is staged is believed by its digest alone, as what arrives is: a copy is digested as it is written or read back; a further
//    name stands for a file that was not touched from before it was digested until it was linked, nor after that (lend.ts).
// 2. What may have changed, cannot be read, or comes out otherwise is no twin: it is sent, as if nothing had been there.
// 3. A digest that can be forged proves nothing of a file that others could have written (lender.ts).
// 4. Memory grows with the steps and what may serve them, never with what is listed; no file is asked for by itself.

import type { Path } from '../../tree/path.js';
import { type Likely, likelyTwins, type Pair, pairTwins, type WantedFile } from '../../tree/twins.js';
import { isFault } from '../file-verbs.js';
import type { Leftover } from '../host.js';
import type { Twin } from '../twins.js';
import type { Desk } from './desk.js';
import { lendAll } from './lend.js';
import type { Lender } from './lender.js';
import { desksOf, fromRoot, returnToRoots, type Work } from './work.js';

/** What may serve in one root, and what had not changed by then is older than `since` (microseconds by its own clock). */
export type Found = Likely<Lender> & { readonly since: number };

export const findTwins = async (work: Work): Promise<Found[]> => {
  const found: Found[] = [];
  for (const desk of desksOf(work)) {
    const { wanted, goes } = surveySteps(work, desk);
    if (wanted.length === 0) continue;
    const likely = likelyTwins(wanted, heldIn(work, desk, new Set(wanted.map(({ size }) => size)), goes));
    if (likely.wanted.length === 0) continue;
    const [own] = await work.verbs.stat([{ at: desk.stagingParent, name: desk.stagingName }]);
    if (own !== undefined && !isFault(own)) found.push({ ...likely, since: own.modified - GRANULARITY });
  }
  return found;
};

/** `digests` are the master's; those of other steps count for nothing. */
export const stageTwins = async (
  work: Work,
  found: readonly Found[],
  digests: AsyncIterable<readonly Leftover[]>,
): Promise<Twin[]> => {
  const coming = collected(digests);
  // It is awaited when this side is done with its own.
  coming.catch(() => undefined);
  await returnToRoots(work);
  const digested: Digested[][] = [];
  for (const { held } of found) digested.push(await digestHeld(work, held));
  const masters = await coming;
  const twins: Twin[] = [];
  for (const [i, { wanted, since }] of found.entries()) {
    const known = wanted.map(one => ({ ...one, digest: masters.get(one.index) ?? '' }));
    const pairs: Pair<Lender>[] = pairTwins(known, digested[i]!);
    for await (const twin of lendAll(work, pairs, since)) twins.push(twin);
  }
  return twins.sort((a, b) => a.index - b.index);
};

/** What is to come into this root, and the step by which each path of it loses what stands there now. */
const surveySteps = (work: Work, desk: Desk) => {
  const wanted: WantedFile[] = [];
  const goes = new Map<Path, number>();
  for (let index = 0; index < work.table.size; index++) {
    const step = work.table.step(index);
    if (step === null || work.parts[step.part]!.desk !== desk) continue;
    const { action } = step;
    const path = fromRoot(work.parts[step.part]!, action.path);
    if (action.do === 'remove' || ('expect' in action && action.expect === 'seen')) goes.set(path, index);
    if (action.do !== 'file' || work.table.isStaged(index) || work.table.state(index) !== 'waiting') continue;
    wanted.push({ index, path, size: action.size, modified: action.modified });
  }
  return { wanted, goes };
};

function* heldIn(
  work: Work,
  desk: Desk,
  sizes: ReadonlySet<number>,
  goes: ReadonlyMap<Path, number>,
): Generator<Lender> {
  for (const [number, part] of work.parts.entries()) {
    if (part.desk !== desk || part.scan.digests === undefined) continue;
    for (const { path: within, size, modified } of part.scan.listed?.(sizes) ?? []) {
      const path = fromRoot(part, within);
      const by = goes.get(path) ?? null;
      yield { part: number, within, path, size, modified, by, goes: by !== null };
    }
  }
}

type Digested = Lender & { readonly digest: string };

/** From the cache where it knows them; '' for what cannot be read. */
const digestHeld = async (work: Work, held: readonly Lender[]): Promise<Digested[]> => {
  const digested: Digested[] = [];
  for (const number of new Set(held.map(({ part }) => part))) {
    const own = held.filter(({ part }) => part === number);
    const digests = await work.parts[number]!.scan.digests!(own.map(({ within }) => within));
    own.forEach((one, i) => {
      const digest = digests[i]!;
      digested.push({ ...one, digest: typeof digest === 'string' ? digest : '' });
    });
  }
  return digested;
};

const collected = async (digests: AsyncIterable<readonly Leftover[]>): Promise<ReadonlyMap<number, string>> => {
  const byIndex = new Map<number, string>();
  for await (const some of digests) for (const { index, digest } of some) byIndex.set(index, digest);
  return byIndex;
};

/** Microseconds; the coarsest times that file systems keep are 2 s apart: a later change of what is older shows in its times. */
const GRANULARITY = 2_000_000;
