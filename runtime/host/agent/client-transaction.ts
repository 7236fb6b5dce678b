// A transaction of an agent as the engine sees it; an outcome is believed only of a step that was sent.
import { WireError } from '../../bytes/wire.js';
import type { Outcome } from '../../tree/action.js';
import type { Leftover, Transaction, Twin } from '../host.js';
import { HostError } from '../host-error.js';
import { decodeOutcomes } from './answers.js';
import type { Calls, Input } from './calls.js';
import { held } from './client-links.js';
import { type Known, renewRoots } from './client-root.js';
import { ascending } from './client-scan.js';
import { decodeIndexes, encodeIndexes } from './lists.js';
import { type Call, CHANGED_ROOTS, NOTHING } from './messages.js';
import { decodeLeftovers, decodeTwins, encodeLeftovers } from './past.js';
import { encodeChanges, encodeSteps } from './steps.js';

export const remoteTransaction = (calls: Calls, known: Known, transaction: number): Transaction => {
  let count = 0;
  let ending: Promise<void> | null = null;
  const check = (answers: readonly (Outcome | Leftover | Twin)[]): void => {
    for (const { index } of answers) {
      if (index >= count) throw new WireError(`the agent reports step ${index} of ${count}`);
    }
  };
  async function* batches(pieces: AsyncIterable<Buffer>): AsyncGenerator<readonly Outcome[]> {
    for await (const piece of pieces) {
      const outcomes = decodeOutcomes(piece);
      check(outcomes);
      yield outcomes;
    }
  }
  const outcomes = (call: Call, input?: Input): Promise<readonly Outcome[]> =>
    calls.list(call, input, decodeOutcomes, check);

  const remote: Transaction = {
    prepare: async steps => {
      count = steps.length;
      renewRoots(
        known,
        await calls.ask({ verb: 'prepare', transaction }, CHANGED_ROOTS, 'the roots', encodeSteps(steps)),
      );
    },
    leftovers: () => calls.list({ verb: 'leftovers', transaction }, undefined, decodeLeftovers, check),
    adopt: indexes => outcomes({ verb: 'adopt', transaction }, encodeIndexes(indexes)),
    twins: {
      find: () =>
        calls.list({ verb: 'findTwins', transaction }, undefined, decodeIndexes, indexes => ascending(indexes, count)),
      stage: digests => calls.list({ verb: 'stageTwins', transaction }, inPiecesOf(digests), decodeTwins, check),
    },
    amend: changes => calls.ask({ verb: 'amend', transaction }, NOTHING, 'an end', encodeChanges(changes)),
    stage: pack => outcomes({ verb: 'stage', transaction }, pack),
    begun: () => calls.list({ verb: 'begun', transaction }, undefined, decodeLeftovers, check),
    missing: () =>
      calls.list({ verb: 'missing', transaction }, undefined, decodeIndexes, indexes => ascending(indexes, count)),
    digests: indexes =>
      calls.list({ verb: 'stagedDigests', transaction }, encodeIndexes(indexes), decodeLeftovers, check),
    // Over the control connection nothing is passed on: links carry it, from agent to agent (client-links.ts).
    read: notHere,
    readDeltas: notHere,
    owe: owed => calls.ask({ verb: 'owe', transaction, owed }, NOTHING, 'an end'),
    precheck: () => outcomes({ verb: 'precheck', transaction }),
    commit: () => calls.stream({ verb: 'commit', transaction }, undefined, batches),
    verify: () => outcomes({ verb: 'verify', transaction }),
    end: (keep = false) => {
      ending ??= calls.ask({ verb: 'end', transaction, keep }, NOTHING, 'an end');
      return ending;
    },
  };
  return held(remote, calls, transaction);
};

async function* inPiecesOf(batches: AsyncIterable<readonly Leftover[]>): AsyncGenerator<Buffer> {
  for await (const batch of batches) yield* encodeLeftovers(batch);
}

const notHere = (): never => {
  throw new HostError('unsupported', 'staged content is passed on over links alone', 'this is a fault in syncplan');
};
