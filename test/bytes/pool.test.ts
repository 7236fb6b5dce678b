// Buffers that are used again: given back once, never while somebody else holds them.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { giveBack, hold, takeBuffer } from '../../runtime/bytes/pool.js';

const test = suite('buffers that are used again');
const LARGE = 1_048_576;

test('what was given back is taken again, at the length asked for', () => {
  const first = takeBuffer(LARGE);
  giveBack(first.subarray(10, 20));
  const second = takeBuffer(LARGE - 5);
  assert.equal(second.buffer, first.buffer);
  assert.equal(second.length, LARGE - 5);
});

test('two that are held at once never share memory, also when one is given back twice', () => {
  const first = takeBuffer(LARGE);
  giveBack(first);
  giveBack(first);
  assert.notEqual(takeBuffer(LARGE).buffer, takeBuffer(LARGE).buffer);
});

test('what two hold is taken again only when both have given it back', () => {
  const first = takeBuffer(LARGE);
  assert.equal(hold(first.subarray(5)), true);
  giveBack(first);
  assert.notEqual(takeBuffer(LARGE).buffer, first.buffer);
  giveBack(first);
  assert.equal(takeBuffer(LARGE).buffer, first.buffer);
  assert.equal(hold(Buffer.alloc(LARGE)), false);
});

test('small buffers and those of others are left alone', () => {
  const small = takeBuffer(100);
  giveBack(small);
  giveBack(Buffer.alloc(LARGE));
  assert.equal(small.length, 100);
  assert.notEqual(takeBuffer(100).buffer, small.buffer);
});

test.run();
