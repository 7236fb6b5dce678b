// What doctor found out, in words for a person: a line for each host, and below that everything, said once for hosts that are alike.
//
//     host   driven by  verdict
//   = build  local      ready
//   ! plain  shell      ready but weaker  hard links (block app): …
//   x shop   sftp       fails             a hook (block app): it runs no programs
//
//   web-01 … web-12 (12 hosts): eu.web
//     driven by  agent over ssh; Node.js 20.19.0 was found there
import type { HostPlan } from '../../compiler/plan.js';
import { countText } from '../ui/amounts.js';
import { type Palette, palette } from '../ui/colour.js';
import { displayText } from '../ui/display.js';
import { cutEnd, cutMiddle, hanging, padEnd, widthOf } from '../ui/fit.js';
import { compareNames, hostNames } from '../ui/host-names.js';
import { type Marks, marks } from '../ui/marks.js';
import { type Fold, foldAlike, type Seen } from './doctor-fold.js';
import { placeText, type Row } from './doctor-rows.js';
import { type Verdict, verdictOf } from './verdict.js';

export type DoctorOptions = { readonly colour: boolean; readonly width: number; readonly unicode: boolean };

/** Whole lines, each ended. */
export const doctorText = (all: readonly Seen[], options: DoctorOptions): string => {
  const paint = palette(options.colour);
  const signs = marks(options.unicode);
  const inOrder = [...all].sort((a, b) => compareNames(a.host.id, b.host.id));
  const folds = foldAlike(inOrder);
  const lines = [
    ...tableLines(inOrder, options.width, paint, signs),
    ...folds.flatMap(fold => ['', ...foldLines(fold, options.width, paint, signs)]),
  ];
  return `${lines.join('\n')}\n`;
};

const tableLines = (all: readonly Seen[], width: number, paint: Palette, signs: Marks): string[] => {
  const rows = all.map(({ found }) => ({
    host: cutMiddle(displayText(found.host), Math.max(8, Math.floor(width / 3)), signs.ellipsis),
    kind: found.kind ?? signs.skipped,
    ...verdictOf(found),
  }));
  const wide = (head: string, cells: readonly string[]): number => Math.max(widthOf(head), ...cells.map(widthOf));
  const names = wide(
    'host',
    rows.map(({ host }) => host),
  );
  const words = wide(
    'verdict',
    rows.map(({ verdict }) => WORDS[verdict]),
  );
  const before = 2 + names + 2 + DRIVEN.length + 2 + words + 2;
  const head = `  ${padEnd('host', names)}  ${DRIVEN}  verdict`;
  return [
    paint.dim(head),
    ...rows.map(({ host, kind, verdict, reason }) => {
      const cells = `${signOf(verdict, paint, signs)} ${paint.bold(padEnd(host, names))}  ${padEnd(kind, DRIVEN.length)}`;
      // What is cut here stands whole below.
      const rest = cutEnd(reason, Math.max(12, width - before), signs.ellipsis);
      return `${cells}  ${paintOf(verdict, paint)(rest === '' ? WORDS[verdict] : padEnd(WORDS[verdict], words))}${rest === '' ? '' : `  ${rest}`}`;
    }),
  ];
};

const foldLines = ({ hosts, rows }: Fold, width: number, paint: Palette, signs: Marks): string[] => [
  ...headLines(hosts, width, paint, signs),
  ...rows.flatMap(row => rowLines(row, width, paint, signs)),
];

const headLines = (hosts: readonly HostPlan[], width: number, paint: Palette, signs: Marks): string[] => {
  const [first] = hosts;
  if (hosts.length === 1) return hanging(`${paint.bold(displayText(first!.id))}: `, placeText(first!), 0, width);
  const places = new Set(hosts.map(({ region, group }) => `${region}.${group}`));
  const where = places.size === 1 ? `: ${displayText([...places][0]!)}` : '';
  const names = hostNames(
    hosts.map(({ id }) => id),
    signs,
  );
  return hanging('', `${names} (${countText(hosts.length, 'host')})${where}`, 0, width).map(paint.bold);
};

const rowLines = ({ label, text, is, help, where }: Row, width: number, paint: Palette, signs: Marks): string[] => {
  const sign = is === undefined ? ' ' : is === 'bad' ? paint.red(signs.failed) : paint.yellow(signs.warning);
  return [
    ...hanging(`${sign} ${padEnd(label, LABEL)}`, text, 0, width),
    ...(help === undefined || help === '' ? [] : hanging('help: ', help, 4, width)),
    ...(where === undefined ? [] : hanging('where: ', where, 4, width)),
  ];
};

const signOf = (verdict: Verdict['verdict'], paint: Palette, signs: Marks): string =>
  paintOf(verdict, paint)({ ready: signs.done, weaker: signs.warning, fails: signs.failed }[verdict]);

const paintOf = (verdict: Verdict['verdict'], paint: Palette): ((text: string) => string) =>
  ({ ready: paint.green, weaker: paint.yellow, fails: paint.red })[verdict];

const WORDS: Readonly<Record<Verdict['verdict'], string>> = {
  ready: 'ready',
  weaker: 'ready but weaker',
  fails: 'fails',
};
const DRIVEN = 'driven by';
const LABEL = 11;
