// Waiting for a lock: told only where there is some, with who holds it, and with help that fits the plan.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { BlockPlan } from '../../compiler/plan.js';
import type { RunEvent } from '../../runtime/engine/events.js';
import type { Host, LockRequest } from '../../runtime/host/host.js';
import { HostError, WAIT_FOR_RUN } from '../../runtime/host/host-error.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('waiting for a lock');
const MESSAGE = 'block all in the root / on r1 is locked by run x of me@here, process 7, for 3 s';

test.before.each(context => {
  context.session = makeSession(1);
  context.session.master.put({ a: { file: 'a' } });
});
test.after.each(context => context.session.close());

/** The lock of the remote is another run's for the first `refusals` times that it is asked for. */
const heldBefore = (refusals: number, asked: LockRequest[] = []) => {
  let left = refusals;
  return (host: Host, id: string): Host =>
    id === 'm' || host.locks === null
      ? host
      : {
          ...host,
          locks: {
            ...host.locks,
            acquire: async request => {
              asked.push(request);
              if (left-- > 0) throw new HostError('locked', MESSAGE, WAIT_FOR_RUN);
              return host.locks!.acquire(request);
            },
          },
        };
};

const statesOf = (events: readonly RunEvent[]): string[] =>
  events.flatMap(event =>
    event.type === 'lock' ? [event.message === undefined ? event.state : `${event.state}: ${event.message}`] : [],
  );

test('a lock that is free is not waited for', async ({ session }) => {
  const { summary, events } = await session.run();
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(statesOf(events), ['held', 'released']);
});

test('one that is held is waited for, and who holds it is told; what is there is looked at again then', async ({
  session,
}) => {
  const asked: LockRequest[] = [];
  const { summary, events } = await session.run({ wrap: heldBefore(1, asked) });
  assert.equal(summary.exitCode, 0);
  assert.deepEqual(statesOf(events), [`waiting: ${MESSAGE}`, 'held', 'released']);
  assert.deepEqual(
    asked.map(({ wait }) => wait),
    [1, 29],
  );
  assert.equal(events.filter(event => event.type === 'observed' && event.side === 'remote').length, 2);
});

test('the help of one that is not got can be followed, with and without a `wait` in the plan', async ({ session }) => {
  const lock = { strategy: 'lock', wait: 60, hold: 300, by: { kind: 'advisory' } } as const;
  const more = `${WAIT_FOR_RUN} Or let it wait longer: \`lock { wait … }\` in its consistency.`;
  const strategies: readonly (readonly [Partial<BlockPlan>, string])[] = [
    [{}, WAIT_FOR_RUN],
    [{ consistency: lock }, more],
  ];
  for (const [block, help] of strategies) {
    const { summary } = await session.run({ block, wrap: heldBefore(2) });
    assert.deepEqual([summary.exitCode, summary.relations[0]!.help], [6, help]);
  }
});

test.run();
