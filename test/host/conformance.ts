// The conformance suite: what every kind of host must do, told once and run for each kind.
import { suite } from 'uvu';
import { commitCases } from './conformance-commit.js';
import { foreignCases } from './conformance-foreign.js';
import { hostileCases } from './conformance-hostile.js';
import { lastingCases } from './conformance-lasting.js';
import { scanCases } from './conformance-scan.js';
import { stageCases } from './conformance-stage.js';
import { trashCases } from './conformance-trash.js';
import type { Subject } from './session.js';

/**
 * Registers the suite; `make` gives a fresh host with an empty place, which its `cleanup` removes. `locks` says that the
 * subject has `lock`; where this user may read everything, what needs it is left out of the suite.
 */
export const conformance = (name: string, make: () => Promise<Subject>, { locks = false } = {}): void => {
  const test = suite(name);
  for (const { title, run, needsLock } of [
    ...scanCases,
    ...stageCases,
    ...commitCases,
    ...foreignCases,
    ...hostileCases,
    ...lastingCases,
    ...trashCases,
  ]) {
    if (needsLock && !locks) continue;
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
