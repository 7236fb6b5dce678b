// Hosts that switch together: what is said of those that are ready while they wait, and when another one does not get ready.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { RunEvent } from '../../runtime/engine/events.js';
import type { Host } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('hosts that switch together');

test.before.each(context => {
  context.session = makeSession(3);
  context.session.master.put({ a: { file: 'a' } });
});
test.after.each(context => context.session.close());

/** The last of them looks once more at what it has staged when `before` has ended. */
const lastAfter =
  (before: () => Promise<void>) =>
  (host: Host, id: string): Host =>
    id !== 'r3'
      ? host
      : {
          ...host,
          begin: async (...how) => {
            const transaction = await host.begin(...how);
            const precheck = async () => {
              await before();
              return transaction.precheck();
            };
            return { ...transaction, precheck };
          },
        };

/** Takes events in; `both` comes when two hosts are said to wait for others. */
const watch = (): { readonly emit: (event: RunEvent) => void; readonly both: Promise<void>; waits: RunEvent[] } => {
  const waits: RunEvent[] = [];
  let open = (): void => undefined;
  const both = new Promise<void>(resolve => {
    open = resolve;
  });
  const timer = setTimeout(open, 5_000);
  const emit = (event: RunEvent): void => {
    if (event.type !== 'block' || event.state !== 'staging' || event.message === undefined) return;
    waits.push(event);
    if (waits.length < 2) return;
    clearTimeout(timer);
    open();
  };
  return { emit, both, waits };
};

test('who is ready says that it waits for the others, and the last one does not', async ({ session }) => {
  const { emit, both, waits } = watch();
  const { summary } = await session.run({
    block: { commit: 'together' },
    wrap: lastAfter(() => both),
    options: { emit },
  });
  assert.deepEqual(summary.states, { done: 3 });
  assert.deepEqual(waits.flatMap(event => (event.type === 'block' ? `${event.host} ${event.message}` : [])).sort(), [
    'r1 waiting for the other hosts of this block',
    'r2 waiting for the other hosts of this block',
  ]);
});

test('who is ready when the run is interrupted is skipped for that, not failed', async ({ session }) => {
  const stop = new AbortController();
  const { emit, both } = watch();
  const { summary } = await session.run({
    block: { commit: 'together' },
    wrap: lastAfter(async () => {
      await both;
      stop.abort();
    }),
    options: { emit, signal: stop.signal },
  });
  assert.equal(summary.exitCode, 130);
  assert.deepEqual(
    summary.relations.map(({ state, message, help }) => [state, message, help]),
    Array(3).fill(['skipped', 'interrupted before anything was switched', 'run the same command again']),
  );
});

test('a host on which another run has done it meanwhile holds up nobody', async ({ session }) => {
  const [, second] = session.remotes;
  const consistency = { strategy: 'lock', wait: 5, hold: 60, by: { kind: 'advisory' } } as const;
  const { summary } = await session.run({
    block: { commit: 'together', consistency, attributes: [] },
    wrap: (host, id) =>
      id !== 'r2'
        ? host
        : {
            ...host,
            locks: {
              ...host.locks!,
              async acquire(request) {
                second!.put({ a: { file: 'a' } });
                return host.locks!.acquire(request);
              },
            },
          },
  });
  assert.deepEqual(summary.states, { done: 3 });
  assert.deepEqual(second!.look(), session.master.look());
});

test('who is ready when another host fails has failed, also where the run is interrupted after that', async ({
  session,
}) => {
  const stop = new AbortController();
  const { emit, both } = watch();
  const { summary } = await session.run({
    block: { commit: 'together' },
    wrap: lastAfter(async () => {
      await both;
      throw new HostError('failed', 'r3: the disk is gone', '');
    }),
    options: {
      emit: event => {
        emit(event);
        if (event.type === 'block' && event.host === 'r1' && event.state === 'failed') stop.abort();
      },
      signal: stop.signal,
    },
  });
  for (const { host, state, message } of summary.relations) {
    assert.equal(state, 'failed', host);
    assert.match(
      message ?? '',
      host === 'r3' ? /the disk is gone/ : /^another host of this block did not get ready \(r3\), /,
    );
  }
});

test.run();
