// What the conformance suite asks of every kind of host, and which kind cannot promise what: the one list of it.
//
// The suite leaves out of a kind's run only what this list says, and checks that such a host itself says it lacks what can
// be seen of that (conformance.ts). README shows it as a table, which `npm run conformance-table` writes from here.

/** Each as a person reads it. */
export const PROMISES = {
  locks: 'locks against other runs',
  programs: 'hooks run there',
  'data links': 'content straight from host to host',
  'access lists': 'access lists and extended attributes',
  'hard names': 'hard links stay one file',
  'fine times': 'times finer than a second',
  'change times': 'a change that keeps size and time is noticed',
  'every name': 'names that are not UTF-8',
  moves: 'what was moved or copied is made there, not sent',
  'file system types': 'a root that was unmounted shows by its file system',
} as const;
export type Promised = keyof typeof PROMISES;

export type Kind = {
  readonly title: string;
  readonly without: readonly Promised[];
};

/** Memory is the host of the tests of transactions; local is what an agent serves, without the agent. */
export const KINDS = {
  memory: { title: 'memory', without: ['locks', 'programs', 'data links'] },
  local: { title: 'local', without: ['data links'] },
  agent: { title: 'agent', without: [] },
  shell: { title: 'shell (GNU)', without: ['programs', 'data links', 'access lists', 'moves'] },
  busybox: { title: 'shell (BusyBox)', without: ['programs', 'data links', 'access lists', 'fine times', 'moves'] },
  bsd: { title: 'shell (BSD)', without: ['programs', 'data links', 'access lists', 'moves'] },
  sftp: { title: 'SFTP', without: (Object.keys(PROMISES) as Promised[]).filter(promised => promised !== 'locks') },
} as const satisfies Record<string, Kind>;
export type KindName = keyof typeof KINDS;

/** In Markdown, laid out as the formatter does. */
export const conformanceTable = (): string => {
  const kinds: readonly Kind[] = Object.values(KINDS);
  const rows = [
    ['what the suite asks', ...kinds.map(({ title }) => title)],
    ...(Object.entries(PROMISES) as [Promised, string][]).map(([promised, text]) => [
      text,
      ...kinds.map(({ without }) => (without.includes(promised) ? '**no**' : 'yes')),
    ]),
    ['everything else', ...kinds.map(() => 'yes')],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n');
};

/** The text with the table between its markers; throws where it has none. */
export const withTable = (text: string): string => {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`there is no ${BEGIN} … ${END}`);
  return `${text.slice(0, start + BEGIN.length)}\n\n${conformanceTable()}\n\n${text.slice(end)}`;
};

const BEGIN = '<!-- conformance table: npm run conformance-table -->';
const END = '<!-- end of conformance table -->';
