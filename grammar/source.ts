// Text and places in it: a source file and half-open spans of UTF-16 offsets. Imports nothing.

/** One file of the plan. `path` is how messages name it. */
export type Source = { readonly path: string; readonly text: string };

/** `[start, end)` as offsets into the text of `file` (the source's path). */
export type Span = { readonly file: string; readonly start: number; readonly end: number };

/** Line and column count from 1; the column counts UTF-16 units. */
export type Position = { readonly line: number; readonly column: number; readonly offset: number };

/** Where each line starts; a line ends after its `\n`. */
export type LineTable = { readonly starts: readonly number[]; readonly length: number };

/** For one place. Many places of one text are found faster by one `lineTable` and `positionIn`. */
export function positionAt(text: string, offset: number): Position {
  return positionIn(lineTable(text), offset);
}

export function lineTable(text: string): LineTable {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return { starts, length: text.length };
}

/** An offset outside the text is taken for the nearest one inside. */
export function positionIn(table: LineTable, offset: number): Position {
  const inside = Math.min(Math.max(offset, 0), table.length);
  let low = 0;
  let high = table.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table.starts[middle]! <= inside) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: inside - table.starts[low]! + 1, offset: inside };
}
