// What a scan of one side of a take is asked to list, and which folders of two hosts a take pairs.
import type { Algorithm, BlockPlan, FileTest, HostPlan, RootPath, TakePlan } from '../../compiler/plan.js';
import { isUnforgeable } from '../bytes/digest.js';
import type { HostFacts, Selection } from '../host/host.js';

/** Modes are always listed, because new files and folders need them; whether they count as a difference is in the rules. */
export const selectionOf = (
  side: 'master' | 'remote',
  block: BlockPlan,
  take: TakePlan,
  started: number,
  bounds: Bounds,
  numbers: Selection['numbers'] = undefined,
): Selection => {
  const tests = block.order.map(({ test }) => test);
  const needs = (what: FileTest['is']) => tests.some(test => mentions(test, what));
  const attributes = new Set(block.attributes).add('mode');
  if (needs('owner')) attributes.add('owner');
  if (needs('group')) attributes.add('group');
  return {
    side,
    folder: side === 'master' ? take.from.folder : take.into.folder,
    terms: take.terms,
    attributes: [...attributes],
    set: block.set,
    ...(numbers === undefined ? {} : { numbers }),
    times: block.compare.by === 'quick' || attributes.has('modified') || needs('age'),
    timeStep: bounds.timeStep,
    links: bounds.hardLinks ? block.links : { ...block.links, hard: 'split' },
    algorithm: algorithmOf(block),
    now: started,
  };
};

/** Relays are not trusted: where there are any, a digest that nobody can forge is compared, whatever the plan says. */
const algorithmOf = ({ compare, route }: BlockPlan): Algorithm => {
  const algorithm = compare.by === 'checksum' ? compare.algorithm : 'xxh128';
  return route === undefined || isUnforgeable(algorithm) ? algorithm : 'blake3';
};

/** What both hosts of a relation can keep apart: each side lists no finer, or equal files would never look equal. */
export type Bounds = Pick<HostFacts, 'timeStep' | 'hardLinks'>;

export const boundsOf = (one: Bounds, other: Bounds): Bounds => ({
  timeStep: Math.max(one.timeStep, other.timeStep),
  hardLinks: one.hardLinks && other.hardLinks,
});

/** Before a host is reached: SFTP keeps whole seconds and tells no hard links, everything else keeps all of it. */
export const likelyBounds = ({ agent }: HostPlan): Bounds =>
  agent === 'sftp' ? { timeStep: 1_000_000, hardLinks: false } : { timeStep: 1, hardLinks: true };

/** A single path of the master pairs with each of the remote's parallel paths; equal counts pair in order. */
export const pairsOf = (
  { roots }: TakePlan,
  master: string,
  remote: string,
): readonly { readonly from: RootPath; readonly into: RootPath }[] => {
  const froms = roots[master]!;
  return roots[remote]!.map((into, at) => ({ from: froms.length === 1 ? froms[0]! : froms[at]!, into }));
};

const mentions = (test: FileTest, what: FileTest['is']): boolean => {
  if (test.is === what) return true;
  if (test.is === 'not') return mentions(test.test, what);
  return (test.is === 'and' || test.is === 'or') && test.tests.some(part => mentions(part, what));
};
