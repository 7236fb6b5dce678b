// Changes of a preview as lines: a sign and a word for each, path, what differs, bytes; deletions apart, long lists cut.
import type { ChangeLine } from '../engine/events.js';
import { bytesText, countText } from './amounts.js';
import { type Folded, foldChanges } from './change-fold.js';
import type { Palette } from './colour.js';
import { displayBytes, displayDetail, displayPath } from './display.js';
import { padEnd, padStart, widthOf } from './fit.js';
import type { Marks } from './marks.js';

/** At most `most` lines of each of the two parts: what comes or changes, and what is deleted. Where that is a limit, whole folders
 * of a long part are a line each. */
export const changeLines = (
  changes: readonly ChangeLine[],
  most: number,
  width: number,
  paint: Palette,
  signs: Marks,
): string[] => {
  const coming = cut(
    changes.filter(({ change }) => change !== 'delete'),
    most,
  );
  const gone = changes.filter(({ change }) => change === 'delete');
  const going = cut(gone, most);
  const rows = [...coming.shown, ...going.shown].map(({ change }) => ({
    change,
    path: pathText(change),
    detail: displayDetail(change.detail),
  }));
  const columns = columnsOf(rows, width);
  const lines = rows.map(row => lineOf(row, columns, paint));
  const isFolded = coming.folded || going.folded;
  return [
    ...lines.slice(0, coming.shown.length),
    ...(coming.left > 0 ? [cutLine(coming.left, 'change', paint, signs)] : []),
    ...(gone.length > 0 ? [`${INDENT}${paint.dim(`${countText(gone.length, 'deletion')}:`)}`] : []),
    ...lines.slice(coming.shown.length),
    ...(going.left > 0 ? [cutLine(going.left, 'deletion', paint, signs)] : []),
    ...(isFolded && coming.left + going.left === 0 ? [`${INDENT}${paint.dim(FOLDED)}`] : []),
  ];
};

/** The lines of one part, and how many changes none of them stands for. */
const cut = (
  part: readonly ChangeLine[],
  most: number,
): { readonly shown: readonly Folded[]; readonly left: number; readonly folded: boolean } => {
  const shown = foldChanges(part, Number.isFinite(most) ? FEW : most).slice(0, most);
  const left = shown.reduce((rest, { stands }) => rest - stands, part.length);
  return { shown, left, folded: shown.some(({ stands }) => stands > 1) };
};

/** Hosts that share an entry may each keep the root elsewhere. */
export const rootLines = (roots: readonly string[], paint: Palette, signs: Marks): string[] => {
  const [root] = roots;
  if (root === undefined) return [];
  const others =
    roots.length === 1
      ? 'the root itself'
      : `the root itself; on others ${displayBytes(roots[1]!)}${roots.length === 2 ? '' : `, ${signs.ellipsis}`}`;
  return [`${INDENT}${paint.green(padEnd('+ create', SIGN))}  ${displayBytes(root)}  (${others})`];
};

export const cutLine = (count: number, noun: string, paint: Palette, signs: Marks): string =>
  `${INDENT}${paint.dim(`${signs.ellipsis} and ${countText(count, `more ${noun}`)} (--verbose shows all)`)}`;

type Row = { readonly change: ChangeLine; readonly path: string; readonly detail: string };
type Columns = { readonly path: number; readonly detail: number };

/** As wide as the longest needs, and as the line has room for; a longer path is never cut, it moves its own line only. */
const columnsOf = (rows: readonly Row[], width: number): Columns => {
  const room = Math.max(24, width - INDENT.length - SIGN - SIZE - 3 * BETWEEN.length);
  const widest = (pick: (row: Row) => string, most: number): number =>
    rows.reduce((longest, row) => Math.max(longest, Math.min(most, widthOf(pick(row)))), 0);
  const detail = widest(row => row.detail, Math.floor(room * 0.35));
  return { path: widest(row => row.path, room - detail), detail };
};

const lineOf = ({ change, path, detail }: Row, columns: Columns, paint: Palette): string => {
  const face = FACES[change.change];
  const size = change.bytes === 0 ? '' : padStart(bytesText(change.bytes), SIZE);
  const sign = INDENT + paint[face.colour](padEnd(`${face.sign} ${face.word}`, SIGN));
  const filled = paint.dim(detail) + ' '.repeat(Math.max(0, columns.detail - widthOf(detail)));
  const parts = [sign, padEnd(path, columns.path), ...(columns.detail === 0 ? [] : [filled]), size];
  return parts.join(BETWEEN).trimEnd();
};

const pathText = ({ path, kind }: ChangeLine): string => displayPath(path) + (kind === 'folder' ? '/' : '');

const FACES = {
  create: { sign: '+', word: 'create', colour: 'green' },
  replace: { sign: '~', word: 'replace', colour: 'yellow' },
  attributes: { sign: '±', word: 'attributes', colour: 'cyan' },
  link: { sign: '→', word: 'link', colour: 'cyan' },
  delete: { sign: '-', word: 'delete', colour: 'red' },
} as const;
/** Changes that are listed one by one. */
const FEW = 40;
const FOLDED = 'a whole folder is one line (--verbose shows all)';
const INDENT = '    ';
const BETWEEN = '  ';
const SIGN = 12;
const SIZE = 8;
