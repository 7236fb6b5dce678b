// Problems in words: path, why, what to do; the same problem on many hosts, or of many paths, said once.

import type { Path } from '../tree/path.js';
import { countText, numberText } from './amounts.js';
import type { Palette } from './colour.js';
import { displayMessage, displayPath, displayText } from './display.js';
import { hanging } from './fit.js';
import type { ProblemView } from './run-state.js';

/** A heading and the problems, or nothing at all. `count` is how many there were where not all are given. */
export const problemLines = (
  problems: readonly ProblemView[],
  count: number | undefined,
  width: number,
  paint: Palette,
  most = MOST,
): string[] => {
  if (problems.length === 0) return [];
  const groups = alike(problems);
  const shown = groups.slice(0, most);
  const hidden = (count ?? problems.length) - shown.reduce((sum, group) => sum + group.count, 0);
  return [
    paint.bold('problems'),
    ...shown.flatMap(group => [
      ...hanging(`  ${paint.red('!')} `, whereOf(group), 0, width),
      ...hanging('', displayMessage(group.problem.message), 4, width),
      ...(group.problem.help === null || group.problem.help === ''
        ? []
        : hanging('help: ', displayMessage(group.problem.help), 4, width)),
    ]),
    ...(hidden > 0 ? [paint.dim(`  and ${numberText(hidden)} more`)] : []),
    '',
  ];
};

/** One problem in one line, without help: `assets/key: open: permission denied`. */
export const problemText = (problem: Pick<ProblemView, 'path' | 'message' | 'code'>): string => {
  const path = pathOf(problem);
  const message = displayMessage(problem.message);
  return path === null ? message : `${displayPath(path)}: ${message}`;
};

/** `a`, or `a, b, c and 97 more`: paths of which the same is said. An ending stands for two names at least. */
export const examplesText = (paths: readonly Path[], more = 0, hint = ''): string => {
  const named = paths.length + more <= MOST_EXAMPLES + 1 ? paths : paths.slice(0, MOST_EXAMPLES);
  const left = paths.length + more - named.length;
  return `${named.map(displayPath).join(', ')}${left === 0 ? '' : ` and ${numberText(left)} more${hint}`}`;
};

type Group = {
  readonly problem: ProblemView;
  readonly hosts: readonly string[];
  readonly paths: Path[];
  /** Paths that were only counted, on each host. */
  more: number;
  /** How many problems these are. */
  count: number;
};

/** First those of one path on many hosts, then those of many paths on the same hosts. */
const alike = (problems: readonly ProblemView[]): Group[] => {
  const byPath = new Map<string, ProblemView[]>();
  for (const problem of problems) {
    const { block, path, code, message, help } = problem;
    const key = JSON.stringify([block, path, code, message, help]);
    const known = byPath.get(key);
    if (known === undefined) byPath.set(key, [problem]);
    else known.push(problem);
  }
  const groups = new Map<string, Group>();
  for (const same of byPath.values()) {
    const { block, path, code, message, help } = same[0]!;
    const hosts = [...new Set(same.map(({ host }) => host ?? ''))];
    const key = JSON.stringify([block, code, message, help, hosts, pathOf(same[0]!) === null ? path : '']);
    const group = groups.get(key) ?? { problem: same[0]!, hosts, paths: [], more: 0, count: 0 };
    groups.set(key, group);
    group.paths.push(path ?? '');
    group.more += Math.max(...same.map(({ more = 0 }) => more));
    group.count += same.reduce((sum, { more = 0 }) => sum + 1 + more, 0);
  }
  return [...groups.values()];
};

const whereOf = ({ problem, hosts, paths, more }: Group): string => {
  const on =
    hosts.length > 1
      ? ` on ${countText(hosts.length, 'host')}`
      : hosts[0] === ''
        ? ''
        : ` on ${displayText(hosts[0]!)}`;
  const place = `block ${displayText(problem.block)}${on}`;
  const what = pathOf(problem) === null ? problem.code : examplesText(paths, more);
  return `${what}  (${place})`;
};

/** A hook runs for a block, at no path of it. */
const pathOf = ({ path, code }: Pick<ProblemView, 'path' | 'code'>): string | null => (code === 'hook' ? null : path);

const MOST = 100;
const MOST_EXAMPLES = 3;
