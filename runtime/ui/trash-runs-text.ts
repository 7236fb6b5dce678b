// The runs that the trash holds something of, in words: the newest first, hosts that hold the same together.
import type { Path } from '../tree/path.js';
import { bytesText, countText } from './amounts.js';
import { palette } from './colour.js';
import { displayPath, displayText } from './display.js';
import { hanging } from './fit.js';
import { hostNames } from './host-names.js';
import { marks } from './marks.js';
import type { TrashItem, TrashOptions } from './trash-text.js';

/** As runtime/engine/trash-runs.ts has it. */
type TrashOfRun = {
  readonly host: string;
  readonly path: Path;
  readonly run: string;
  readonly since: number;
  readonly until: number;
  readonly items: readonly TrashItem[];
};

/** Whole lines, each ended; of each run and root, some paths by name. */
export const trashRunsText = (
  found: readonly TrashOfRun[],
  { colour, width, verbose, unicode }: TrashOptions & { readonly unicode: boolean },
): string => {
  const paint = palette(colour);
  const signs = marks(unicode);
  const lines = byRun(found).flatMap(([run, places]) => {
    const kept = `kept until ${timeText(Math.max(...places.map(({ until }) => until)))}`;
    const put = timeText(Math.min(...places.map(({ since }) => since)));
    const alike = new Map<string, string[]>();
    for (const place of places) {
      const text = `${displayPath(place.path)}: ${holdsText(place.items, verbose)}`;
      alike.set(text, [...(alike.get(text) ?? []), place.host]);
    }
    return [
      `${paint.bold(displayText(run))}  ${put}, ${kept}`,
      ...[...alike].flatMap(([text, hosts]) =>
        hanging('', `${hostNames(hosts, signs)}  ${text}`, 2, width).map(line => `  ${line.trimStart()}`),
      ),
    ];
  });
  return lines.map(line => `${line}\n`).join('');
};

/** `12 paths (10 deleted, 2 replaced), 3.4 MiB: a.html, b/c.html and 10 more`. */
const holdsText = (items: readonly TrashItem[], verbose: boolean): string => {
  const whys = (['deleted', 'replaced', 'moved'] as const).flatMap(why => {
    const count = items.filter(item => item.why === why).length;
    return count === 0 ? [] : [`${count} ${why}`];
  });
  const bytes = items.reduce((sum, { kind, size }) => sum + (kind === 'file' ? size : 0), 0);
  const named = verbose ? items : items.slice(0, MOST);
  const names = named.map(({ path, kind }) => `${displayPath(path)}${kind === 'folder' ? '/' : ''}`);
  const more = items.length - named.length;
  return `${countText(items.length, 'path')} (${whys.join(', ')}), ${bytesText(bytes)}: ${names.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
};

const byRun = (found: readonly TrashOfRun[]): readonly (readonly [string, readonly TrashOfRun[]])[] => {
  const runs = new Map<string, TrashOfRun[]>();
  for (const one of found) runs.set(one.run, [...(runs.get(one.run) ?? []), one]);
  return [...runs].sort(([, [a]], [, [b]]) => b!.since - a!.since);
};

/** Microseconds since 1970 to the minute, which is what a person looks for. */
const timeText = (micros: number): string =>
  `${new Date(micros / 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const MOST = 3;
