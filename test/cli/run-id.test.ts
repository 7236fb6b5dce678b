// Ids of runs: in the order in which they began, and each only once.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newRunId } from '../../runtime/cli/run-id.js';

test('ids sort by time, to the millisecond', () => {
  const start = Date.parse('2026-01-31T23:59:58.990Z');
  const ids = Array.from({ length: 2_020 }, (_, i) => newRunId(new Date(start + i)));
  assert.equal([...ids].sort(), ids);
  assert.match(ids[0]!, /^20260131T235958-3de[0-9a-f]{5}$/);
});

test('ids of one moment differ', () => {
  const ids = Array.from({ length: 20 }, () => newRunId(new Date(0)));
  assert.is(new Set(ids).size, ids.length);
});

test.run();
