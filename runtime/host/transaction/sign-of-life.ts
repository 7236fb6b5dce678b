// Shows that a staging folder is a living run's: from time to time its time becomes what the clock of its file system says.
//
// Others take what is a day old for a dead run's (end.ts). A run may stage for longer than that, or wait for its turn, and
// changes nothing but what lies deeper meanwhile; and that clock may be set forward.
import type { FileVerbs, Folder } from '../file-verbs.js';
import { performOne } from './one-deed.js';

/** Until the answer is called; then nothing of it is under way any more. */
export const showLife = (verbs: FileVerbs, staging: Folder): (() => Promise<void>) => {
  let showing: Promise<unknown> = Promise.resolve();
  const show = async (): Promise<void> => {
    await performOne(verbs, { do: 'make-folder', at: staging, name: SIGN, mode: 0o700 });
    await performOne(verbs, { do: 'remove-folder', at: staging, name: SIGN });
  };
  const timer = setInterval(() => {
    // A host that is lost is noticed, and told, by whoever works with it.
    showing = showing.then(show).catch(() => undefined);
  }, EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await showing;
  };
};

const SIGN = 'alive.new';
const EVERY_MS = 600_000;
