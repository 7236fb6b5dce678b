// Runs of zeros: every stretch is what it says, and together they are the content.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { openDigests } from '../../runtime/bytes/digest.js';
import { ZERO_RUN } from '../../runtime/bytes/pack.js';
import { stretchesOf, updateZeros } from '../../runtime/bytes/zeros.js';

const blocks = fc.array(fc.constantFrom('zeros', 'first', 'last', 'full'), { maxLength: 12 });

test('stretches alternate, follow one another, and hold zeros exactly where they say so', () => {
  fc.assert(
    fc.property(blocks, fc.nat(ZERO_RUN - 1), (kinds, tail) => {
      const content = Buffer.alloc(kinds.length * ZERO_RUN + tail);
      kinds.forEach((kind, i) => {
        const block = content.subarray(i * ZERO_RUN, (i + 1) * ZERO_RUN);
        if (kind === 'first') block[0] = 1;
        else if (kind === 'last') block[ZERO_RUN - 1] = 1;
        else if (kind === 'full') block.fill(7);
      });
      const stretches = stretchesOf(content);
      let at = 0;
      stretches.forEach((stretch, i) => {
        assert.equal(stretch.start, at);
        assert.ok(stretch.end > stretch.start);
        assert.notEqual(stretch.zeros, stretches[i - 1]?.zeros);
        const holds = content.subarray(stretch.start, stretch.end);
        if (stretch.zeros) assert.ok(holds.every(byte => byte === 0) && holds.length % ZERO_RUN === 0);
        at = stretch.end;
      });
      assert.equal(at, content.length);
      const named = stretches.filter(({ zeros }) => zeros).reduce((sum, { start, end }) => sum + end - start, 0);
      assert.equal(named, kinds.filter(kind => kind === 'zeros').length * ZERO_RUN);
    }),
    { numRuns: 60 },
  );
});

test('zeros that are fed to a digest are as many as asked for', async () => {
  const digests = await openDigests('sha256');
  for (const length of [0, 1, ZERO_RUN - 1, ZERO_RUN, ZERO_RUN + 1, 3 * ZERO_RUN + 5]) {
    digests.init();
    updateZeros(digests.update, length);
    assert.equal(digests.digest(), digests.hash(Buffer.alloc(length)), String(length));
  }
});

test.run();
