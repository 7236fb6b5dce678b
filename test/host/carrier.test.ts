// What a carrier's process says first is kept until somebody listens, however late that is.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import { MAGIC } from '../../runtime/host/agent/protocol.js';
import { greet } from '../../runtime/host/agent/push.js';
import { startCarrier } from '../../runtime/host/carrier.js';

test('a line that comes before anybody listens is not lost, and what follows is there as well', async () => {
  const script = 'echo early; read -r line; echo "$line"';
  const carrier = startCarrier('sh', ['-c', script], process.env);
  await setTimeout(300);
  carrier.output.end('second\n');
  const chunks: Buffer[] = [];
  for await (const chunk of carrier.input) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), 'early\nsecond\n');
  assert.equal((await carrier.ended).exitCode, 0);
});

test('a shell that waits is noticed by a greeting that begins late', async () => {
  const carrier = startCarrier('sh', ['-c', `echo "${MAGIC} shell"; read -r line`], process.env);
  await setTimeout(300);
  assert.deepEqual(await greet(carrier, 'there', null), { why: null });
  carrier.kill();
  await carrier.ended;
});

test.run();
