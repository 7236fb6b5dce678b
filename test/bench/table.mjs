// The benchmark's rows as a table for people: each side beside the first, which is the one to beat, and what is wanted.
import { amountOf, bytesText, checksOf, limitText, ratio, timeText } from './targets.mjs';

export const tableOf = rows => {
  const head = ['', 'time', '×', 'bytes', '×', 'memory here'];
  const blocks = rows.map(row => ({ row, lines: linesOf(row) }));
  const lines = [head, ...blocks.flatMap(block => block.lines)];
  const widths = head.map((_, column) => Math.max(...lines.map(line => line[column].length)));
  const laidOut = line =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  return [
    laidOut(head),
    ...blocks.flatMap(({ row, lines: own }) => [titleOf(row), ...own.map(laidOut), ...endOf(row)]),
  ].join('\n');
};

const titleOf = ({ name, limit }) => (limit === undefined ? name : `${name}  [${limitText(limit)}]`);

const linesOf = ({ sides = {} }) => {
  const [first] = Object.values(sides);
  return Object.entries(sides).map(([side, figures]) => {
    const { seconds, bytes, memory } = figures;
    const beside = what =>
      figures === first || !(first[what] > 0) || figures[what] === undefined ? '' : ratio(figures[what] / first[what]);
    return [
      `  ${side}`,
      seconds === undefined ? '' : timeText(seconds),
      beside('seconds'),
      bytes === undefined ? '' : bytesText(bytes),
      beside('bytes'),
      memory > 0 ? bytesText(memory) : '',
    ];
  });
};

/** What was missed, or that nothing was; why a case is left out; what else is to be known. */
const endOf = row => {
  if (row.leftOut !== undefined) return [`  left out: ${row.leftOut}`];
  const checks = checksOf(row);
  const missed = checks.filter(({ met }) => !met);
  const words = missed.map(
    ({ side, of, what, wanted, measured }) =>
      `${side}, ${what}: ${amountOf(what, measured, of)}, wanted ≤ ${amountOf(what, wanted, of)}`,
  );
  return [
    ...(row.notes ?? []).map(note => `  ${note}`),
    ...(checks.length === 0 ? [] : [missed.length === 0 ? '  as wanted' : `  missed: ${words.join('; ')}`]),
  ];
};
