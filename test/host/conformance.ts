// The conformance suite: what every kind of host must do, told once and run for each kind.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Host, Root } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { commitCases } from './conformance-commit.js';
import { foreignCases } from './conformance-foreign.js';
import { hostileCases } from './conformance-hostile.js';
import { lastingCases } from './conformance-lasting.js';
import { lockCases } from './conformance-locks.js';
import { scanCases } from './conformance-scan.js';
import { stageCases } from './conformance-stage.js';
import { trashCases } from './conformance-trash.js';
import { twinCases } from './conformance-twins.js';
import { KINDS, type Kind, type KindName } from './kinds.js';
import { ALL, type Case, type Subject } from './session.js';

/**
 * Registers the suite; `make` gives a fresh host with an empty place, which its `cleanup` removes. `locks` says that the
 * subject has `lock`; where this user may read everything, what needs it is left out of the suite. What the kind cannot
 * promise is left out as well (kinds.ts): the suite says so for each sentence. `cases` are others than all of them.
 */
export const conformance = (
  kind: KindName,
  make: () => Promise<Subject>,
  { locks = false, name = KINDS[kind].title, cases = ALL_CASES }: Conforming = {},
): void => {
  const test = suite(name);
  const { without }: Kind = KINDS[kind];
  const register = (title: string, run: (subject: Subject) => Promise<void>): void =>
    test(`${name}: ${title}`, async () => {
      const subject = await make();
      try {
        await run(subject);
      } finally {
        await subject.cleanup();
      }
    });
  register('it says itself that it lacks what its kind cannot promise, and nothing else', subject =>
    saysSo(subject, KINDS[kind]),
  );
  for (const { title, run, needsLock, needs } of cases) {
    if (needsLock && !locks) continue;
    if (needs !== undefined && without.includes(needs)) {
      console.log(`${name} promises no ${needs}: ${title}`);
      continue;
    }
    register(title, run);
  }
  test.run();
};

export type Conforming = { readonly locks?: boolean; readonly name?: string; readonly cases?: readonly Case[] };

const ALL_CASES: readonly Case[] = [
  ...scanCases,
  ...stageCases,
  ...commitCases,
  ...foreignCases,
  ...hostileCases,
  ...lastingCases,
  ...trashCases,
  ...twinCases,
  ...lockCases,
];

const saysSo = async ({ host, place }: Subject, { without }: Kind): Promise<void> => {
  const root = await host.openRoot(place.path, { create: false, state: null });
  const has = {
    locks: host.locks !== null,
    programs: host.programs !== null,
    'data links': host.links !== null,
    'access lists': await readsAccessLists(host, place.path),
    'hard names': host.facts.hardLinks,
    'fine times': host.facts.timeStep === 1,
    moves: await makesMoves(host, root),
    'file system types': root.fileSystem !== '',
  };
  for (const [promised, promises] of Object.entries(has)) {
    assert.equal(promises, !without.some(one => one === promised), promised);
  }
};

const makesMoves = async (host: Host, root: Root): Promise<boolean> => {
  const scan = await root.scan(ALL);
  const id = { run: 'run-0', block: 'app', trash: 0, durability: 'none', lock: null } as const;
  const transaction = await host.begin(id, [{ root, scan }]);
  const has = transaction.twins !== null;
  await transaction.end();
  await scan.close();
  return has;
};

/** Also where the programs for it are missing on this machine: then the message names them. */
const readsAccessLists = async (host: Host, path: string): Promise<boolean> => {
  const root = await host.openRoot(path, { create: false, state: null });
  try {
    const scan = await root.scan({ ...ALL, attributes: ['mode', 'acl'] });
    await scan.close();
    return true;
  } catch (error) {
    assert.ok(error instanceof HostError && error.code === 'unsupported', String(error));
    return /getfattr/.test(error.message);
  }
};
