// Many failures that are alike are said once, with a count and a few examples; the stream tells every one.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { RunEvent } from '../../runtime/engine/events.js';
import { openJson } from '../../runtime/ui/json.js';
import { openLines } from '../../runtime/ui/lines.js';
import { previewText } from '../../runtime/ui/preview-text.js';
import { openQuiet } from '../../runtime/ui/quiet.js';
import type { Show } from '../../runtime/ui/show.js';
import { summaryText } from '../../runtime/ui/summary-text.js';
import { barePreview } from './bare-preview.js';
import { hostName, NOTHING, recordedRun } from './recorded.js';

/** A run in which as many paths of these hosts fail in the same way, and one path of the first in another. */
const failing = (hosts: number, paths: number): RunEvent[] => {
  const troubled = Array.from({ length: hosts }, (_, i) => i + 1);
  return recordedRun({ hosts: hosts + 1, blocks: 1, troubled }).flatMap(event => {
    if (event.type !== 'problem') return [event];
    const many = Array.from({ length: paths }, (_, i): RunEvent => ({ ...event, path: `secret/key-${i}` }));
    const other = { ...event, path: 'other', message: 'read: input/output error', help: 'look at the disk' };
    return event.host === hostName(1) ? [...many, other] : many;
  });
};

const shownBy = (open: (write: (text: string) => void) => Show, events: readonly RunEvent[]): string => {
  let text = '';
  const show = open(some => (text += some));
  for (const event of events) show.event(event);
  show.stop();
  return text;
};

const options = { colour: false, width: 100, unicode: true };
const quietly = (events: readonly RunEvent[]): string => shownBy(write => openQuiet(write, options), events);
const asLines = (events: readonly RunEvent[], verbose = false): string =>
  shownBy(write => openLines({ ...options, write, verbose }), events);

const problemsOf = (text: string): string => text.slice(text.indexOf('problems\n'), text.lastIndexOf('\n\n') + 1);

test('of paths that fail alike a summary names three and how many more, on one host or on many', () => {
  const told = (where: string): string[] => [
    `  ! secret/key-0, secret/key-1, secret/key-2 and 1,997 more  (block app on ${where})`,
    '    open: permission denied',
    '    help: let the user who runs syncplan read it',
  ];
  const rest = [
    `  ! other  (block app on ${hostName(1)})`,
    '    read: input/output error',
    '    help: look at the disk',
    '',
  ];
  for (const hosts of [1, 3]) {
    const where = hosts === 1 ? hostName(1) : '3 hosts';
    const wanted = ['problems', ...told(where), ...rest].join('\n');
    for (const text of [quietly(failing(hosts, 2_000)), asLines(failing(hosts, 2_000))])
      assert.equal(problemsOf(text), wanted);
  }
});

test('four are all named, and the same of other hosts stand apart', () => {
  const events = failing(2, 4).filter(
    event => event.type !== 'problem' || event.host !== hostName(2) || event.path !== 'secret/key-3',
  );
  const heads = quietly(events).match(/^ {2}! .*\(block app on .*$/gm);
  assert.deepEqual(heads, [
    `  ! secret/key-0, secret/key-1, secret/key-2  (block app on 2 hosts)`,
    `  ! secret/key-3  (block app on ${hostName(1)})`,
    `  ! other  (block app on ${hostName(1)})`,
  ]);
});

test('a log tells the first of them as they come, advice once, and how many more when the host goes on', () => {
  const lines = asLines(failing(2, 2_000)).split('\n');
  const among = lines.slice(0, lines.indexOf('problems'));
  const of = (host: number): string[] => among.filter(line => line.includes(`${hostName(host)}  problem: secret/`));
  assert.deepEqual([of(1).length, of(2).length], [5, 5]);
  assert.equal(among.filter(line => line.includes('help: let the user')).length, 1);
  for (const host of [1, 2]) {
    const line = `app → ${hostName(host)}  and 1,995 more paths: open: permission denied (--verbose names all)`;
    assert.equal(among.filter(one => one.endsWith(line)).length, 1, line);
  }
  const all = asLines(failing(1, 200), true);
  assert.equal(all.match(/ problem: secret\//g)?.length, 200);
});

test('hosts on which a block failed for the same reason share a line that names them', () => {
  const events = recordedRun({ hosts: 12, blocks: 1 });
  const summary = events.at(-1)!;
  assert.ok(summary.type === 'summary');
  const message = 'another host of this block did not get ready';
  const failed = Array.from({ length: 10 }, (_, i) => hostName(i + 1));
  const relations = summary.relations.map(one =>
    failed.includes(one.host) ? { ...one, state: 'failed' as const, ...NOTHING, message } : one,
  );
  const text = summaryText({ ...summary, relations, exitCode: 5 }, { ...options, width: 200 });
  const names = `${hostName(1)} … ${hostName(10)}`;
  assert.match(text, new RegExp(`^ {2}✗ 10 hosts +failed +${message}; on ${names}$`, 'm'));
  assert.equal(text.match(/failed {2}/g)?.length, 1);
});

test('the stream tells every one', () => {
  const text = shownBy(write => openJson({ write }), failing(2, 700));
  assert.equal(text.match(/"type":"problem"/g)?.length, 1_401);
});

test('a preview folds them as well, unless all are asked for', () => {
  const problems = failing(1, 300).flatMap(event => (event.type === 'problem' ? [event] : []));
  const preview = barePreview({ problems });
  const text = previewText(preview, { ...options, width: 200 });
  assert.deepEqual(text.match(/^.*! problem.*$/gm), [
    '    ! problem  secret/key-0, secret/key-1, secret/key-2 and 297 more (--verbose names all): open: permission denied',
    '    ! problem  other: read: input/output error',
  ]);
  assert.match(text, /^! 301 problems$/m);
  assert.equal(previewText(preview, { ...options, verbose: true }).match(/! problem/g)?.length, 301);
});

test.run();
