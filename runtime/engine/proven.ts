// Content that came through a relay against the master's word: its cryptographic digest, not what the relay says of it.
//
//  1. The receiver computed its digest of what it staged; the master computes its own of what it holds. Both are asked here.
//  2. What is not the same is discarded at once, so that nothing of it is ever switched.
//  3. A relay is to blame only where the master's file is still what was listed, and the relay itself was not deceived.
import { setTimeout } from 'node:timers/promises';
import type { Transaction, Wanted } from '../host/host.js';
import type { Path } from '../tree/path.js';
import { batches, FILES_AT_ONCE } from './descend.js';
import type { Relation } from './relation.js';
import type { Relays, Source } from './relays.js';
import type { Work } from './work.js';

export type Proving = {
  readonly relation: Relation;
  readonly work: Work;
  readonly transaction: Transaction;
  readonly relays: Relays;
};

/** Indexes of what has to be fetched again, and the paths that the relay altered. */
export const unproven = async (
  proving: Proving,
  source: Source,
  part: number,
  came: readonly Wanted[],
): Promise<{ readonly spoiled: ReadonlySet<number>; readonly blamed: readonly Path[] }> => {
  const { relation, work, transaction, relays } = proving;
  const { master } = relation.takes[part]!;
  const computed = await digestsIn(
    transaction,
    came.map(({ index }) => index),
  );
  const wrong: (Wanted & { readonly right: string | null })[] = [];
  for (const some of batches(came, FILES_AT_ONCE)) {
    const right = await master.digests(some.map(({ path }) => path));
    some.forEach((one, at) => {
      const digest = right[at];
      if (typeof digest !== 'string') wrong.push({ ...one, right: null });
      else if (computed.get(one.index) !== digest) wrong.push({ ...one, right: digest });
    });
  }
  if (wrong.length === 0) return { spoiled: new Set(), blamed: [] };
  for (const { path } of wrong) relays.deceive(relation, part, path);
  await transaction.amend(wrong.map(({ index }) => ({ index, action: work.actionOf(index) })));
  const changed = new Set(await master.changed(wrong.map(({ path }) => path)));
  const suspects = wrong.filter(({ index, right }, at) => right !== null && !changed.has(at) && computed.has(index));
  const deceived = await deceivedOf(source, proving, part, suspects);
  return {
    spoiled: new Set(wrong.map(({ index }) => index)),
    blamed: suspects.filter(({ path }) => !deceived.has(path)).map(({ path }) => path),
  };
};

const digestsIn = async (transaction: Transaction, indexes: readonly number[]): Promise<ReadonlyMap<number, string>> =>
  new Map((await transaction.digests(indexes)).map(({ index, digest }) => [index, digest] as const));

/** Paths of which the relay itself holds, or held, something else: it got them from another. */
const deceivedOf = async (
  { staging, relation: other }: Source,
  { relation, relays }: Proving,
  part: number,
  suspects: readonly (Wanted & { readonly right: string | null })[],
): Promise<ReadonlySet<Path>> => {
  if (suspects.length === 0) return new Set();
  const { take, masterRoot } = relation.takes[part]!;
  const theirs = other.takes.findIndex(one => one.take === take && one.masterRoot.path === masterRoot.path);
  const right = new Map(suspects.map(one => [one.path, one.right] as const));
  const steps = (staging?.work.fileSteps().get(theirs) ?? []).filter(({ path }) => right.has(path));
  const indexes = steps.map(({ index }) => index);
  const asked = staging === null ? null : digestsIn(staging.transaction, indexes).catch(() => null);
  const known = await Promise.race([asked, setTimeout(ANSWER_MS, null, { ref: false })]);
  const paths = steps.filter(({ index, path }) => (known?.get(index) ?? right.get(path)) !== right.get(path));
  const before = suspects.filter(({ path }) => relays.wasDeceived(other, theirs, path));
  return new Set([...paths, ...before].map(({ path }) => path));
};

const ANSWER_MS = 8_000;
