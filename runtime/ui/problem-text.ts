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
export const problemText = (problem: { readonly path: string | null; readonly message: string }): string =>
  problem.path === null
    ? displayMessage(problem.message)
    : `${displayPath(problem.path)}: ${displayMessage(problem.message)}`;

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
  return problem.path === null ? `${problem.code}  (${place})` : `${displayPath(problem.path)}  (${place})`;
};

const MOST = 100;
