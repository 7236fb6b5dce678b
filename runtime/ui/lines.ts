// A run as plain lines for logs and CI: one for each change of state and each problem, progress now and then, the summary.
//
// Times are since the start, so the same run writes the same lines whatever the clock and time zone.
import type { RunEvent, Summary } from '../engine/events.js';
import { bytesOf, bytesText, countText, elapsedText, numberText, rateText, roughDuration } from './amounts.js';
import { type Palette, palette } from './colour.js';
import { displayMessage, displayPath, displayText } from './display.js';
import { type FewOfAKind, fewOfAKind } from './few-of-a-kind.js';
import { commandText } from './hook-text.js';
import { faultText, pointToHost } from './host-fault.js';
import { marks } from './marks.js';
import { problemText } from './problem-text.js';
import { routeLines } from './route-text.js';
import { percent, rate } from './run-progress.js';
import { blockOf, changeCount, emptyView, type RelationView, type RunView, relationOf } from './run-state.js';
import { fold } from './run-view.js';
import type { Show } from './show.js';
import { summaryText } from './summary-text.js';
import { eta } from './time-left.js';

export type LinesOptions = {
  /** Takes whole lines: everything on the way. */
  readonly write: (text: string) => void;
  readonly colour: boolean;
  /** Takes the summary of an `apply`, if it goes elsewhere: without colour unless that place has it too. */
  readonly writeResult?: (text: string) => void;
  readonly colourResult?: boolean;
  readonly width: number;
  readonly unicode: boolean;
  /** Every problem by name, however many are alike. */
  readonly verbose?: boolean;
};

export const openLines = (options: LinesOptions): Show => {
  const paint = palette(options.colour);
  let view = emptyView();
  let told = 0;
  const few = fewOfAKind(options.verbose === true ? Number.POSITIVE_INFINITY : undefined);
  return {
    event: event => {
      view = fold(view, event);
      if (event.type === 'version') told = event.time;
      if (event.type === 'summary') {
        if (view.command === 'apply') writeSummary(event, view, options);
        return;
      }
      const isDue = event.type === 'progress' && event.time - told >= BETWEEN_PROGRESS_MS;
      if (isDue) told = event.time;
      const lines = isDue ? [progressLine(view)] : foldedLines(view, event, few, paint, options.unicode);
      for (const line of lines)
        options.write(`${paint.dim(elapsedText(event.time - view.started).padStart(5))}  ${line}\n`);
    },
    stop: () => undefined,
  };
};

/** The first problems stand there once more: on the way they have long scrolled by. */
const writeSummary = (summary: Summary, view: RunView, options: LinesOptions): void => {
  const { write, writeResult, colourResult } = options;
  const shown = { ...options, problems: view.problems, problemCount: view.problemCount, mostProblems: MOST_PROBLEMS };
  if (writeResult === undefined) write(summaryText(summary, shown));
  else writeResult(summaryText(summary, { ...shown, colour: colourResult ?? false }));
};

/** The lines of an event, but for problems of which there were many alike: these are counted when their relation goes on. */
const foldedLines = (view: RunView, event: RunEvent, few: FewOfAKind, paint: Palette, unicode: boolean): string[] => {
  if (event.type === 'problem' || event.type === 'inconsistent') {
    const { named, advised } = few.take(event);
    if (!named) return [];
    return linesOf(view, event.type === 'problem' && !advised ? { ...event, help: '' } : event, paint, unicode);
  }
  if (event.type === 'host' && event.state === 'lost' && event.message !== undefined) {
    const { host, code = '', message, help = '' } = event;
    const first = few.sameAs({ host, code, message, help });
    if (first !== null) return [`${displayText(host)}  ${paint.red('lost')}: the same as ${displayText(first)}`];
  }
  const lines = linesOf(view, event, paint, unicode);
  if (event.type !== 'block' && event.type !== 'redo') return lines;
  const at = `${displayText(event.block)} ${marks(unicode).to} ${displayText(event.host)}`;
  const more = few.counted(event).map(({ message, count }) => {
    const what = countText(count, 'more path');
    return `${at}  ${paint.red('and')} ${what}: ${displayMessage(message)} (--verbose names all)`;
  });
  return [...more, ...lines];
};

const linesOf = (view: RunView, event: RunEvent, paint: Palette, unicode: boolean): string[] => {
  const at = (place: { block: string; host?: string }): string =>
    place.host === undefined
      ? displayText(place.block)
      : `${displayText(place.block)} ${marks(unicode).to} ${displayText(place.host)}`;
  const advice = (help: string | undefined): string[] =>
    help === undefined || help === '' ? [] : [`  help: ${displayMessage(help)}`];
  switch (event.type) {
    case 'version':
      return [
        `syncplan ${displayText(event.syncplan)} ${event.command}, run ${displayText(event.run)}: ${countText(event.blocks.length, 'block')}, ${countText(new Set(event.blocks.flatMap(({ remotes }) => remotes)).size, 'host')}`,
      ];
    case 'host': {
      const message = event.message === undefined ? '' : `: ${faultText({ host: event.host, message: event.message })}`;
      const kind = event.state === 'connected' && event.kind !== undefined ? ` (${event.kind})` : '';
      const word = event.state === 'lost' ? paint.red('lost') : event.state;
      const less = event.weaker === undefined ? '' : ', with weaker guarantees: syncplan doctor names them';
      return [`${displayText(event.host)}  ${word}${kind}${less}${message}`, ...advice(event.help)];
    }
    case 'observed':
      return event.side === 'remote'
        ? []
        : [
            `${displayText(event.block)}  master ${displayText(event.host)}: ${countText(event.entries, 'entry', 'entries')}, ${bytesText(event.bytes)}${event.skipped === 0 ? '' : `, ${countText(event.skipped, 'special file')} skipped`}${event.specialBits === undefined ? '' : `, setuid, setgid or sticky of ${numberText(event.specialBits)} left out`}`,
          ];
    case 'guard':
      return [
        `${at(event)}  ${paint.red(`guard ${event.guard}`)}: ${displayMessage(event.message)}`,
        ...advice(event.help),
      ];
    case 'drift':
      return [`${at(event)}  ${paint.yellow('! drift')}: ${displayPath(event.path)} was changed by somebody else`];
    case 'lock':
      return lockLines(at(event), event, paint);
    case 'route':
      return routeLines(event, marks(unicode)).map(line => `${at({ block: event.block })}  route: ${line}`);
    case 'link':
      return [`${at(event)}  ${linkText(event, blockOf(view, event.block).master, paint)}`];
    case 'hook': {
      // The preview names them.
      if (event.state === 'planned') return [];
      const what = `hook ${event.when} ${commandText(event)}`;
      if (event.state === 'failed') return [`${at(event)}  ${paint.red('failed')}: ${what}${messageOf(event.message)}`];
      return [`${at(event)}  ${what}: ${event.state}`];
    }
    case 'stage':
      return event.state === 'begin'
        ? [`${at(event)}  to send: ${countText(event.files, 'file')}, ${bytesText(event.bytes)}`]
        : [];
    case 'inconsistent':
      return [
        `${at(event)}  ${paint.yellow('inconsistent')}: ${problemText({ path: event.path, message: event.why, code: 'inconsistent' })}`,
      ];
    case 'redo':
      return [`${at(event)}  redo, round ${event.round} of ${event.rounds}: ${countText(event.paths, 'path')}`];
    case 'problem':
      return [`${at(event)}  ${paint.red('problem')}: ${problemText(event)}`, ...advice(event.help)];
    case 'block': {
      // Whose lock it waits for is told by the lock's own event.
      if (event.state === 'locking' && event.message === undefined) return [];
      const relation = relationOf(view, event);
      if (event.state === 'refused' && isToldByGuard(view, event)) return [`${at(event)}  ${paint.red('refused')}`];
      const { message = null, help } = pointToHost(event, faultsOf(view), 'above');
      return [`${at(event)}  ${stateText({ ...relation, message }, paint)}`, ...advice(help)];
    }
    case 'change':
    case 'progress':
    case 'commit':
    case 'stopping':
    case 'summary':
      return [];
  }
};

const lockLines = (where: string, event: Extract<RunEvent, { type: 'lock' }>, paint: Palette): string[] => {
  switch (event.state) {
    case 'waiting':
      return [`${where}  waiting for the lock of ${displayText(event.on)}${messageOf(event.message)}`];
    case 'refused':
      return [`${where}  ${paint.red('no lock')} of ${displayText(event.on)}${messageOf(event.message)}`];
    case 'held':
    case 'released':
      return [];
  }
};

const linkText = (
  { state, from, encrypted, message }: Extract<RunEvent, { type: 'link' }>,
  master: string,
  paint: Palette,
): string => {
  const name = displayText(from);
  switch (state) {
    case 'open': {
      const how =
        from === master ? `content comes straight from ${name}` : `content comes from ${name}, which passes it on`;
      return `${how}${encrypted === false ? ', not encrypted' : ''}`;
    }
    case 'altered':
      return `${paint.red('altered')} by ${name}, which is not asked again${messageOf(message)}`;
    case 'refused':
    case 'lost': {
      const instead = from === master ? 'content goes through this machine' : 'content is taken from elsewhere';
      return `no data link from ${name}: ${instead}${messageOf(message)}`;
    }
  }
};

const messageOf = (message: string | undefined): string =>
  message === undefined ? '' : `: ${displayMessage(message)}`;

const faultsOf = (view: RunView): { readonly host: string; readonly message: string }[] =>
  [...view.hosts.values()].flatMap(({ host, state, message }) =>
    state === 'lost' && message !== null ? [{ host, message }] : [],
  );

/** What a guard saw stands there already, with its advice. */
const isToldByGuard = (
  { problems }: RunView,
  { block, host, message }: Extract<RunEvent, { type: 'block' }>,
): boolean =>
  problems.some(one => one.path === null && one.block === block && one.host === host && one.message === message);

const stateText = (relation: RelationView, paint: Palette): string => {
  const message = relation.message === null ? '' : `: ${displayMessage(relation.message)}`;
  switch (relation.state) {
    case 'compared': {
      const count = changeCount(relation);
      const size = relation.changeBytes === 0 ? '' : `, ${bytesText(relation.changeBytes)}`;
      return `compared: ${count === 0 ? 'nothing to change' : countText(count, 'change')}${size}`;
    }
    case 'staging':
      // All is staged, and it says whom it waits for.
      return (relation.message === null ? 'staging' : 'staged') + message;
    case 'done':
      return paint.green('done') + message;
    case 'partial':
    case 'skipped':
      return paint.yellow(relation.state) + message;
    case 'failed':
    case 'refused':
      return paint.red(relation.state) + message;
    default:
      return relation.state + message;
  }
};

const progressLine = (view: RunView): string => {
  const done = percent(view);
  const pace = rate(view, view.time);
  const left = eta(view, view.time);
  return [
    done === null ? 'comparing' : `${done} %`,
    view.wholeBytes === 0 ? '' : bytesOf(Math.min(view.bytes, view.wholeBytes), view.wholeBytes),
    pace === null || pace < 1 ? '' : rateText(pace),
    view.stopping ? 'stopping' : left === null ? '' : `${roughDuration(left)} left`,
    `${numberText(view.ended)} of ${numberText(view.relations.length)} ended`,
  ]
    .filter(text => text !== '')
    .join(', ');
};

const MOST_PROBLEMS = 20;
const BETWEEN_PROGRESS_MS = 5_000;
