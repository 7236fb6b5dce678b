// Tests of the live screen: the picture as text, drawn by ink on a terminal, within its size, and gone without a trace.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import type { RunEvent } from '../../runtime/engine/events.js';
import { widthOf } from '../../runtime/ui/fit.js';
import { isUnicode } from '../../runtime/ui/locale.js';
import { picture } from '../../runtime/ui/picture.js';
import { emptyView } from '../../runtime/ui/run-state.js';
import { fold } from '../../runtime/ui/run-view.js';
import type { Store } from '../../runtime/ui/screen.js';
import { hostName, recordedRun } from './recorded.js';

// ink draws nothing live where it sees a CI, and it looks when it is loaded.
delete process.env.CI;
delete process.env.CONTINUOUS_INTEGRATION;
const { openScreen, pauseAfter, Picture } = await import('../../runtime/ui/screen.js');
const { render } = await import('ink-testing-library');

const soon = (ms = 50): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** The picture after the first event that `until` accepts. */
const pictureAt = (
  events: readonly RunEvent[],
  until: (event: RunEvent) => boolean,
  options: { width: number; height: number; unicode?: boolean; colour?: boolean },
): string => {
  const view = emptyView();
  for (const event of events) {
    fold(view, event);
    if (until(event)) break;
  }
  return picture(view, { colour: false, unicode: true, now: view.time, ...options }).join('\n');
};

const isHalfway = (event: RunEvent): boolean => event.type === 'progress' && event.files >= 20;

test('A small fleet is shown row by row, in columns', () => {
  const shown = pictureAt(recordedRun({ hosts: 3, blocks: 2 }), isHalfway, { width: 100, height: 30 });
  assert.equal(
    shown,
    [
      'syncplan apply  2 blocks, 3 hosts                                                               0:01',
      '━━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄    19 %   5 s left   12.1 of 60.0 MiB   10.1 MiB/s',
      '',
      'app  build → 3 hosts                                                                        3 active',
      '  ▸ eu.web.web-01  staging     ━━━━━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄  51 %         2 s left     4.4 MiB/s',
      '  ▸ eu.web.web-02  staging     ━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄  27 %         4 s left     2.3 MiB/s',
      '  ▸ eu.web.web-03  staging     ━━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄  40 %         2 s left     3.4 MiB/s',
      '',
      'config  build → 3 hosts, after app                                                        3 compared',
      '  · eu.web.web-01  compared    40 changes, 10.0 MiB',
      '  · eu.web.web-02  compared    40 changes, 10.0 MiB',
      '  · eu.web.web-03  compared    40 changes, 10.0 MiB',
    ].join('\n'),
  );
});

test('A host that waits for others says so instead of how much of it is staged', () => {
  const events = recordedRun({ hosts: 2, blocks: 1 });
  const at = events.findIndex(isHalfway);
  const message = 'waiting for the other hosts of this block';
  const waits = {
    type: 'block',
    time: events[at]!.time,
    block: 'app',
    host: hostName(1),
    state: 'staging',
    message,
  } as const;
  const shown = pictureAt([...events.slice(0, at + 1), waits], event => event === waits, { width: 100, height: 30 });
  assert.match(shown, /^ {2}· eu\.web\.web-01 {2}staged {6}waiting for the other hosts of this block$/m);
  assert.match(shown, /^ {2}▸ eu\.web\.web-02 {2}staging .* %/m);
});

test('Without Unicode the same is told in ASCII, and without colour by words and shapes', () => {
  const shown = pictureAt(recordedRun({ hosts: 3, blocks: 1, troubled: [3] }), event => event.type === 'summary', {
    width: 80,
    height: 20,
    unicode: false,
  });
  assert.match(shown, /^[ -~\n]*$/);
  assert.match(shown, /^ {2}! eu\.web\.web-03 {2}partial {5}1 problem, 40 changes, 10\.0 MiB$/m);
  assert.match(shown, /^ {2}= eu\.web\.web-01 {2}done {8}40 changes, 10\.0 MiB$/m);
  assert.match(shown, /^#+ {3}100 %/m);
});

test('Listing is shown as such, never as a percentage', () => {
  const isListing = (event: RunEvent): boolean =>
    event.type === 'block' && event.state === 'observing' && event.block === 'config';
  const shown = pictureAt(recordedRun({ hosts: 3, blocks: 2 }), isListing, { width: 100, height: 30 });
  assert.match(shown, /^listing and comparing {3}3 of 6 compared {3}360 entries listed$/m);
  assert.ok(!shown.includes('%'));
});

test('No picture is ever wider or higher than it may be, from 60 hosts down to a tiny terminal', () => {
  const events = recordedRun({ hosts: 60, blocks: 3, unreachable: [7], failing: [12, 23], troubled: [3], files: 12 });
  const view = emptyView();
  for (const [i, event] of events.entries()) {
    fold(view, event);
    if (i % 211 !== 0 && i < events.length - 3) continue;
    for (const width of [20, 40, 60, 80, 120, 200]) {
      for (const height of [1, 2, 5, 10, 24, 60]) {
        const lines = picture(view, { width, height, colour: false, unicode: i % 2 === 0, now: view.time });
        assert.ok(lines.length <= height);
        for (const line of lines) assert.ok(widthOf(line) <= width, `${widthOf(line)} > ${width}: ${line}`);
      }
    }
  }
});

test('A failed host is shown at the top of its first block only, with the reason', () => {
  // Its name stands there already.
  const events = recordedRun({ hosts: 60, blocks: 3, unreachable: [7] }).map(event =>
    'message' in event && typeof event.message === 'string'
      ? { ...event, message: `eu.web.web-07: ${event.message}` }
      : event,
  );
  const shown = pictureAt(events, isHalfway, { width: 110, height: 39 });
  const lines = shown.split('\n');
  const app = lines.findIndex(line => line.startsWith('app '));
  assert.match(
    lines[app + 1]!,
    /✗ eu\.web\.web-07 {2}failed {6}connecting to 10\.0\.1\.7 port 22 failed: connection refused/,
  );
  assert.equal(shown.split('eu.web.web-07').length, 2);
  assert.match(lines[1]!, /1 host failed/);
});

test('What does not fit is counted below', () => {
  const events = recordedRun({ hosts: 60, blocks: 1, unreachable: [7] });
  assert.match(pictureAt(events, isHalfway, { width: 80, height: 12 }), /^ {4}… and more: \d+ active$/m);
});

test('A name that would drive the terminal is shown, not obeyed', () => {
  const view = emptyView();
  const blocks = [{ block: 'app\x1b[2J', after: [], master: 'm\u202e', remotes: ['evil\x1b]0;x\x07'] }];
  fold(view, { type: 'version', time: 1, stream: 1, syncplan: '0', run: 'r', command: 'apply', blocks });
  const shown = picture(view, { width: 100, height: 20, colour: false, unicode: true, now: 1 }).join('\n');
  assert.ok(!/[\x00-\x09\x0b-\x1f\u202e]/.test(shown));
  assert.ok(shown.includes('evil\\x1b]0;x\\x07'));
});

test('The component draws what the store holds, and again when it is told', async () => {
  let text = 'first';
  const listeners = new Set<() => void>();
  const store: Store = {
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    text: () => text,
  };
  const { lastFrame, unmount } = render(<Picture store={store} />);
  try {
    await soon();
    assert.equal(lastFrame(), 'first');
    text = 'second\nline';
    for (const listener of listeners) listener();
    await soon();
    assert.equal(lastFrame(), 'second\nline');
  } finally {
    unmount();
  }
  assert.equal(listeners.size, 0);
});

/** A terminal that keeps what is written to it. */
const terminal = (columns: number, rows: number): { stream: NodeJS.WriteStream; written: () => string } => {
  let written = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written += String(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(stream, { columns, rows, isTTY: true }) as unknown as NodeJS.WriteStream,
    written: () => written,
  };
};

test('The screen draws while events come, and leaves the outcome with problems and what to do', async () => {
  const { stream, written } = terminal(100, 30);
  const events = recordedRun({ hosts: 3, blocks: 1, troubled: [2] });
  const screen = openScreen({ stream, now: () => events.at(-1)!.time, colour: false, unicode: true });
  const half = events.findIndex(isHalfway);
  for (const event of events.slice(0, half)) screen.event(event);
  await soon(300);
  const isDrawn = written().includes('staging');
  for (const event of events.slice(half)) screen.event(event);
  screen.stop();
  const left = written().slice(written().lastIndexOf('\x1b'));
  assert.ok(isDrawn, 'the live picture was drawn');
  assert.match(left, /✓ eu\.web\.web-01 {2}done {6}14 created, 26 replaced/);
  assert.match(
    left,
    /! assets\/secret\\n\.key {2}\(block app on eu\.web\.web-02\)\n {4}open: permission denied\n {4}help: let the user/,
  );
  assert.match(left, /Partial: some of it is done, some is not\.\n/);
  assert.equal(stream.listenerCount('resize'), 0);
});

test('A paused screen writes nothing, takes events in, and goes on where it is resumed', async () => {
  const { stream, written } = terminal(100, 30);
  const events = recordedRun({ hosts: 3, blocks: 1 });
  const screen = openScreen({ stream, now: () => events.at(-1)!.time, colour: false, unicode: true });
  await soon();
  screen.pause();
  const before = written();
  for (const event of events.slice(0, events.findIndex(isHalfway))) screen.event(event);
  await soon(250);
  assert.equal(written(), before);
  screen.resume();
  await soon(250);
  const isDrawn = written().slice(before.length).includes(hostName(1));
  screen.stop();
  assert.ok(isDrawn, 'the live picture was drawn again');
  assert.match(written(), /The run ended early: 0 of 3 relations done\.\n$/);
});

test('A preview leaves nothing behind, for its result is the preview', async () => {
  const { stream, written } = terminal(100, 30);
  const screen = openScreen({ stream, now: () => 0, colour: false, unicode: true });
  for (const event of recordedRun({ hosts: 2, blocks: 1, command: 'plan' })) screen.event(event);
  await soon();
  screen.stop();
  assert.ok(!written().includes('exit code'));
});

test('Unicode is drawn only where the locale says UTF-8', () => {
  assert.equal(isUnicode({ LANG: 'de_DE.UTF-8' }), true);
  assert.equal(isUnicode({ LANG: 'en_US.utf8', LC_ALL: 'C' }), false);
  assert.equal(isUnicode({ LC_ALL: '', LC_CTYPE: 'C.UTF-8', LANG: 'C' }), true);
  assert.equal(isUnicode({}), false);
});

test('A picture that takes long is drawn less often, so that drawing never takes much of a core', () => {
  for (const took of [0, 1, 10, 20, 50, 100, 160]) {
    const share = took / (took + pauseAfter(took));
    assert.ok(share <= 1 / 7 + 1e-9, `${took} ms: ${share}`);
  }
  assert.equal(pauseAfter(0), 100, 'ten times a second where it costs next to nothing');
  assert.equal(pauseAfter(10), 90);
  assert.equal(pauseAfter(60_000), 1_000, 'however slow a machine is, something is seen each second');
});

test.run();
