// What the plan asks of hosts that cannot promise it, and what hosts promise less at all: those of which the same holds together.
import type { Preview } from '../engine/events.js';
import type { Palette } from './colour.js';
import { displayMessage } from './display.js';
import { hanging } from './fit.js';
import { hostNames } from './host-names.js';
import type { Marks } from './marks.js';
import { unkeptText } from './unkept-text.js';

export const lessLines = (
  { unkept, weaker }: Pick<Preview, 'unkept' | 'weaker'>,
  width: number,
  paint: Palette,
  signs: Marks,
): string[] => {
  const title = (before: string, hosts: readonly string[], after = ''): string[] =>
    hanging('', `${before} ${hostNames(hosts, signs)}${after}`, 0, width).map(paint.bold);
  return [
    ...groups(unkept, one => one.unkept).flatMap(([hosts, asked]) => [
      ...title('asked of', hosts, ', and not promised there'),
      ...asked.flatMap(one => [
        ...hanging(one.fails ? paint.red(`${signs.failed} `) : paint.yellow('! '), unkeptText(one), 2, width),
        ...hanging('help: ', displayMessage(one.help), 4, width),
      ]),
      '',
    ]),
    ...groups(weaker, one => one.weaker).flatMap(([hosts, less]) => [
      ...title('weaker on', hosts),
      ...less.flatMap(text => hanging(paint.yellow('! '), displayMessage(text), 2, width)),
      '',
    ]),
  ];
};

/** In the order of the first host of each. */
const groups = <T extends { readonly host: string }, V>(
  all: readonly T[],
  of: (one: T) => V,
): (readonly [hosts: string[], value: V])[] => {
  const alike = new Map<string, readonly [string[], V]>();
  for (const one of all) {
    const key = JSON.stringify(of(one));
    const known = alike.get(key) ?? [[], of(one)];
    known[0].push(one.host);
    alike.set(key, known);
  }
  return [...alike.values()];
};
