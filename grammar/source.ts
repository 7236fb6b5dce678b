// Text and places in it: a source file and half-open spans of UTF-16 offsets. Imports nothing.

/** One file of the plan. `path` is how messages name it. */
export type Source = { readonly path: string; readonly text: string };

/** `[start, end)` as offsets into the text of `file` (the source's path). */
export type Span = { readonly file: string; readonly start: number; readonly end: number };

/** Line and column count from 1; the column counts UTF-16 units. */
export type Position = { readonly line: number; readonly column: number; readonly offset: number };
