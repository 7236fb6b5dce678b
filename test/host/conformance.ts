// The conformance suite: what every kind of host must do, told once and run for each kind.
import { suite } from 'uvu';
import { commitCases } from './conformance-commit.js';
import { foreignCases } from './conformance-foreign.js';
import { hostileCases } from './conformance-hostile.js';
import { lastingCases } from './conformance-lasting.js';
import { scanCases } from './conformance-scan.js';
import { stageCases } from './conformance-stage.js';
import { trashCases } from './conformance-trash.js';
import type { Promised, Subject } from './session.js';

/**
 * Registers the suite; `make` gives a fresh host with an empty place, which its `cleanup` removes. `locks` says that the
 * subject has `lock`; where this user may read everything, what needs it is left out of the suite. `without` is what this
 * kind cannot promise: the suite says so for each sentence that it leaves out.
 */
export const conformance = (
  name: string,
  make: () => Promise<Subject>,
  { locks = false, without = [] }: { readonly locks?: boolean; readonly without?: readonly Promised[] } = {},
): void => {
  const test = suite(name);
  for (const { title, run, needsLock, needs } of [
    ...scanCases,
    ...stageCases,
    ...commitCases,
    ...foreignCases,
    ...hostileCases,
    ...lastingCases,
    ...trashCases,
  ]) {
    if (needsLock && !locks) continue;
    if (needs !== undefined && without.includes(needs)) {
      console.log(`${name} promises no ${needs}: ${title}`);
      continue;
    }
    test(`${name}: ${title}`, async () => {
      const subject = await make();
      try {
        await run(subject);
      } finally {
        await subject.cleanup();
      }
    });
  }
  test.run();
};
