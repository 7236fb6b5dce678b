// The time that is said to be left is near the truth for links and files of any kind, or it is not said.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { RunEvent } from '../../runtime/engine/events.js';
import { picture } from '../../runtime/ui/picture.js';
import { percent, rate } from '../../runtime/ui/run-progress.js';
import { emptyView, type RunView } from '../../runtime/ui/run-state.js';
import { fold } from '../../runtime/ui/run-view.js';
import { eta, etaOf } from '../../runtime/ui/time-left.js';
import { START } from './recorded.js';

type World = {
  /** Bytes of each file, in the order in which they are sent. */
  readonly files: readonly number[];
  /** Milliseconds that a byte and a file take, to send and to put in place. */
  readonly byte: number;
  readonly file: number;
  readonly commit?: number;
  /** How many of the files were there already. */
  readonly found?: number;
};

const MANY_SMALL = Array.from({ length: 20_000 }, () => 700);
const LARGE = Array.from({ length: 12 }, () => 3_000_000);

const at = { host: 'a', block: 'app' };
const outline = { block: 'app', after: [], master: 'm', remotes: ['a'] };
const begin = (files: readonly number[]): RunEvent[] => [
  { type: 'version', time: START, stream: 1, syncplan: '0', run: 'r', command: 'apply', blocks: [outline] },
  ...files.map(
    (bytes, i): RunEvent => ({
      ...at,
      time: START,
      type: 'change',
      change: 'create',
      path: `${i}`,
      kind: 'file',
      bytes,
      detail: '',
    }),
  ),
  { ...at, time: START, type: 'block', state: 'compared' },
  { ...at, time: START, type: 'block', state: 'staging' },
  { ...at, time: START, type: 'stage', files: files.length, bytes: sum(files), state: 'begin' },
];
const sum = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0);

/** What is left by the truth and as it is said, every 200 ms of the run. */
const watch = ({ files, byte, file, commit = 0.05, found = 0 }: World): { truth: number; said: number | null }[] => {
  const view = begin(files).reduce(fold, emptyView());
  const committing = files.length * commit;
  const sending = sum(files.slice(found)) * byte + (files.length - found) * file;
  const looks: { truth: number; said: number | null }[] = [];
  let [spent, sent, bytes, part] = [0, found, sum(files.slice(0, found)), 0];
  for (let now = 0; now < sending + committing; now += 50) {
    // As much as comes in these milliseconds.
    while (sent < files.length) {
      const rest = (files[sent]! - part) * byte + file;
      if (spent + rest <= now) {
        spent += rest;
        bytes += files[sent]! - part;
        [part, sent] = [0, sent + 1];
        continue;
      }
      const some = Math.min(files[sent]! - part, Math.max(0, Math.floor((now - spent) / byte)));
      spent += some * byte;
      bytes += some;
      part += some;
      break;
    }
    const time = START + now;
    if (now < sending) fold(view, { ...at, type: 'progress', time, files: sent, bytes });
    else {
      if (view.relations[0]!.state === 'staging') {
        fold(view, { ...at, type: 'progress', time, files: files.length, bytes: sum(files) });
        fold(view, { ...at, type: 'block', time, state: 'committing' });
      }
      const done = Math.floor((now - sending) / commit);
      fold(view, { ...at, type: 'commit', time, done, total: files.length });
    }
    if (now % 200 === 0) looks.push({ truth: sending + committing - now, said: eta(view, time) });
  }
  return looks;
};

/** Said from the third second on in at least this part of the looks, and then no more than twice too long or too short. */
const assertTrue = (world: World, part: number): void => {
  const looks = watch(world).slice(15);
  const said = looks.filter(look => look.said !== null);
  assert.ok(said.length >= looks.length * part, `said ${said.length} times of ${looks.length}`);
  for (const { truth, said: left } of said) {
    const text = `${Math.round(left!)} ms were said to be left, ${Math.round(truth)} were`;
    assert.ok(left! <= truth * 2 + 3_000 && left! >= truth / 2 - 3_000, text);
  }
};

test('over a slow link, many small files after large ones do not make it longer', () => {
  assertTrue({ files: [...LARGE, ...MANY_SMALL], byte: 0.001, file: 0.01 }, 0.9);
});

test('over a fast link, many small files take what small files take', () => {
  assertTrue({ files: MANY_SMALL, byte: 0.00001, file: 0.5 }, 0.9);
  assertTrue({ files: MANY_SMALL.map((_, i) => (i % 100 === 0 ? 400_000 : 700)), byte: 0.00001, file: 0.5 }, 0.9);
});

test('files of every size one after another are told by both prices, whatever these are', () => {
  const mixed = [...MANY_SMALL.slice(0, 6_000), ...LARGE.slice(0, 4), ...MANY_SMALL.slice(0, 3_000), ...LARGE];
  for (const byte of [0.001, 0.0001]) assertTrue({ files: [...mixed, ...MANY_SMALL], byte, file: 0.8 }, 0.5);
});

test('what only small files have shown of a link is not said of the large ones that are left', () => {
  for (const byte of [0.001, 0.00002]) {
    const looks = watch({ files: [...MANY_SMALL, ...LARGE, ...LARGE], byte, file: 0.3 });
    assert.deepEqual([...new Set(looks.slice(5, 20).map(({ said }) => said))], [null]);
    const last = looks.at(-5)!;
    assert.ok(last.said! < last.truth + 3_000, `${last.said}`);
  }
});

test('what was there already does not count for the pace of the rest', () => {
  assertTrue({ files: [...LARGE, ...LARGE, ...LARGE], byte: 0.001, file: 1, found: 20 }, 0.9);
});

test('putting in place is told by how fast that goes', () => {
  const looks = watch({ files: MANY_SMALL, byte: 0.00001, file: 0.02, commit: 1 });
  for (const { truth, said } of looks.slice(20)) assert.ok(Math.abs(said! - truth) < truth * 0.2 + 1_500, `${said}`);
});

/** A second host that has still to begin; files with nothing in them are other attributes there. */
const withAnother = (first: readonly number[], second: readonly number[]): RunView => {
  const of = (host: string, events: readonly RunEvent[]): RunEvent[] =>
    events.map(event => {
      const change = event.type === 'change' && event.bytes === 0 ? { change: 'attributes' } : {};
      return { ...event, ...change, host } as RunEvent;
    });
  const [version, ...rest] = begin(first);
  const blocks = [{ ...outline, remotes: ['a', 'b'] }];
  const waiting = of('b', begin(second).slice(1, second.length + 2));
  return [{ ...version!, blocks } as RunEvent, ...waiting, ...rest].reduce(fold, emptyView());
};

test('for who has still to begin counts what came, not what was there, and how long changes took elsewhere', () => {
  const view = withAnother([50_000_000], [100_000_000]);
  for (let second = 0; second <= 4; second++)
    fold(view, { ...at, type: 'progress', time: START + second * 1000, files: 0, bytes: 40_000_000 + second * 1e6 });
  const left = eta(view, START + 4_000)!;
  assert.ok(left > 100_000 && left < 112_000, `${left}`);
  const found = { ...at, host: 'b', time: START + 4_000, files: 0, bytes: 90_000_000 } as const;
  fold(view, { ...found, type: 'block', state: 'staging' });
  fold(view, { ...found, type: 'progress' });
  const less = eta(view, START + 4_000)!;
  assert.ok(less > 14_000 && less < 22_000, `${less}`);
  assert.equal(rate(view, START + 4_000), 1_000_000);
  const empty = withAnother([], new Array(10_000).fill(0));
  fold(empty, { ...at, type: 'block', time: START, state: 'committing' });
  for (const done of [0, 2_000, 4_000]) fold(empty, { ...at, type: 'commit', time: START + done, done, total: 4_000 });
  const slow = eta(empty, START + 4_000)!;
  assert.ok(Math.abs(slow - 10_000) < 10, `${slow}`);
});

const staged = (seconds: number): RunView => {
  const view = begin(LARGE).reduce(fold, emptyView());
  for (let second = 0; second <= seconds; second++)
    fold(view, { ...at, type: 'progress', time: START + second * 1000, files: 0, bytes: second * 1_000_000 });
  return view;
};

test('time in which nothing is staged is no part of the pace', () => {
  const view = staged(4);
  const before = eta(view, START + 4_000)!;
  fold(view, { ...at, type: 'block', time: START + 4_000, state: 'verifying' });
  fold(view, { ...at, type: 'block', time: START + 60_000, state: 'staging' });
  assert.ok(Math.abs(eta(view, START + 60_000)! - before) < 10, `${eta(view, START + 60_000)}`);
});

test('no time is left where nothing comes any more, in a preview, and in a run that is to stop', () => {
  const view = staged(4);
  assert.ok(eta(view, START + 4_000)! > 30_000);
  assert.ok(etaOf(view, view.relations[0]!, START + 4_000)! > 30_000);
  assert.equal(eta(view, START + 20_000), null);
  fold(view, { type: 'stopping', time: START + 4_000 });
  assert.deepEqual([eta(view, START + 4_000), etaOf(view, view.relations[0]!, START + 4_000)], [null, null]);
  assert.equal(percent(view), 11);
  const shown = picture(view, { width: 100, height: 20, colour: false, unicode: true, now: START + 4_000 }).join('\n');
  assert.match(shown, /11 % {3}stopping {3}/);
  assert.doesNotMatch(shown, /left/);
});

test.run();
