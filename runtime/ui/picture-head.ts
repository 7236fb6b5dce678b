// The head of the live picture: what runs and for how long; how far the whole is, how fast, how long it will take.
import { bytesOf, countText, elapsedText, numberText, rateText, roughDuration } from './amounts.js';
import { bar } from './bar.js';
import { cutEnd, padStart, widthOf } from './fit.js';
import type { Brush } from './picture-row.js';
import { percent, rate } from './run-progress.js';
import { classOf } from './run-rows.js';
import type { RunView } from './run-state.js';
import { eta } from './time-left.js';

export const titleLine = (view: RunView, { paint, signs, width, now }: Brush): string => {
  const title = `syncplan ${view.command}`;
  const hosts = new Set(view.relations.map(({ host }) => host)).size;
  const size = view.started === 0 ? '' : `  ${countText(view.blocks.size, 'block')}, ${countText(hosts, 'host')}`;
  const clock = view.started === 0 ? '' : elapsedText((view.summary === null ? now : view.time) - view.started);
  const left = cutEnd(title + size, width - clock.length - 1, signs.ellipsis);
  const gap = ' '.repeat(width - widthOf(left) - clock.length);
  return (
    paint.bold(left.slice(0, title.length)) +
    paint.dim(left.slice(title.length)) +
    gap +
    paint.dim(clock)
  ).trimEnd();
};

export const barLine = (view: RunView, brush: Brush): string => {
  const done = percent(view);
  return done === null ? cutEnd(scanText(view), brush.width, brush.signs.ellipsis) : percentLine(view, done, brush);
};

/** What comes before the totals are known is counted, never given as a percentage. */
const scanText = (view: RunView): string => {
  const known = view.relations.length - view.uncompared;
  const hosts = [...view.hosts.values()];
  const connected = hosts.filter(host => host.state === 'connected').length;
  const entries = view.relations.reduce((sum, { observed }) => sum + (observed?.entries ?? 0), 0);
  return [
    known === 0 && connected < hosts.length ? 'connecting' : view.uncompared > 0 ? 'listing and comparing' : 'compared',
    connected === hosts.length ? '' : `${numberText(connected)} of ${countText(hosts.length, 'host')} connected`,
    known === 0 || view.uncompared === 0 ? '' : `${numberText(known)} of ${numberText(view.relations.length)} compared`,
    entries === 0 ? '' : `${countText(entries, 'entry', 'entries')} listed`,
  ]
    .filter(text => text !== '')
    .join('   ');
};

const percentLine = (view: RunView, done: number, { paint, signs, width, now }: Brush): string => {
  const failed = new Set(view.relations.filter(relation => classOf(relation) === 'failed').map(({ host }) => host))
    .size;
  const left = eta(view, now);
  const pace = rate(view, now);
  const facts: { text: string; paint: (text: string) => string }[] = [
    { text: padStart(`${done} %`, PERCENT), paint: paint.bold },
    { text: failed === 0 ? '' : `${countText(failed, 'host')} failed`, paint: paint.red },
    { text: view.stopping ? 'stopping' : left === null ? '' : `${roughDuration(left)} left`, paint: plain },
    {
      text: view.wholeBytes === 0 ? '' : bytesOf(Math.min(view.bytes, view.wholeBytes), view.wholeBytes),
      paint: plain,
    },
    { text: pace === null || pace < 1 ? '' : rateText(pace), paint: plain },
  ];
  let room = width - SHORTEST_BAR;
  const fitting = facts.filter(({ text }) => {
    if (text === '' || GAP + widthOf(text) > room) return false;
    room -= GAP + widthOf(text);
    return true;
  });
  const length = Math.min(LONGEST_BAR, SHORTEST_BAR + room);
  const colour = failed === 0 ? paint.green : paint.yellow;
  return [bar(done / 100, length, colour, paint.dim, signs), ...fitting.map(fact => fact.paint(fact.text))].join(
    ' '.repeat(GAP),
  );
};

const plain = (text: string): string => text;

const GAP = 3;
const PERCENT = 5;
const SHORTEST_BAR = 10;
/** Fixed, so that the bar does not grow and shrink with the facts beside it on a wide terminal. */
const LONGEST_BAR = 48;
