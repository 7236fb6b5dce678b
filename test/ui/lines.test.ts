// Tests of plain lines and of the summary: every change of state, problems, progress now and then; no codes uninvited.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { RunEvent, Summary } from '../../runtime/engine/events.js';
import { openLines } from '../../runtime/ui/lines.js';
import { openQuiet } from '../../runtime/ui/quiet.js';
import { summaryText, verdict } from '../../runtime/ui/summary-text.js';
import { hostName, NOTHING, recordedRun } from './recorded.js';

const linesOf = (events: readonly RunEvent[], options: { colour?: boolean; unicode?: boolean } = {}): string => {
  let output = '';
  const lines = openLines({ write: text => (output += text), colour: false, width: 100, unicode: true, ...options });
  for (const event of events) lines.event(event);
  lines.stop();
  return output;
};

const summaryOf = (events: readonly RunEvent[]): Summary => {
  const last = events.at(-1)!;
  assert.equal(last.type, 'summary');
  return last as Summary;
};

test('A run of one host reads as a log', () => {
  assert.equal(
    linesOf(recordedRun({ hosts: 1, blocks: 1, troubled: [1] })),
    [
      ' 0:00  syncplan 0.1.0 apply, run 20260921-7f3a: 1 block, 1 host',
      ' 0:00  build  connected (local)',
      ' 0:00  eu.web.web-01  connecting',
      ' 0:00  eu.web.web-01  connected (agent)',
      ' 0:00  app  master build: 160 entries, 40.0 MiB',
      ' 0:00  app → eu.web.web-01  observing',
      ' 0:00  app → eu.web.web-01  compared: 40 changes, 10.0 MiB',
      ' 0:00  app → eu.web.web-01  staging',
      ' 0:00  app → eu.web.web-01  to send: 40 files, 10.0 MiB',
      ' 0:02  app → eu.web.web-01  committing',
      ' 0:02  app → eu.web.web-01  verifying',
      ' 0:02  app → eu.web.web-01  problem: assets/secret\\n.key: open: permission denied',
      ' 0:02    help: let the user who runs syncplan read it',
      ' 0:02  app → eu.web.web-01  partial',
      'app',
      '  ! eu.web.web-01  partial   14 created, 26 replaced, 1 failed',
      '',
      'problems',
      '  ! assets/secret\\n.key  (block app on eu.web.web-01)',
      '    open: permission denied',
      '    help: let the user who runs syncplan read it',
      '',
      'Partial: some of it is done, some is not.',
      '14 created, 26 replaced, 1 failed, 80 unchanged',
      '10.0 MiB sent, 51.1 KiB received in 2.5 s   run 20260921-7f3a, exit code 5',
      '',
    ].join('\n'),
  );
});

test('A route is told once, and then whom content comes from, or why not', () => {
  const [version, ...rest] = recordedRun({ hosts: 3, blocks: 1 });
  const [one, two, three] = [1, 2, 3].map(at => hostName(at));
  const link = (
    from: string,
    host: string,
    state: 'open' | 'refused' | 'lost' | 'altered',
    message?: string,
  ): RunEvent => ({
    type: 'link',
    time: 0,
    block: 'app',
    host,
    from,
    state,
    ...(message === undefined ? {} : { message }),
  });
  const edges = [
    { from: 'build', host: one! },
    { from: one!, host: two! },
    { from: one!, host: three! },
  ];
  const text = linesOf([
    version!,
    { type: 'route', time: 0, block: 'app', edges },
    link('build', one!, 'open'),
    link(one!, two!, 'open'),
    link(one!, three!, 'lost', 'the data link broke'),
    link(one!, three!, 'altered', 'it is another'),
    ...rest,
  ]);
  const told = [
    `app  route: build → ${one} → ${two}`,
    `app  route: ${one} → ${three}`,
    `app → ${one}  content comes straight from build`,
    `app → ${two}  content comes from ${one}, which passes it on`,
    `app → ${three}  no data link from ${one}: content is taken from elsewhere: the data link broke`,
    `app → ${three}  altered by ${one}, which is not asked again: it is another`,
  ];
  for (const line of told) assert.ok(text.includes(line), `${line}\n${text.slice(0, 1500)}`);
});

test('Progress is told every few seconds and no more often', () => {
  const events = recordedRun({ hosts: 4, blocks: 2, step: 1_000 });
  const times = linesOf(events)
    .split('\n')
    .flatMap(line => {
      const found = /^ *(\d+):(\d+) {2}(?:\d+ %|comparing),.* ended$/.exec(line);
      return found === null ? [] : [Number(found[1]) * 60 + Number(found[2])];
    });
  assert.ok(times.length > 3, String(times));
  for (const [i, time] of times.entries()) if (i > 0) assert.ok(time - times[i - 1]! >= 5, String(times));
});

test('There are no escape codes unless colour is on, and no signs outside ASCII unless Unicode is', () => {
  const events = recordedRun({ hosts: 9, blocks: 2, unreachable: [7], failing: [5], troubled: [3] });
  assert.match(linesOf(events, { unicode: false }), /^[ -~\n]*$/);
  assert.ok(linesOf(events, { colour: true }).includes('\x1b[31m'));
});

test('The summary of a log, and a quiet run that failed, name the first problems and count the rest', () => {
  const events = recordedRun({ hosts: 1, blocks: 1, troubled: [1] });
  const problem = events.find(event => event.type === 'problem')!;
  const many = Array.from({ length: 30 }, (_, i) => ({
    ...problem,
    path: `secret-${i + 10}`,
    message: `it failed in way ${i}`,
  }));
  const failed = events.flatMap(event => (event === problem ? many : [event]));
  let said = '';
  const quiet = openQuiet(text => (said += text), { colour: false, width: 100 });
  for (const event of failed) quiet.event(event);
  for (const text of [said, linesOf(failed)]) {
    const summary = text.slice(text.indexOf('app\n  !'));
    assert.equal(summary.match(/^ {2}! secret-\d+ {2}\(block app on eu\.web\.web-01\)$/gm)?.length, 20);
    assert.match(summary, /^ {2}and 10 more$/m);
  }
  said = '';
  for (const event of recordedRun({ hosts: 1, blocks: 1 }))
    openQuiet(text => (said += text), { colour: false, width: 100 }).event(event);
  assert.equal(said, '');
});

test('A summary that goes elsewhere has colour only if that place has it', () => {
  const events = recordedRun({ hosts: 1, blocks: 1 });
  for (const colourResult of [true, false, undefined]) {
    let result = '';
    const lines = openLines({
      write: () => undefined,
      writeResult: text => {
        result += text;
      },
      ...(colourResult === undefined ? {} : { colourResult }),
      colour: true,
      width: 100,
      unicode: true,
    });
    for (const event of events) lines.event(event);
    assert.match(result, /every host holds what the plan says/);
    assert.equal(result.includes('\x1b'), colourResult === true);
  }
});

test('Sixty hosts fit into a short summary: what failed by name, what went well together', () => {
  const text = summaryText(summaryOf(recordedRun({ hosts: 60, blocks: 2, unreachable: [7], failing: [12] })), {
    colour: false,
    width: 100,
  });
  assert.equal(
    text,
    [
      'app',
      '  ✗ eu.web.web-07  failed    the host failed, see below',
      '  ✗ eu.web.web-12  failed    the connection was lost while content was sent; 1 failed',
      '    help: run the same command again; it finishes what is left',
      '  ✓ 58 hosts       done      14 created, 26 replaced',
      '',
      'config',
      '  ✗ eu.web.web-07  failed    the host failed, see below',
      '  – eu.web.web-12  skipped   app failed on this host',
      '  ✓ 58 hosts       done      14 created, 26 replaced',
      '',
      'hosts',
      '  ✗ eu.web.web-07  failed  connecting to 10.0.1.7 port 22 failed: connection refused',
      '    help: see that sshd runs there: ssh -v 10.0.1.7',
      '',
      'Partial: some of it is done, some is not.',
      '1,624 created, 3,016 replaced, 1 failed, 9,280 unchanged',
      '1.1 GiB sent, 51.1 KiB received in 34 s   run 20260921-7f3a, exit code 5',
      '',
    ].join('\n'),
  );
});

test('What became of a host is wrapped under itself on a narrow terminal', () => {
  const summary = summaryOf(recordedRun({ hosts: 2, blocks: 1, failing: [1] }));
  const text = summaryText({ ...summary, hosts: [] }, { colour: false, width: 60 });
  const [, first, second] = text.split('\n');
  assert.match(first!, /^ {2}✗ eu\.web\.web-01 +failed +the connection/);
  assert.match(second!, /^ {20,}\S/);
  for (const line of text.split('\n').slice(0, 4)) assert.ok(line.length <= 60, line);
});

test('A host that failed is wrapped under itself, too', () => {
  const summary = summaryOf(recordedRun({ hosts: 2, blocks: 1, unreachable: [1] }));
  const lines = summaryText(summary, { colour: false, width: 60 }).split('\n');
  const at = lines.indexOf('hosts');
  assert.match(lines[at + 1]!, /^ {2}✗ eu\.web\.web-01 {2}failed {2}connecting to/);
  assert.match(lines[at + 2]!, /^ {20,}\S/);
  for (const line of lines) assert.ok(line.length <= 60, line);
});

test('A hook that failed is told of its block, not of a path', () => {
  const summary = summaryOf(recordedRun({ hosts: 2, blocks: 1 }));
  const problem = {
    block: 'app',
    host: hostName(1),
    path: '',
    code: 'hook',
    message: 'it ended with 7',
    help: '',
  } as const;
  const text = summaryText(summary, { colour: false, width: 100, problems: [problem], problemCount: 1 });
  assert.match(text, /^ {2}! hook {2}\(block app on eu\.web\.web-01\)\n {4}it ended with 7$/m);
  const event = { type: 'problem', time: 0, ...problem } as const;
  assert.match(linesOf([event]), /problem: it ended with 7$/m);
});

test('A problem that many hosts share is said once', () => {
  const summary = summaryOf(recordedRun({ hosts: 3, blocks: 1 }));
  const problem = {
    block: 'app',
    path: 'secret',
    code: 'denied',
    message: 'open: permission denied',
    help: 'let syncplan read it',
  } as const;
  const problems = [1, 2, 3].map(number => ({ ...problem, host: hostName(number) }));
  const text = summaryText(summary, { colour: false, width: 100, problems, problemCount: 5 });
  assert.ok(
    text.includes(
      [
        'problems',
        '  ! secret  (block app on 3 hosts)',
        '    open: permission denied',
        '    help: let syncplan read it',
        '  and 2 more',
      ].join('\n'),
    ),
    text,
  );
});

test('What a guard saw is said once, beside those it stopped; between folders of one machine nothing is sent', () => {
  const summary = summaryOf(recordedRun({ hosts: 2, blocks: 1 }));
  const message = 'the root /srv/www had a marker and has none now';
  const refused = { state: 'refused', message, help: 'mount it' } as const;
  const relations = summary.relations.map((one, i) => (i === 0 ? { ...one, ...refused } : one));
  const { block, host } = relations[0]!;
  const problem = { block, host, path: null, code: 'marker', message, help: 'mount it' } as const;
  const options = { colour: false, width: 200, problems: [problem], problemCount: 1 };
  const text = summaryText({ ...summary, relations, bytesSent: 0, bytesReceived: 0 }, options);
  assert.equal(text.split(message).length, 2, text);
  assert.doesNotMatch(text, /^problems$/m);
  assert.match(text, /^nothing sent over a network in /m);
  const elsewhere = summaryText({ ...summary, relations }, { ...options, problems: [{ ...problem, block: 'other' }] });
  assert.match(elsewhere, /^problems$/m);
});

test('Verdict and exit code never disagree', () => {
  const of = (exitCode: number, totals = {}): string =>
    verdict({ ...NOTHING, ...totals, exitCode, states: {}, seconds: 1, run: 'r', relations: [], hosts: [] });
  assert.equal(of(0), 'Nothing to do: every host holds what the plan says.');
  assert.equal(of(0, { created: 1 }), 'Done: every host holds what the plan says.');
  const said = [1, 2, 4, 5, 6, 130, 77].map(code => of(code));
  assert.equal(new Set(said).size, said.length);
  for (const text of said) assert.ok(!/^(Done|Nothing)/.test(text), text);
  const all = summaryOf(recordedRun({ hosts: 2, blocks: 1, files: 1 }));
  const done = { ...all, relations: all.relations.map(one => ({ ...one, state: 'done' as const })) };
  assert.equal(
    verdict({ ...done, exitCode: 130, created: 1 }),
    'Interrupted, when all was done: every host holds what the plan says.',
  );
  assert.equal(of(5), 'Partial: some of it was in place already, some could not be done.');
  for (const totals of [{ deleted: 1 }, { moved: 1, failed: 1 }])
    assert.equal(of(5, totals), 'Partial: some of it is done, some is not.');
});

test('What was done beside changes is said: hooks that were owed, what an earlier run had begun', () => {
  const idle = summaryOf(recordedRun({ hosts: 1, blocks: 1, files: 0 }));
  const of = (beside: { hooks?: number; finished?: number }, totals = {}): string => {
    const relations = idle.relations.map(one => ({ ...one, ...NOTHING, ...totals, ...beside }));
    return summaryText({ ...idle, ...NOTHING, ...totals, ...beside, relations }, { colour: false, width: 200 });
  };
  assert.match(of({}), /done +nothing to change\n\nNothing to do: every host holds what the plan says\.\n/);
  const owed = of({ hooks: 2 });
  assert.match(owed, /done +nothing to change; 2 owed hooks run\n/);
  assert.match(owed, /^Done: every host holds what the plan says\.\n2 hooks run\n/m);
  const both = of({ hooks: 1, finished: 1 });
  assert.match(both, /done +nothing to change; 1 owed hook run, 1 transaction of an earlier run finished\n/);
  assert.match(of({ hooks: 1 }, { created: 3 }), /done +3 created; 1 hook run\n\nDone: .*\n3 created, 1 hook run\n/);
});

test('Waiting for a lock, what drifted and hooks are lines of their own', () => {
  const events = recordedRun({ hosts: 1, blocks: 1 });
  const place = { time: events[0]!.time, host: hostName(1), block: 'app' };
  const command = ['systemctl', 'reload', 'a b'];
  const hook = { type: 'hook', ...place, when: 'after', on: hostName(1), command } as const;
  const text = linesOf([
    ...events.slice(0, -1),
    { type: 'drift', ...place, path: 'a\x1b' },
    { type: 'lock', ...place, on: 'build', state: 'waiting', message: 'run x holds it' },
    { type: 'block', ...place, state: 'locking' },
    { type: 'lock', ...place, on: 'build', state: 'held' },
    { type: 'lock', ...place, on: 'build', state: 'refused', message: 'run x holds it' },
    { ...hook, state: 'running' },
    { ...hook, state: 'failed', message: 'ended with 1' },
  ]);
  const lines = text.trimEnd().split('\n').slice(-5);
  assert.deepEqual(
    lines.map(line => line.replace(/^ *\d+:\d+ {2}app → eu\.web\.web-01 {2}/, '')),
    [
      '! drift: a\\x1b was changed by somebody else',
      'waiting for the lock of build: run x holds it',
      'no lock of build: run x holds it',
      "hook after systemctl reload 'a b' on eu.web.web-01: running",
      "failed: hook after systemctl reload 'a b' on eu.web.web-01: ended with 1",
    ],
  );
});

test.run();
