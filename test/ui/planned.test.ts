// Tests of how a plan ends where something is wrong: its counts are of what would be done, and so it says.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { RunEvent, Summary } from '../../runtime/engine/events.js';
import { openQuiet } from '../../runtime/ui/quiet.js';
import { verdict } from '../../runtime/ui/summary-text.js';
import { NOTHING, recordedRun } from './recorded.js';

test('A quiet plan on which something is wrong tells what would be done, and that nothing was', () => {
  const events = recordedRun({ hosts: 3, blocks: 1 });
  const { relations: ended, ...summary } = events.at(-1) as Summary;
  const relations = [...ended].sort((a, b) => (a.host < b.host ? -1 : 1));
  const compared = relations.map(one => ({
    ...one,
    ...NOTHING,
    state: 'compared' as const,
    created: 5_140,
    linked: 79,
  }));
  const [first, , last] = compared;
  const failed = { ...first!, ...NOTHING, state: 'failed' as const, message: 'no route' };
  const event = (exitCode: number, all: Summary['relations'], states: Summary['states']): Summary & RunEvent => ({
    ...summary,
    type: 'summary',
    time: 0,
    ...NOTHING,
    created: 10_280,
    deleted: 2,
    exitCode,
    planned: true,
    states,
    relations: all,
  });
  let said = '';
  const quiet = openQuiet(text => (said += text), { colour: false, width: 100 });
  quiet.event(events[0]!);
  const equal = { ...last!, ...NOTHING };
  quiet.event(event(1, [failed, compared[1]!, equal], { failed: 1, compared: 2 }));
  assert.match(said, /^ {2}\S eu\.web\.web-02 {2}compared {2}5,140 to create, 79 to link$/m);
  assert.match(said, /^ {2}\S eu\.web\.web-03 {2}compared {2}nothing to change$/m);
  assert.match(said, /^Failed: not everything could be compared\.\n10,280 to create, 2 to delete\n/m);
  assert.doesNotMatch(said, /created|linked|deleted|done/);
  assert.equal(verdict(event(1, [failed], { failed: 1 })), 'Nothing could be compared.');
  assert.equal(verdict(event(130, compared, {})), 'Interrupted: not everything was compared.');
  assert.match(verdict(event(4, compared, {})), /^Refused, to protect data: /);
});

test.run();
