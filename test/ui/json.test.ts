// Tests of the NDJSON stream: one object a line, nothing raw, bytes kept, the version first.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import type { RunEvent } from '../../runtime/engine/events.js';
import { fromText } from '../../runtime/tree/path.js';
import { jsonLine, openJson } from '../../runtime/ui/json.js';
import { recordedRun } from './recorded.js';

const problem = (path: string, message = 'm'): RunEvent => ({
  type: 'problem',
  time: 1,
  host: 'h',
  block: 'b',
  path,
  code: 'io',
  message,
  help: '',
});

test('A run becomes one object a line, the version first and the summary last', () => {
  let output = '';
  const json = openJson({ write: text => (output += text) });
  const events = recordedRun({ hosts: 3, blocks: 1, troubled: [2] });
  for (const event of events) json.event(event);
  json.stop();
  const lines = output.split('\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines.length, events.length);
  const objects = lines.map(line => JSON.parse(line));
  assert.equal(objects[0].type, 'version');
  assert.equal(objects[0].stream, 1);
  assert.equal(objects.at(-1).type, 'summary');
  assert.equal(objects.at(-1).relations.length, 3);
  assert.ok(objects.every(object => typeof object.time === 'number'));
});

test('Lines are written without waiting for the end', async () => {
  let output = '';
  const json = openJson({ write: text => (output += text) });
  json.event(recordedRun({ hosts: 1, blocks: 1 })[0]!);
  await new Promise(resolve => setTimeout(resolve, 20));
  assert.match(output, /^{"type":"version".*}\n$/);
  json.stop();
});

test('A stream that does not begin with its version is refused', () => {
  assert.throws(() => openJson({ write: () => undefined }).event(problem('x')), /not with "version"/);
});

test('Paths are text, with their bytes where they are not UTF-8; targets in details too', () => {
  assert.deepEqual(JSON.parse(jsonLine(problem(fromText('é\n\u202e')))).path, 'é\n\u202e');
  assert.equal('pathBytes' in JSON.parse(jsonLine(problem(fromText('é')))), false);
  const broken = JSON.parse(jsonLine(problem('a\xff')));
  assert.deepEqual([broken.path, broken.pathBytes], ['a\ufffd', Buffer.from([0x61, 0xff]).toString('base64')]);
  const link: RunEvent = {
    type: 'change',
    time: 1,
    host: 'h',
    block: 'b',
    change: 'link',
    path: 'l',
    kind: 'link',
    bytes: 0,
    detail: `→ ${fromText('größe')}`,
  };
  assert.equal(JSON.parse(jsonLine(link)).detail, '→ größe');
});

test('No line holds a raw control, bidi or separator character, and every line says what was meant', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }), (bytes, message) => {
      const line = jsonLine(problem(Buffer.from(bytes).toString('latin1'), message));
      assert.ok(line.endsWith('}\n'));
      assert.ok(!/[\p{C}\u2028\u2029]/u.test(line.slice(0, -1)), line);
      const object = JSON.parse(line);
      assert.equal(object.message, message);
      const back = object.pathBytes === undefined ? Buffer.from(object.path) : Buffer.from(object.pathBytes, 'base64');
      assert.deepEqual(back, Buffer.from(bytes));
    }),
    { numRuns: 500 },
  );
});

test.run();
