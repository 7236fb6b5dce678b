// Closes a transaction: lets go of all that it holds, and tidies up what nobody needs any more.
import { HostError } from '../host-error.js';
import { endDesk } from './end.js';
import { isLogged } from './intent-log.js';
import { deadOf, isRecorded } from './leftovers.js';
import { closeParts, desksOf, type Work } from './work.js';

export type Closing = {
  /** It had the block for itself. */
  readonly locked: boolean;
  /** What is staged is left to the next run of the block, which then has the block for itself. */
  readonly keep: boolean;
};

/** For who finished what another had begun, or brought back. */
export const NOTHING_KEPT: Closing = { locked: false, keep: false };

/** What cannot be tidied now is tidied another time. */
export const closeWork = async (work: Work, closing: Closing): Promise<void> => {
  const desks = desksOf(work);
  try {
    for (const desk of desks) await desk.rest();
    await work.ahead.settle();
    await closeParts(work);
    for (const source of work.lingering) await source.close();
    await tidy(work, closing);
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'lost') throw error;
  } finally {
    for (const desk of desks) await desk.release();
  }
};

/** What an intent record speaks of stays, for whoever finishes it. */
const tidy = async (work: Work, { locked, keep }: Closing): Promise<void> => {
  const { verbs, breathe, id } = work;
  const desks = desksOf(work);
  const [first] = desks;
  if (first === undefined) return;
  const pending = await isLogged(verbs, first.place, first.stagingName);
  const dead = locked && !pending ? await deadOf(work) : null;
  for (const desk of desks) {
    const names = new Set(dead?.get(desk)?.keys() ?? []);
    const kept = pending || (keep && locked && (await isRecorded(work, desk)));
    await endDesk(desk, { verbs, breathe, trash: id.trash, kept, dead: names });
  }
};
