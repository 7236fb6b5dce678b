// A file that comes in parts: one is written at a time, its bytes are left alone until then, and faults are told once.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type Fault, type FileVerbs, isFault, type Sink } from '../../runtime/host/file-verbs.js';
import { newOpen, writeOpen } from '../../runtime/host/transaction/open-part.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { file, open } from './session.js';

const later = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
};

/** Sinks that look at what they were given only some turns later; the part of that number is not written. */
const slow = (verbs: FileVerbs, failing = Number.POSITIVE_INFINITY) => {
  const seen = { parts: 0, atOnce: 0, most: 0, closedEarly: false };
  const slowed = (sink: Sink): Sink => ({
    ...sink,
    async write(bytes) {
      seen.most = Math.max(seen.most, ++seen.atOnce);
      const part = seen.parts++;
      await later(5);
      const fault: Fault = { fault: 'EFBIG', message: 'file too large' };
      const written = part === failing ? fault : await sink.write(Buffer.from(bytes));
      seen.atOnce--;
      return written;
    },
    finish(attributes) {
      seen.closedEarly ||= seen.atOnce > 0;
      return sink.finish(attributes);
    },
    discard() {
      seen.closedEarly ||= seen.atOnce > 0;
      return sink.discard();
    },
  });
  const changed: FileVerbs = {
    ...verbs,
    async write(at, name) {
      const sink = await verbs.write(at, name);
      return isFault(sink) || !/^\d+$/.test(name) ? sink : slowed(sink);
    },
  };
  return { changed, seen };
};

const OLD = Array.from({ length: 450_000 }, (_, i) => `${(i * 7919) % 1_000_003} `).join('');
const FRESH = `begin ${OLD.slice(9_000)}${OLD.slice(0, 9_000)} end`;

const staged = async (failing?: number) => {
  const place = makeMemoryPlace();
  let seen: ReturnType<typeof slow>['seen'] | null = null;
  const host = makeMemoryHost(place.disk, 'memory', null, verbs => {
    const made = slow(verbs, failing);
    seen = made.seen;
    return made.changed;
  });
  place.put({ old: { file: OLD }, new: { file: FRESH } });
  const session = await open({ host, place, cleanup: () => host.close() }, [
    file('old', FRESH.length, { expect: 'seen' }),
  ]);
  const { scan, transaction } = session;
  const outcomes = await transaction.stage(
    scan.readDeltas([{ path: 'new', index: 0 }], scan.sign([{ path: 'old', index: 0 }])),
  );
  return { place, session, outcomes, seen: seen! as ReturnType<typeof slow>['seen'] };
};

test('what is copied out of the old file is written one part at a time, before more of it is read', async () => {
  const { place, session, outcomes, seen } = await staged();
  assert.deepEqual(outcomes, []);
  assert.ok(seen.parts > 4, `${seen.parts} parts`);
  assert.deepEqual([seen.most, seen.closedEarly], [1, false]);
  assert.deepEqual(await session.transaction.precheck(), []);
  await session.commit();
  await session.transaction.end();
  assert.ok(place.look().some(line => line.startsWith('old file') && line.endsWith(FRESH)));
});

test('a part that could not be written is told once, whichever it was, and nothing of the file is left', async () => {
  const { seen } = await staged();
  for (let failing = 0; failing < seen.parts; failing++) {
    const { session, outcomes, place, seen: now } = await staged(failing);
    assert.deepEqual(
      outcomes.map(({ index, result }) => [index, result]),
      [[0, 'failed']],
      `part ${failing}`,
    );
    assert.deepEqual([now.most, now.closedEarly], [1, false]);
    await session.transaction.end();
    assert.ok(place.look().some(line => line.startsWith('old file') && line.endsWith(OLD)));
  }
});

test('what is to be durable is begun to be written out every 32 MiB, and only that', async () => {
  const part = Buffer.alloc(1_048_576);
  for (const strict of [true, false]) {
    let persisted = 0;
    const grown: number[] = [];
    const sink: Sink = {
      write: () => null,
      skip: () => null,
      persist: () => void persisted++,
      finish: () => null,
      discard: () => undefined,
    };
    const opened = newOpen(3, sink);
    const work = { id: { strict }, arrivals: { grew: (_: number, bytes: number) => grown.push(bytes) } };
    for (let count = 0; count < 100; count++) {
      opened.received += part.length;
      assert.equal(
        await writeOpen(work as unknown as Parameters<typeof writeOpen>[0], opened, part.length, part),
        null,
      );
    }
    assert.equal(persisted, strict ? 3 : 0);
    assert.deepEqual([grown.length, grown.at(-1)], [100, 100 * part.length]);
  }
});

test.run();
