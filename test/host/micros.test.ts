// Times of whole microseconds survive both ways in which Node.js hands them to the kernel, and the one in which it reads them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { cutsTimes, secondsFor } from '../../runtime/host/micros.js';

/** Seconds and nanoseconds, as libuv makes them of seconds: cut off towards zero, before 1.52 below the microsecond. */
const kept = (seconds: number, cuts: boolean): readonly [number, number] => {
  const whole = Math.trunc(seconds);
  const nanos = Math.trunc((seconds - whole) * 1e9);
  const fraction = cuts ? nanos - (nanos % 1000) : nanos;
  return fraction < 0 ? [whole - 1, fraction + 1e9] : [whole, fraction];
};

/** `mtimeMs`, and what modifiedOf makes of it. */
const read = ([seconds, nanos]: readonly [number, number]): number => Math.round((seconds * 1e3 + nanos / 1e6) * 1000);

for (const cuts of [true, false]) {
  test(`a time comes back where libuv ${cuts ? 'cuts off below' : 'keeps more than'} microseconds`, () => {
    const year = 31_557_600_000_000;
    fc.assert(
      fc.property(fc.integer({ min: -60 * year, max: 130 * year }), micros => {
        const seconds = secondsFor(micros, cuts);
        assert.equal(typeof seconds, micros < 0 ? 'string' : 'number');
        assert.equal(read(kept(Number(seconds), cuts)), micros);
      }),
      { numRuns: 2_000, examples: [[0], [-1], [1_600_000_000_123_457], [4_000_000_000_123_457]] },
    );
  });
}

test('which of them it is, its version tells', () => {
  for (const version of ['1.44.2', '1.51.0', '0.11.26']) assert.equal(cutsTimes(version), true, version);
  for (const version of ['1.52.0', '1.52.1', '2.0.0', '1.100.0-dev']) assert.equal(cutsTimes(version), false, version);
});

test.run();
