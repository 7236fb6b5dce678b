// A progress bar of plain characters, told apart by shape as well as by colour.
import type { Marks } from './marks.js';

type Paint = (text: string) => string;

export const bar = (fraction: number, width: number, full: Paint, empty: Paint, signs: Marks): string => {
  const filled = Math.max(0, Math.min(width, Math.floor(fraction * width + 1e-9)));
  return full(signs.full.repeat(filled)) + empty(signs.empty.repeat(width - filled));
};
