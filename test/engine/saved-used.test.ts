// Advice of a run of a saved plan: before it is used the same command works, afterwards the one that goes on is named.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { RunEvent, Summary } from '../../runtime/engine/events.js';
import { newTally } from '../../runtime/engine/tally.js';
import { type Claiming, usedOnce } from '../../runtime/engine/used-once.js';
import { verdict } from '../../runtime/ui/summary-text.js';

const COMMAND = 'syncplan apply plan.sp --var price=$& --resume';
const HELP = 'Run the same command again: it goes on from what has arrived.';
const problem: RunEvent = {
  type: 'problem',
  time: 0,
  host: 'web',
  block: 'app',
  path: 'a',
  code: 'changed',
  message: 'changed',
  help: 'mend that first, then run the same command again',
};

const summaryOf = (exitCode: number, more: Partial<Summary> = {}): Summary => ({
  ...newTally(),
  exitCode,
  seconds: 1,
  run: 'run-1',
  states: { failed: 1 },
  relations: [{ ...newTally(), host: 'web', block: 'app', state: 'failed', message: 'lost', help: HELP }],
  hosts: [{ host: 'web', code: 'lost', message: 'lost', help: HELP }],
  ...more,
});

const opened = (isMine: boolean) => {
  const emitted: RunEvent[] = [];
  const expected = { claim: async () => isMine, goesOn: COMMAND } as unknown as Claiming;
  const { options, ended } = usedOnce({ emit: (event: RunEvent) => void emitted.push(event), expected });
  return { emitted, options, ended };
};

test('once it is used, every advice names the command that goes on, as it stands', async () => {
  const { emitted, options, ended } = opened(true);
  options.emit(problem);
  assert.equal(await options.expected.claim(), true);
  options.emit(problem);
  assert.deepEqual(emitted, [problem, { ...problem, help: `mend that first, then run ${COMMAND}` }]);
  const { again, relations, hosts } = ended(summaryOf(5));
  assert.equal(again, COMMAND);
  for (const { help } of [...relations, ...hosts]) {
    assert.equal(help, `Run ${COMMAND}: it goes on from what has arrived.`);
  }
  for (const exitCode of [0, 4]) assert.equal(ended(summaryOf(exitCode)).again, undefined);
});

test('all advice of the kind is worded alike, so that none is missed', () => {
  const sources = readdirSync('runtime', { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name));
  const others = sources.flatMap(name =>
    (readFileSync(join('runtime', name), 'utf8').match(/.{0,5}the same command.{0,9}/g) ?? [])
      .filter(words => !/\brun\)? the same command again/i.test(words))
      .map(words => `${name}: ${words}`),
  );
  assert.deepEqual(others, ['ui/summary-text.ts: ted: the same command finishes']);
});

test('as long as it is not, the same command is right', async () => {
  const { emitted, options, ended } = opened(false);
  assert.equal(await options.expected.claim(), false);
  options.emit(problem);
  assert.deepEqual(emitted, [problem]);
  assert.deepEqual(ended(summaryOf(1)), summaryOf(1));
});

test('where an earlier run was finished, no last words say that nothing was done', () => {
  for (const exitCode of [1, 4, 6]) {
    assert.match(verdict(summaryOf(exitCode)), /: nothing was done\.$/);
    assert.match(verdict(summaryOf(exitCode, { finished: 2 })), /: only what an earlier run had begun was finished\.$/);
  }
  assert.match(verdict(summaryOf(1, { declined: true, finished: 1 })), /^You said no: only what an earlier run/);
});

test.run();
