// The live picture of a run as lines of text, never wider nor higher than it is told to be. Pure: same view, same picture.
//
//   syncplan apply  3 blocks, 60 hosts                                                    0:42
//   ━━━━━━━━━━━━━━━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄   52 %   7 s left   1.2 of 1.9 GiB   118 MiB/s
//
//   app  from build                                          1 failed, 12 done, 8 active, 39 waiting
//     ✗ eu.web.web-07   failed      connection lost while staging
//     ▸ eu.web.web-11   staging     ━━━━━━━━┄┄┄┄┄┄┄┄  48 %  3 s left  4.1 MiB/s
import { countText, numberText } from './amounts.js';
import { palette } from './colour.js';
import { displayText } from './display.js';
import { cutEnd, widthOf } from './fit.js';
import { type Marks, marks } from './marks.js';
import { barLine, titleLine } from './picture-head.js';
import { type Brush, measuresOf, relationLine } from './picture-row.js';
import { type Row, rows } from './run-rows.js';
import { type BlockView, isOver, type RunView } from './run-state.js';

export type PictureOptions = {
  readonly width: number;
  readonly height: number;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** Milliseconds since 1970, by the clock that events carry. */
  readonly now: number;
};

export const picture = (view: RunView, options: PictureOptions): string[] => {
  const width = Math.max(NARROWEST, options.width);
  const brush: Brush = { paint: palette(options.colour), signs: marks(options.unicode), width, now: options.now };
  const head = [titleLine(view, brush), barLine(view, brush), ''];
  const shown = rows(view, options.height - head.length);
  const measures = measuresOf(shown, width);
  const lineOf = (row: Row): string => {
    switch (row.row) {
      case 'block':
        return blockLine(row.block, view, brush);
      case 'relation':
        return relationLine(row.relation, view, measures, brush);
      case 'gap':
        return '';
      case 'more':
        return moreLine(row, brush);
    }
  };
  return [...head, ...shown.map(lineOf)].slice(0, Math.max(1, options.height));
};

const blockLine = (block: BlockView, view: RunView, { paint, signs, width }: Brush): string => {
  const counts = fitting(countsOf(block), width - SHORTEST_TITLE - 2);
  const countsWidth = widthOf(textOf(counts));
  const name = displayText(block.block);
  const title = cutEnd(name + originOf(block, view, signs), width - countsWidth - 2, signs.ellipsis);
  const gap = Math.max(2, width - widthOf(title) - countsWidth);
  const painted = counts
    .map(({ text, colour }) => (colour === null ? paint.dim(text) : paint[colour](text)))
    .join(', ');
  return paint.bold(title.slice(0, name.length)) + paint.dim(title.slice(name.length)) + ' '.repeat(gap) + painted;
};

const originOf = (block: BlockView, view: RunView, signs: Marks): string => {
  const isOpen = (name: string): boolean =>
    [...(view.blocks.get(name)?.relations.values() ?? [])].some(({ state }) => !isOver(state));
  const waitsFor = block.after.filter(isOpen).map(displayText);
  const from =
    block.master === '' ? '' : `  ${displayText(block.master)} ${signs.to} ${countText(block.relations.size, 'host')}`;
  return from + (waitsFor.length === 0 ? '' : `, after ${waitsFor.join(', ')}`);
};

type Count = { readonly text: string; readonly colour: 'green' | 'red' | 'yellow' | 'cyan' | null };

/** `1 failed, 12 done, 8 active`; what is none is left out. */
const countsOf = ({ counts }: BlockView): Count[] => {
  const list: [number, string, Count['colour']][] = [
    [counts.failed, 'failed', 'red'],
    [counts.refused, 'refused', 'red'],
    [counts.partial, 'partial', 'yellow'],
    [counts.skipped, 'skipped', 'yellow'],
    [counts.done, 'done', 'green'],
    [counts.observing + counts.staging + counts.committing + counts.verifying, 'active', 'cyan'],
    [counts.compared, 'compared', null],
    [counts.waiting, 'waiting', null],
  ];
  return list
    .filter(([count]) => count > 0)
    .map(([count, word, colour]) => ({ text: `${numberText(count)} ${word}`, colour }));
};

/** As many as stand within `width`; the first ones matter most. */
const fitting = (counts: readonly Count[], width: number): Count[] =>
  counts.filter((_, i) => widthOf(textOf(counts.slice(0, i + 1))) <= width);

const textOf = (counts: readonly Count[]): string => counts.map(({ text }) => text).join(', ');

const moreLine = (row: Extract<Row, { row: 'more' }>, { paint, signs, width }: Brush): string => {
  const hidden = [
    row.failed > 0 ? `${numberText(row.failed)} failed` : '',
    row.active > 0 ? `${numberText(row.active)} active` : '',
    row.blocks > 0 ? countText(row.blocks, 'block') : '',
  ].filter(text => text !== '');
  return hidden.length === 0
    ? ''
    : paint.dim(cutEnd(`    ${signs.ellipsis} and more: ${hidden.join(', ')}`, width, signs.ellipsis));
};

const NARROWEST = 20;
const SHORTEST_TITLE = 8;
