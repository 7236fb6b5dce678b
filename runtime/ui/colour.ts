// Colour as raw SGR codes, on or off by an explicit boolean; whoever opens a terminal decides which.

/** Each paints a text that is already safe to show. With colour off they give it back unchanged. */
export type Palette = { readonly [Name in keyof typeof CODES]: Paint };

export const palette = (colour: boolean): Palette => (colour ? PAINTED : PLAIN);

/** Start and end code of each paint: the sixteen basic colours only, so that a terminal's own theme holds. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

type Paint = (text: string) => string;

const paletteOf = (paint: (start: number, end: number) => Paint): Palette =>
  Object.fromEntries(Object.entries(CODES).map(([name, [start, end]]) => [name, paint(start, end)])) as Palette;

const PAINTED = paletteOf((start, end) => text => (text === '' ? '' : `\x1b[${start}m${text}\x1b[${end}m`));
const PLAIN = paletteOf(() => text => text);
