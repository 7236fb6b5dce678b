// What a plan asks and a host cannot promise, in words: the same in a preview and by doctor.
import type { Unkept } from '../engine/events.js';
import { listText } from './amounts.js';
import { displayMessage, displayText } from './display.js';

/** `a hook (block app): it runs no programs` */
export const unkeptText = ({ blocks, asks, why }: Pick<Unkept, 'blocks' | 'asks' | 'why'>): string =>
  `${displayMessage(asks)} (${blocksText(blocks)}): ${displayMessage(why)}`;

const blocksText = (blocks: readonly string[]): string => {
  const names = blocks.map(displayText);
  if (names.length === 1) return `block ${names[0]}`;
  return `blocks ${listText(names.length <= MOST ? names : [...names.slice(0, MOST - 1), `${names.length - MOST + 1} more`])}`;
};

const MOST = 5;
