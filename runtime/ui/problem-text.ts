// Problems in words: path, why, what to do; the same problem on many hosts said once.
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
  const hidden = (count ?? problems.length) - shown.reduce((sum, { hosts }) => sum + hosts.length, 0);
  return [
    paint.bold('problems'),
    ...shown.flatMap(({ problem, hosts }) => [
      `  ${paint.red('!')} ${whereOf(problem, hosts)}`,
      ...hanging('', displayMessage(problem.message), 4, width),
      ...(problem.help === null || problem.help === ''
        ? []
        : hanging('help: ', displayMessage(problem.help), 4, width)),
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

type Group = { readonly problem: ProblemView; readonly hosts: string[] };

const alike = (problems: readonly ProblemView[]): Group[] => {
  const groups = new Map<string, Group>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.block, problem.path, problem.code, problem.message, problem.help]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { problem, hosts: [problem.host ?? ''] });
    else known.hosts.push(problem.host ?? '');
  }
  return [...groups.values()];
};

const whereOf = (problem: ProblemView, hosts: readonly string[]): string => {
  const on =
    hosts.length > 1
      ? ` on ${countText(hosts.length, 'host')}`
      : hosts[0] === ''
        ? ''
        : ` on ${displayText(hosts[0]!)}`;
  const place = `block ${displayText(problem.block)}${on}`;
  const path = pathOf(problem);
  return `${path === null ? problem.code : displayPath(path)}  (${place})`;
};

/** A hook runs for a block, at no path of it. */
const pathOf = ({ path, code }: Pick<ProblemView, 'path' | 'code'>): string | null => (code === 'hook' ? null : path);

const MOST = 100;
