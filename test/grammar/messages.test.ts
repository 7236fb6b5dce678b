// The catalogue of this room: each code explained, and each example has exactly the finding it stands for.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { MESSAGES } from '../../grammar/messages.js';
import { read } from './reading.js';

const test = suite('messages');

/** These cannot be shown by a short text. */
const UNSHOWN = ['SP1002', 'SP1020', 'SP1199'];

for (const message of Object.values(MESSAGES)) {
  if (UNSHOWN.includes(message.code)) continue;
  test(`the example of ${message.code} has that finding`, () => {
    const { diagnostics } = read(message.example);
    assert.ok(diagnostics.some(({ code, severity }) => code === message.code && severity === message.severity));
    assert.ok(diagnostics.every(({ code, severity }) => code === message.code || severity === 'warning'));
  });
}

test('every message has a stable code, a title and a whole sentence of explanation', () => {
  for (const [code, message] of Object.entries(MESSAGES)) {
    assert.equal(message.code, code);
    assert.match(code, /^SP1[01]\d\d$/);
    assert.match(message.title, /^[a-z"].+[^.]$|^Windows/);
    assert.match(message.explanation, /^[A-Z].+\.$/s);
  }
});

test('messages stand alone: one line, no full stop, no content that is not shown escaped', () => {
  for (const { example } of Object.values(MESSAGES)) {
    for (const { message } of read(example).diagnostics) assert.match(message, /^[^\p{C}]+[^.]$/u);
  }
});

test.run();
