// Carries content from a master to a remote: over their link where one is open, else through this machine.
//
//  1. A link that is being opened is waited for a moment; then small files set out through this machine, and a large one
//     waits for the answer.
//  2. What a link that breaks has not brought goes through this machine: nothing is missing, and nothing staged is sent again,
//     nor of a large file what had come of it.
import { setTimeout } from 'node:timers/promises';
import type { Transaction, Wanted } from '../host/host.js';
import type { Outcome } from '../tree/action.js';
import type { Ends, OwnLink } from './linking.js';
import { isOfLink, type SendingOver, sendOver } from './over-link.js';
import { type Relation, transferOf } from './relation.js';
import { goingOn } from './resume.js';
import { tellProgress } from './state.js';
import type { Work } from './work.js';

/** Sends these files of a part; outcomes of those that could not be staged. */
export type Carry = (part: number, wanted: readonly Wanted[], as: 'whole' | 'delta') => Promise<readonly Outcome[]>;

export const makeCarry = (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  link: OwnLink,
  context: SendingOver,
): Carry => {
  const { compress, limit } = transferOf(relation);
  const travel = { compress, limit };
  const tell = (): void => tellProgress(relation, work, context);

  const through = (part: number, wanted: readonly Wanted[], as: 'whole' | 'delta'): Promise<readonly Outcome[]> => {
    const { master, remote } = relation.takes[part]!;
    const pack = as === 'delta' ? master.readDeltas(wanted, remote.sign(wanted), travel) : master.read(wanted, travel);
    return transaction.stage(work.counted(pack, tell, context.signal));
  };

  /** What could not be staged, and why the link broke, if it did. */
  const over = async (ends: Ends, part: number, wanted: readonly Wanted[], as: 'whole' | 'delta') => {
    const { master: scan, remote } = relation.takes[part]!;
    const signatures = as === 'delta' ? remote.sign(wanted) : null;
    const content = { from: scan, wanted, travel, signatures, master: relation.block.master };
    const to = { relation, work, transaction, close: link.close };
    const { outcomes, sending, receiving } = await sendOver(ends, content, to, context);
    // A host that is lost says more than the link that was lost with it.
    const faults = [sending, receiving].filter(one => one !== null);
    const worse = faults.find(one => !isOfLink(one));
    if (worse !== undefined && !context.signal.aborted) throw worse;
    return { outcomes, broke: context.signal.aborted ? null : (faults.at(-1)?.message ?? null) };
  };

  const sizeOf = ({ index }: Wanted): number => {
    const action = work.steps[index]?.action;
    return action?.do === 'file' ? action.size : 0;
  };
  const sizesOf = (wanted: readonly Wanted[]): number => wanted.reduce((sum, one) => sum + sizeOf(one), 0);

  return async (part, wanted, as) => {
    const outcomes: Outcome[] = [];
    if (link.opening()) await Promise.race([link.settled, setTimeout(MOMENT, null, { ref: false })]);
    for (let rest = wanted; rest.length > 0 && !context.signal.aborted; ) {
      if (link.opening() && sizeOf(rest[0]!) >= LARGE) await link.settled;
      const ends = link.now();
      if (ends === null) {
        const some = link.opening() ? first(rest, sizeOf) : rest;
        outcomes.push(...(await through(part, some, as)));
        rest = rest.slice(some.length);
        continue;
      }
      const before = work.progress.bytes;
      const { outcomes: told, broke } = await over(ends, part, rest, as);
      outcomes.push(...told);
      if (broke === null) break;
      await link.lose(broke);
      const missing = new Set(await transaction.missing());
      const left = rest.filter(({ index }) => missing.has(index));
      work.comeAgain(work.progress.bytes - before - (sizesOf(rest) - sizesOf(left)));
      rest = as === 'whole' ? await goingOn(transaction, left) : left;
    }
    return outcomes;
  };
};

/** So many that the next look at the link is not far away; at least one. */
const first = (wanted: readonly Wanted[], sizeOf: (one: Wanted) => number): readonly Wanted[] => {
  let bytes = 0;
  const end = wanted.findIndex((one, at) => {
    bytes += sizeOf(one);
    return at > 0 && (bytes > LARGE || at === MANY);
  });
  return end < 0 ? wanted : wanted.slice(0, end);
};

/** In milliseconds: where a link comes to be, it mostly has by then, and what went another way first would come later. */
const MOMENT = 200;
const LARGE = 4_194_304;
const MANY = 500;
