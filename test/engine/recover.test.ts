// What an earlier run left unfinished is finished by whoever can tell that nobody is at it any more.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Host, Locks, Unfinished } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { makeSession } from './session.js';

/** The transactions of these blocks that a run of block `all` finishes, where its remote has locks or has none; they were begun
 * under locks, or not. `busy` is a block whose lock another run has. */
const finished = async (
  blocks: readonly string[],
  locks: boolean,
  { locked = true, busy = '' }: { readonly locked?: boolean; readonly busy?: string } = {},
): Promise<string[]> => {
  const session = makeSession(1);
  const recovered: string[] = [];
  const left = new Map(
    blocks.map((block): [string, Unfinished] => {
      const transaction = `run-0-${block}`;
      return [transaction, { transaction, run: 'run-0', block, state: 'intent', locked, steps: 1, owed: '' }];
    }),
  );
  const leaving = (host: Host, id: string): Host =>
    id === 'm'
      ? host
      : {
          ...host,
          locks: locks && host.locks !== null ? without(host.locks, busy) : null,
          openRoot: async (path, options) =>
            Object.assign(await host.openRoot(path, options), {
              unfinished: async () => [...left.values()],
              recover: async ({ transaction, block }: Unfinished) => {
                left.delete(transaction);
                recovered.push(block);
                return [];
              },
            }),
        };
  try {
    session.master.put({ file: { file: 'x' } });
    const { summary } = await session.run({ wrap: leaving });
    assert.equal(summary.exitCode, 0, JSON.stringify(summary));
    assert.equal(summary.relations[0]!.finished, recovered.length);
  } finally {
    session.close();
  }
  return recovered.sort();
};

const without = (locks: Locks, busy: string): Locks => ({
  ...locks,
  async acquire(request) {
    if (request.block !== busy) return locks.acquire(request);
    assert.equal(request.wait, 0, 'it is not waited for');
    throw new HostError('locked', `block ${busy} is locked`, 'wait');
  },
});

test("under locks a run finishes its own blocks' and those of other plans", async () => {
  assert.deepEqual(await finished(['all', 'other'], true), ['all', 'other']);
});

test('without locks only its own: that of another plan may still be at work', async () => {
  assert.deepEqual(await finished(['all', 'other'], false), ['all']);
});

test('under locks, too, that of another plan which was begun without any', async () => {
  assert.deepEqual(await finished(['all', 'other'], true, { locked: false }), ['all']);
});

test('under locks, that of another plan whose run is at work is left alone', async () => {
  assert.deepEqual(await finished(['all', 'other'], true, { busy: 'other' }), ['all']);
});

test.run();
