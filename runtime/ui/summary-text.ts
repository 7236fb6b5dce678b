// A run's end in words: what became of every block on every host, the problems with what to do, and the totals.
//
// Verdict and exit code come from the same summary, so that they cannot disagree. What needs attention comes first; hosts
// of a block that fared well and alike share one line.
import type { BlockState, Deeds, RelationSummary, Summary, Totals } from '../engine/events.js';
import { bytesText, countText, durationText, numberText } from './amounts.js';
import { type Palette, palette } from './colour.js';
import { displayMessage, displayText } from './display.js';
import { cutMiddle, hanging, padEnd, widthOf } from './fit.js';
import { alikeLines, faultKinds, faultText, pointToHost } from './host-fault.js';
import { hostNames } from './host-names.js';
import { type Marks, marks } from './marks.js';
import { problemLines } from './problem-text.js';
import type { ProblemView } from './run-state.js';

export type SummaryOptions = {
  readonly colour: boolean;
  readonly width: number;
  readonly unicode?: boolean;
  /** Problems of the run, and how many there were if not all are given; none where they have been shown already. */
  readonly problems?: readonly ProblemView[];
  readonly problemCount?: number;
  /** How many of them are named. */
  readonly mostProblems?: number;
};

/** Whole lines, each ended. */
export const summaryText = (summary: Summary, options: SummaryOptions): string => {
  const paint = palette(options.colour);
  const signs = marks(options.unicode ?? true);
  const problems = (options.problems ?? []).filter(problem => !isOutcome(problem, summary));
  const told = (options.problems?.length ?? 0) - problems.length;
  const count = options.problemCount === undefined ? undefined : options.problemCount - told;
  const lines = [
    ...outcomeLines(
      summary.relations.map(one => pointToHost(one, summary.hosts, 'below')),
      options.width,
      paint,
      signs,
      summary.planned,
    ),
    ...hostLines(summary, options.width, paint, signs),
    ...problemLines(problems, count, options.width, paint, options.mostProblems),
    ...totalLines(summary, options.width, paint),
  ];
  return `${lines.join('\n')}\n`;
};

/** `12 created, 2 replaced, 1 deleted`, or `12 to create, …` where it is only planned; '' for none. Also what stayed wrong. */
export const changesText = (totals: Totals, planned = false): string =>
  (
    [
      [totals.created, 'created', 'to create'],
      [totals.replaced, 'replaced', 'to replace'],
      [totals.attributes, 'with other attributes'],
      [totals.linked, 'linked', 'to link'],
      [totals.moved, 'moved', 'to move'],
      [totals.deleted, 'deleted', 'to delete'],
      [totals.inconsistent, 'inconsistent'],
      [totals.failed, 'failed'],
    ] as const
  )
    .filter(([count]) => count > 0)
    .map(([count, done, toDo = done]) => `${numberText(count)} ${planned ? toDo : done}`)
    .join(', ');

/** `1 hook run, 1 transaction of an earlier run finished`: what was done where nothing was changed, too. */
const besideText = ({ hooks = 0, finished = 0 }: Pick<Deeds, 'hooks' | 'finished'>, owed = ''): string =>
  [
    hooks === 0 ? '' : `${countText(hooks, `${owed}hook`)} run`,
    finished === 0 ? '' : `${countText(finished, 'transaction')} of an earlier run finished`,
  ]
    .filter(text => text !== '')
    .join(', ');

const keptText = ({ kept = 0 }: Deeds): string =>
  kept === 0 ? '' : `${countText(kept, 'folder')} not deleted: something else is in ${kept === 1 ? 'it' : 'them'}`;

/** The exit code in words. */
export const verdict = (summary: Summary): string => {
  if (summary.planned === true) return verdictOfPlan(summary);
  switch (summary.exitCode) {
    case 0:
      return !hasDone(summary)
        ? 'Nothing to do: every host holds what the plan says.'
        : 'Done: every host holds what the plan says.';
    case 1:
      return `${summary.declined === true ? 'You said no' : 'Failed'}: ${nothingText(summary)}`;
    case 2:
      return 'There are changes.';
    case 4:
      return `Refused, to protect data: ${nothingText(summary)}`;
    case 5:
      return summary.relations.some(({ state }) => state === 'partial') || hasDone(summary)
        ? 'Partial: some of it is done, some is not.'
        : 'Partial: some of it was in place already, some could not be done.';
    case 6:
      return `Locked by another run: ${nothingText(summary)}`;
    case 130:
      if (!summary.relations.some(({ state }) => TOUCHED.has(state)) && !hasDone(summary))
        return 'Interrupted: nothing was done.';
      if (summary.relations.every(({ state }) => state === 'done'))
        return 'Interrupted, when all was done: every host holds what the plan says.';
      return summary.again === undefined
        ? 'Interrupted: the same command finishes what is left.'
        : 'Interrupted: some of it may be done, some is not.';
    default:
      return `Ended with exit code ${summary.exitCode}.`;
  }
};

/** What an earlier run had begun is finished before anything is looked at; how many, the counts tell. */
const nothingText = ({ finished = 0 }: Summary): string =>
  finished === 0 ? 'nothing was done.' : 'only what an earlier run had begun was finished.';

/** A plan does nothing, so it is no news that it did nothing. */
const verdictOfPlan = ({ exitCode, states }: Summary): string => {
  switch (exitCode) {
    case 0:
      return 'Everything could be compared.';
    case 1:
      return states.compared === undefined ? 'Nothing could be compared.' : 'Failed: not everything could be compared.';
    case 2:
      return 'There are changes.';
    case 4:
      return 'Refused, to protect data: an apply would not do all of it.';
    case 130:
      return 'Interrupted: not everything was compared.';
    default:
      return `Ended with exit code ${exitCode}.`;
  }
};

const hasDone = (totals: Deeds): boolean =>
  changesText({ ...totals, inconsistent: 0, failed: 0 }) !== '' || besideText(totals) !== '';

/** What a guard saw is what became of those it stopped, and stands beside them already. */
const isOutcome = ({ block, host, path, message }: ProblemView, { relations }: Summary): boolean =>
  path === null &&
  relations.some(one => one.block === block && (host === null || one.host === host) && one.message === message);

/** `hosts` are named where they share a line although it did not go well. */
type Outcome = { readonly label: string; readonly relation: RelationSummary; readonly hosts: readonly string[] };

const outcomeLines = (
  relations: readonly RelationSummary[],
  width: number,
  paint: Palette,
  signs: Marks,
  planned?: true,
): string[] => {
  const blocks = new Map<string, RelationSummary[]>();
  for (const relation of relations) blocks.set(relation.block, [...(blocks.get(relation.block) ?? []), relation]);
  const outcomes = new Map([...blocks].map(([block, list]) => [block, collapsed(list)]));
  const widest = Math.max(8, ...[...outcomes.values()].flat().map(({ label }) => widthOf(label)));
  const column = Math.min(widest, Math.max(8, Math.floor(width * 0.4)));
  const helped = new Set<string>();
  return [...outcomes].flatMap(([block, list]) => [
    paint.bold(displayText(block)),
    ...list.flatMap(outcome => outcomeLine(outcome, column, width, paint, signs, helped, planned)),
    '',
  ]);
};

/** Hosts that fared alike share a line if they are many. */
const collapsed = (relations: readonly RelationSummary[]): Outcome[] => {
  const groups = new Map<string, RelationSummary[]>();
  for (const relation of relations) {
    const key = [
      relation.state,
      relation.message,
      relation.help,
      changesText(relation),
      besideText(relation),
      keptText(relation),
    ].join('\0');
    groups.set(key, [...(groups.get(key) ?? []), relation]);
  }
  return [...groups.values()]
    .flatMap(list =>
      list.length > MOST_BY_NAME
        ? [{ label: countText(list.length, 'host'), relation: list[0]!, hosts: list.map(({ host }) => host) }]
        : list.map(relation => ({ label: displayText(relation.host), relation, hosts: [] })),
    )
    .sort((a, b) => RANK.indexOf(a.relation.state) - RANK.indexOf(b.relation.state));
};

const outcomeLine = (
  { label, relation, hosts }: Outcome,
  column: number,
  width: number,
  paint: Palette,
  signs: Marks,
  helped: Set<string>,
  planned?: true,
): string[] => {
  const { mark, colour } = faceOf(relation.state, signs);
  const changes = changesText(relation, planned);
  const skipped = relation.skipped === 0 ? '' : `${countText(relation.skipped, 'special file')} skipped`;
  const said = [
    relation.message === undefined ? '' : displayMessage(relation.message),
    changes === '' && relation.state === (planned === true ? 'compared' : 'done') ? 'nothing to change' : changes,
    // Without changes of this run, what ran is what an earlier one owed.
    besideText(relation, changes === '' && relation.state === 'done' ? 'owed ' : ''),
    skipped,
    keptText(relation),
    hosts.length === 0 || relation.state === 'done' ? '' : `on ${hostNames(hosts, signs)}`,
  ].filter(text => text !== '');
  const name = padEnd(cutMiddle(label, column, signs.ellipsis), column);
  const head = `  ${paint[colour](mark)} ${name}  ${paint[colour](padEnd(relation.state, STATE))}  `;
  const lines = hanging(head, said.join('; '), 0, width).map(line => line.trimEnd());
  // The same advice is given once, not for every block of a host that is out of order.
  if (relation.help === undefined || relation.help === '' || helped.has(relation.help)) return lines;
  helped.add(relation.help);
  return [...lines, ...hanging('help: ', displayMessage(relation.help), 4, width)];
};

const faceOf = (state: BlockState, signs: Marks): { mark: string; colour: 'green' | 'yellow' | 'red' | 'dim' } => {
  switch (state) {
    case 'done':
      return { mark: signs.done, colour: 'green' };
    case 'partial':
      return { mark: signs.warning, colour: 'yellow' };
    case 'failed':
    case 'refused':
      return { mark: signs.failed, colour: 'red' };
    case 'skipped':
      return { mark: signs.skipped, colour: 'yellow' };
    default:
      return { mark: signs.waiting, colour: 'dim' };
  }
};

/** Hosts that failed as a whole: their relations only point here. */
const hostLines = (summary: Summary, width: number, paint: Palette, signs: Marks): string[] => {
  if (summary.hosts.length === 0) return [];
  return [
    paint.bold('hosts'),
    ...faultKinds(summary.hosts).flatMap(({ fault, others }) => [
      ...hanging(
        `  ${paint.red(signs.failed)} ${displayText(fault.host)}  ${paint.red('failed')}  `,
        faultText(fault),
        0,
        width,
      ),
      ...(fault.help === '' ? [] : hanging('help: ', displayMessage(fault.help), 4, width)),
      ...alikeLines(others, width, signs),
    ]),
    '',
  ];
};

const totalLines = (summary: Summary, width: number, paint: Palette): string[] => {
  const colour =
    summary.exitCode === 0 ? paint.green : summary.exitCode === 5 || summary.exitCode === 2 ? paint.yellow : paint.red;
  const counts = [
    changesText(summary, summary.planned),
    besideText(summary),
    summary.unchanged > 0 ? `${numberText(summary.unchanged)} unchanged` : '',
    summary.skipped > 0 ? `${countText(summary.skipped, 'special file')} skipped` : '',
    keptText(summary),
  ].filter(text => text !== '');
  const run = `run ${displayText(summary.run)}, exit code ${summary.exitCode}`;
  const traffic = `${travelled(summary)} in ${durationText(summary.seconds * 1000)}`;
  return [
    paint.bold(colour(verdict(summary))),
    ...(summary.again === undefined
      ? []
      : // Not wrapped: it is there to be copied.
        [`a saved plan is used once; to go on: ${displayMessage(summary.again)}`]),
    ...(counts.length === 0 ? [] : [counts.join(', ')]),
    ...(widthOf(traffic) + 3 + widthOf(run) <= width ? [`${traffic}   ${paint.dim(run)}`] : [traffic, paint.dim(run)]),
  ];
};

/** What passes between folders of this machine is not sent anywhere. */
const travelled = ({ bytesSent, bytesReceived }: Totals): string =>
  bytesSent + bytesReceived === 0
    ? 'nothing sent over a network'
    : `${bytesText(bytesSent)} sent, ${bytesText(bytesReceived)} received`;

const RANK: readonly BlockState[] = [
  'failed',
  'refused',
  'partial',
  'skipped',
  'verifying',
  'committing',
  'staging',
  'locking',
  'compared',
  'observing',
  'waiting',
  'done',
];
/** Something may stand on the remote that did not stand there before. */
const TOUCHED: ReadonlySet<BlockState> = new Set(['done', 'partial', 'committing', 'verifying']);
const MOST_BY_NAME = 4;
const STATE = 8;
