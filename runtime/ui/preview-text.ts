// A preview in words: block by block and host by host exactly what an apply would do, or why it would refuse.
//
//   app
//     27 hosts: same 14 changes  (web-01, web-02, web-03, … web-27)
//       + create      index.html                                    12.3 KiB
//       ~ replace     assets/app.js     size 10 → 12                 1.2 MiB
//       - delete      old.html
//       1.2 MiB to send; 9,986 unchanged; consistency: verify, 3 rounds every 2s, then fail
import type { Preview, PreviewRelation, SpecialBits } from '../engine/events.js';
import type { Path } from '../tree/path.js';
import { bytesText, countText, numberText } from './amounts.js';
import { changeLines, cutLine, rootLines } from './change-text.js';
import { type Palette, palette } from './colour.js';
import { displayMessage, displayPath, displayText } from './display.js';
import { hanging, padEnd } from './fit.js';
import { commandText } from './hook-text.js';
import { alikeLines, faultKinds, faultText, pointToHost } from './host-fault.js';
import { lessLines } from './less-text.js';
import { type Marks, marks } from './marks.js';
import { type Alike, groupAlike } from './preview-group.js';
import { totalsText } from './preview-totals.js';
import { examplesText } from './problem-text.js';
import { routeLines } from './route-text.js';

export type PreviewOptions = {
  readonly colour: boolean;
  readonly width: number;
  /** Every change, however many. */
  readonly verbose?: boolean;
  readonly unicode?: boolean;
  /** The run was stopped before it had seen everything. */
  readonly interrupted?: boolean;
};

/** Whole lines, each ended. */
export const previewText = (preview: Preview, options: PreviewOptions): string => {
  const paint = palette(options.colour);
  const signs = marks(options.unicode ?? true);
  const lines: string[] = [];
  let block: string | null = null;
  for (const group of groupAlike(preview.relations.map(one => pointToHost(one, preview.hosts, 'below')))) {
    if (group.relation.block !== block) {
      if (block !== null) lines.push('');
      block = group.relation.block;
      lines.push(paint.bold(displayText(block)));
      const route = preview.routes.find(one => one.block === block);
      for (const line of route === undefined ? [] : routeLines(route, signs))
        lines.push(...hanging('route  ', line, 2, options.width));
      const bits = preview.specialBits.find(one => one.block === block);
      if (bits !== undefined)
        lines.push(...hanging(paint.yellow('! left out  '), specialBitsText(bits), 2, options.width));
    }
    lines.push(...groupLines(group, options, paint, signs));
  }
  if (lines.length > 0) lines.push('');
  lines.push(
    ...lessLines(preview, options.width, paint, signs),
    ...hostLines(preview, options, paint, signs),
    ...totalsText(preview, options.interrupted ?? false, paint),
  );
  return `${lines.join('\n')}\n`;
};

const groupLines = (group: Alike, options: PreviewOptions, paint: Palette, signs: Marks): string[] => {
  const { relation } = group;
  const { guards, problems, changes, drift } = relation;
  const most = options.verbose === true ? Number.POSITIVE_INFINITY : MOST;
  const lines = [`  ${headline(group, paint, signs)}`];
  const say = (sign: string, text: string, help: string | undefined): void => {
    lines.push(...hanging(sign, text, INDENT, options.width));
    if (help !== undefined && help !== '')
      lines.push(...hanging('help: ', displayMessage(help), INDENT + 2, options.width));
  };
  // What a guard saw is why it is refused, and is said once, by the guard.
  const isGuarded = guards.some(({ message }) => message === relation.message);
  if (relation.message !== undefined && !isGuarded) say('', displayMessage(relation.message), relation.help);
  for (const { guard, message, help } of guards) say(paint.red(`! guard ${guard}  `), displayMessage(message), help);
  const kinds =
    options.verbose === true ? problems.map(problem => ({ problem, paths: [problem.path] })) : kindsOf(problems);
  for (const { problem, paths } of kinds.slice(0, most)) {
    say(
      paint.red('! problem  '),
      `${examplesText(paths, 0, ' (--verbose names all)')}: ${displayMessage(problem.message)}`,
      problem.help,
    );
  }
  if (kinds.length > most) {
    const rest = kinds.slice(most).reduce((sum, { paths }) => sum + paths.length, 0);
    lines.push(cutLine(rest, 'problem', paint, signs));
  }
  for (const path of drift.slice(0, most)) {
    say(
      paint.yellow('! drift  '),
      `${displayPath(path)} was changed by somebody else; what stands there goes to the trash`,
      undefined,
    );
  }
  if (drift.length > most) lines.push(cutLine(drift.length - most, 'drifted path', paint, signs));
  if (relation.unfinished > 0) {
    const count = countText(relation.unfinished, 'transaction');
    say(paint.yellow('! unfinished  '), `${count} of an earlier run; apply finishes that first`, undefined);
  }
  for (const hook of relation.owed) {
    say(paint.yellow('! owed  '), `hook after ${commandText(hook)}, of an earlier run; apply runs it`, undefined);
  }
  for (const block of relation.handsOn ?? []) {
    const text = `what block ${displayText(block)} brings to its master is handed on as well, and compared when that has ended`;
    say(paint.yellow('! follows  '), text, undefined);
  }
  lines.push(...rootLines(group.roots, paint, signs));
  lines.push(...changeLines(changes, most, options.width, paint, signs));
  for (const hook of relation.hooks ?? [])
    lines.push(...hanging(paint.cyan(padEnd(`hook ${hook.when}`, SIGN)), commandText(hook), INDENT, options.width));
  if (relation.alike.files > 0)
    lines.push(...hanging('', alikeText(relation.alike), INDENT, options.width).map(paint.dim));
  if (changes.length > 0) lines.push(...hanging('', closingOf(relation), INDENT, options.width).map(paint.dim));
  return lines;
};

/** Problems that differ only in their path together, in the order of the first of each. */
const kindsOf = (problems: PreviewRelation['problems']) => {
  const kinds = new Map<string, { readonly problem: (typeof problems)[number]; readonly paths: Path[] }>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.code, problem.message, problem.help]);
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { problem, paths: [problem.path] });
    else known.paths.push(problem.path);
  }
  return [...kinds.values()];
};

const specialBitsText = ({ entries, attributes }: SpecialBits): string => {
  const which = countText(entries, 'file or folder', 'files or folders');
  return `setuid, setgid or sticky of ${which}; to carry them, say \`attributes ${attributes.join(', ')}\``;
};

const headline = ({ relation, hosts }: Alike, paint: Palette, signs: Marks): string => {
  const count = relation.changes.length;
  const changes = count === 0 ? nothing(relation) : countText(count, 'change');
  const many = hosts.length > 1 && count > 0 ? `same ${changes}` : changes;
  const what = {
    compared: many,
    refused: `${paint.red('refused')}${count === 0 ? '' : `, with ${many} in view`}`,
    failed: paint.red('failed'),
    skipped: paint.yellow('skipped'),
  }[relation.state];
  if (hosts.length === 1) return `${paint.bold(displayText(hosts[0]!))}: ${what}`;
  // An ellipsis stands for two names at least.
  const named = hosts.length <= MOST_NAMES + 1 ? hosts : hosts.slice(0, MOST_NAMES);
  const names = named.map(displayText).join(', ');
  const others = hosts.length > named.length ? `, ${signs.ellipsis} ${displayText(hosts[hosts.length - 1]!)}` : '';
  return `${paint.bold(countText(hosts.length, 'host'))}: ${what}  ${paint.dim(`(${names}${others})`)}`;
};

const nothing = (relation: PreviewRelation): string =>
  relation.createsRoot === null ? 'nothing to change' : 'its root only';

const alikeText = ({ files, bytes }: PreviewRelation['alike']): string =>
  `${countText(files, 'new file')} of ${bytesText(bytes)} look like files that go: what proves to be the same is moved, not sent`;

/** What travels, what stays, and how it is made consistent. */
const closingOf = (relation: PreviewRelation): string =>
  [
    `${bytesText(relation.bytes)} to send`,
    `${numberText(relation.unchanged)} unchanged`,
    relation.skipped === 0 ? '' : `${countText(relation.skipped, 'special file')} skipped`,
    `consistency: ${displayText(relation.strategy)}`,
  ]
    .filter(text => text !== '')
    .join('; ');

const hostLines = (preview: Preview, { width, verbose }: PreviewOptions, paint: Palette, signs: Marks): string[] => {
  if (preview.hosts.length === 0) return [];
  const kinds = verbose === true ? preview.hosts.map(fault => ({ fault, others: [] })) : faultKinds(preview.hosts);
  return [
    paint.bold('hosts that failed'),
    ...kinds.flatMap(({ fault, others }) => [
      ...hanging(`${paint.red(signs.failed)} ${displayText(fault.host)}: `, faultText(fault), 2, width),
      ...(fault.help === '' ? [] : hanging('help: ', displayMessage(fault.help), 4, width)),
      ...alikeLines(others, width, signs),
    ]),
    '',
  ];
};

const INDENT = 4;
/** `hook before  ` */
const SIGN = 14;
const MOST = 200;
const MOST_NAMES = 3;
