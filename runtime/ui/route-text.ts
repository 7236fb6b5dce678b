// A route in words: who sends to whom, as lines of hosts, each further branch on a line of its own.
//
//   build → web-01 → web-02 → web-03
//   web-01 → us-01 → us-02
import type { RouteOutline } from '../engine/events.js';
import { countText } from './amounts.js';
import { displayText } from './display.js';
import type { Marks } from './marks.js';

/** The master's line first; what is cut off is counted. */
export const routeLines = ({ edges }: Pick<RouteOutline, 'edges'>, signs: Marks, most = MOST): string[] => {
  const receivers = new Map<string, string[]>();
  for (const { from, host } of edges) receivers.set(from, [...(receivers.get(from) ?? []), host]);
  const receiving = new Set(edges.map(({ host }) => host));
  const starts: [string, string][] = [];
  const branch = (from: string, hosts: readonly string[]): void => {
    for (const host of hosts) starts.push([from, host]);
  };
  for (const [from, hosts] of receivers) if (!receiving.has(from)) branch(from, hosts);
  const lines: string[] = [];
  let left = edges.length;
  for (let start = starts.shift(); start !== undefined && lines.length < most; start = starts.shift()) {
    const line = [...start];
    left -= 1;
    for (let next = receivers.get(start[1]); next !== undefined; next = receivers.get(line.at(-1)!)) {
      const [first, ...others] = next;
      branch(line.at(-1)!, others);
      line.push(first!);
      left -= 1;
    }
    lines.push(line.map(displayText).join(` ${signs.to} `));
  }
  return left === 0 ? lines : [...lines, `${signs.ellipsis} and ${countText(left, 'more host', 'more hosts')}`];
};

const MOST = 12;
