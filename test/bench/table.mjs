// The benchmark's rows as a table of ratios for people.

export const tableOf = rows => {
  const lines = [['', 'wanted', 'ratio', 'time', 'bytes', 'memory here']];
  for (const { name, limit, sides } of rows) {
    const [reference] = ['rsync', 'sftp'].map(side => sides[side]).filter(Boolean);
    lines.push([name, limit, '', '', '', '']);
    for (const [side, { seconds, bytes, memory }] of Object.entries(sides)) {
      const ratio =
        reference === undefined || sides[side] === reference ? '' : (seconds / reference.seconds).toFixed(2);
      lines.push([`  ${side}`, '', ratio, time(seconds), bytes === undefined ? '' : amount(bytes), amount(memory)]);
    }
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)));
  return lines
    .map(line =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const time = seconds => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`);

const amount = bytes =>
  bytes < 1e5
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : bytes < 1e9
      ? `${(bytes / 2 ** 20).toFixed(1)} MiB`
      : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
