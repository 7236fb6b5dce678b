// One line of source with what is said about parts of it, aligned whatever the characters and windowed if it is long.
//
//   take code, asset in www
//        ----  ^^^^^ no class of this name
//        |
//        this one is known
import type { Palette } from './colour.js';
import { displayMessage } from './display.js';
import { widthOf } from './fit.js';

/** `start` and `end` are UTF-16 offsets into the line; an empty mark still shows one column. */
export type Mark = {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Safe to show; '' for none. */
  readonly message: string;
  readonly primary: boolean;
};

/** What stands beside the gutter; `source` where it is the line itself. */
export type CodeRow = { readonly source: boolean; readonly content: string };

type Paint = (text: string) => string;

/** Marks too far apart for one window each get the line again, in a window of their own. */
export const annotatedLine = (
  text: string,
  marks: readonly Mark[],
  width: number,
  paint: Palette,
  colour: Paint,
): CodeRow[] => {
  const first = marks.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
  const skipped =
    text.length > LONGEST && marks.length > 0 ? Math.max(0, Math.min(first, text.length) - LONGEST / 2) : 0;
  const part = text.slice(skipped, skipped + LONGEST);
  const cells = cellsOf(part);
  const places = marks.map(mark => placeOf(cells, mark, skipped)).sort((a, b) => a.from - b.from);
  const isCut = { before: skipped > 0, behind: skipped + part.length < text.length };
  return windowsOf(places, lengthOf(cells), width).flatMap(view => [
    { source: true, content: cut(cells, view, isCut) },
    ...annotations(
      view.places.map(place => shifted(place, view, isCut.before)),
      paint,
      colour,
    ).map(content => ({ source: false, content })),
  ]);
};

/** A character as it is shown: where it begins in the text, and which columns it takes. */
type Cell = { readonly at: number; readonly column: number; readonly width: number; readonly shown: string };

const cellsOf = (text: string): Cell[] => {
  const cells: Cell[] = [];
  let column = 0;
  for (const { segment, index } of SEGMENTER.segment(text)) {
    const shown = segment === '\t' ? ' '.repeat(TAB - (column % TAB)) : displayMessage(segment);
    const width = widthOf(shown);
    cells.push({ at: index, column, width, shown });
    column += width;
  }
  return cells;
};

const lengthOf = (cells: readonly Cell[]): number => {
  const last = cells[cells.length - 1];
  return last === undefined ? 0 : last.column + last.width;
};

/** A mark in columns: `[from, to)`, at least one wide. */
type Place = { readonly from: number; readonly to: number; readonly message: string; readonly primary: boolean };

const placeOf = (cells: readonly Cell[], { start, end, message, primary }: Mark, skipped: number): Place => {
  // A mark that begins inside a character begins with it; one that ends inside a character ends with it.
  const next = cells.findIndex(cell => cell.at > start - skipped);
  const isBehind = next < 0 && (cells.length === 0 || start - skipped > cells[cells.length - 1]!.at);
  const from = isBehind ? lengthOf(cells) : (cells[next < 0 ? cells.length - 1 : Math.max(0, next - 1)]?.column ?? 0);
  const to = cells.find(cell => cell.at >= end - skipped)?.column ?? lengthOf(cells);
  return { from, to: Math.max(from + 1, to), message, primary };
};

type View = { readonly from: number; readonly to: number; readonly places: readonly Place[] };

const windowsOf = (places: readonly Place[], length: number, width: number): View[] => {
  const needed = places.reduce((most, { to }) => Math.max(most, to), length);
  if (needed <= width) return [{ from: 0, to: width, places }];
  if (places.length === 0) return [{ from: 0, to: width, places }];
  const views: View[] = [];
  for (let rest = places; rest.length > 0; ) {
    const from = Math.max(0, Math.min(rest[0]!.from - Math.floor(width / 4), needed - width));
    const inside = rest.filter((place, i) => i === 0 || place.to <= from + width);
    views.push({ from, to: from + width, places: inside });
    rest = rest.filter(place => !inside.includes(place));
  }
  return views;
};

type Cut = { readonly before: boolean; readonly behind: boolean };

/** The characters of a window; what is left out at an end is an ellipsis, where no mark can stand. */
const cut = (cells: readonly Cell[], { from, to }: View, isCut: Cut): string => {
  const before = from > 0 || isCut.before;
  const behind = lengthOf(cells) > to || isCut.behind;
  const first = before ? from + 1 : from;
  const last = behind ? to - 1 : to;
  const inside = cells.filter(cell => cell.column >= first && cell.column + cell.width <= last);
  const gap = ' '.repeat(Math.max(0, (inside[0]?.column ?? first) - first));
  return `${before ? ELLIPSIS : ''}${gap}${inside.map(cell => cell.shown).join('')}${behind ? ELLIPSIS : ''}`;
};

const shifted = (place: Place, { from, to }: View, isCutBefore: boolean): Place => {
  const least = from > 0 || isCutBefore ? 1 : 0;
  const start = Math.max(least, place.from - from);
  return { ...place, from: start, to: Math.max(start + 1, Math.min(to, place.to) - from) };
};

/** The row of carets, then what they say: the last mark's words beside it, the others' hang below their marks. */
const annotations = (places: readonly Place[], paint: Palette, colour: Paint): string[] => {
  if (places.length === 0) return [];
  const paintOf = (place: Place): Paint => (place.primary ? colour : paint.blue);
  const under: Painted[] = [];
  for (const place of [...places].sort((a, b) => Number(a.primary) - Number(b.primary))) {
    for (let column = place.from; column < place.to; column++) {
      under[column] = { text: place.primary ? '^' : '-', paint: paintOf(place) };
    }
  }
  const speaking = places.filter(({ message }) => message !== '');
  const last = speaking[speaking.length - 1];
  const beside =
    last !== undefined && places.every(place => place === last || place.to <= last.from) ? last : undefined;
  const rows = [paintRow(under) + (beside === undefined ? '' : ` ${paintOf(beside)(beside.message)}`)];
  const hanging = speaking.filter(place => place !== beside);
  if (hanging.length > 0) rows.push(stems(hanging, paintOf));
  for (let i = hanging.length - 1; i >= 0; i--) {
    const place = hanging[i]!;
    const left = hanging.slice(0, i).filter(({ from }) => from < place.from);
    const row = stems(left, paintOf);
    rows.push(`${row}${' '.repeat(place.from - widthOf(row))}${paintOf(place)(place.message)}`);
  }
  return rows;
};

type Painted = { readonly text: string; readonly paint: Paint };

const stems = (places: readonly Place[], paintOf: (place: Place) => Paint): string => {
  const row: Painted[] = [];
  for (const place of places) row[place.from] = { text: '|', paint: paintOf(place) };
  return paintRow(row);
};

/** Runs of one colour get one pair of codes. */
const paintRow = (row: readonly (Painted | undefined)[]): string => {
  let line = '';
  for (let i = 0; i < row.length; ) {
    const paint = row[i]?.paint;
    let run = '';
    for (; i < row.length && row[i]?.paint === paint; i++) run += row[i]?.text ?? ' ';
    line += paint === undefined ? run : paint(run);
  }
  return line;
};

const SEGMENTER = new Intl.Segmenter('en');
const TAB = 4;
const ELLIPSIS = '…';
/** Of a longer line only the part around the first mark is looked at. */
const LONGEST = 4_000;
