// What this machine tells of itself to a person: limits of this process, programs that are used, and the SSH server above it.
//
// The server's limits are read from its configuration where this process may read that: the listening sshd is found among the
// processes above, by its title. Only what stands before the first Match counts, since it holds for every connection.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type About, NO_LIMITS, type ServerLimits } from './about.js';
import { findFlock } from './lock/grip.js';
import { findProgram } from './programs.js';

type Environment = Readonly<Record<string, string | undefined>>;

export const aboutThisMachine = (now: () => number, environment: Environment): About => ({
  clock: now(),
  clockStep: 1,
  openFiles: openFiles(),
  // What serves here comes first; of the others, those that are found.
  tools: [
    { name: 'node', path: process.execPath },
    { name: 'flock', path: findFlock(environment) ?? '' },
    ...TOOLS.map(name => ({ name, path: findProgram(name, environment.PATH ?? '') ?? '' })),
  ],
  server: (environment.SSH_CONNECTION ?? '') === '' ? NO_LIMITS : serverLimits(process.ppid),
});

const openFiles = (): number | null => {
  const [, limit] = /^Max open files +(\d+)/m.exec(textOf('/proc/self/limits') ?? '') ?? [];
  return limit === undefined ? null : Number(limit);
};

/** Of the nearest sshd above that listens. */
const serverLimits = (from: number): ServerLimits => {
  let pid = from;
  for (let depth = 0; depth < MAX_DEPTH && pid > 1; depth++) {
    const title = textOf(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? '';
    if (LISTENS.test(title)) return limitsIn(configurationOf(title));
    pid = Number(/^PPid:\s*(\d+)$/m.exec(textOf(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
  }
  return NO_LIMITS;
};

const configurationOf = (title: string): string => / -f ?(\/\S+)/.exec(title)?.[1] ?? '/etc/ssh/sshd_config';

const limitsIn = (file: string): ServerLimits => {
  const lines = linesOf(file, 0);
  if (lines === null) return NO_LIMITS;
  const value = (keyword: string): string | null =>
    lines.find(line => line.keyword === keyword)?.value ?? DEFAULTS[keyword]!;
  const sessions = Number(value('maxsessions'));
  return { maxSessions: Number.isInteger(sessions) ? sessions : null, maxStartups: value('maxstartups') };
};

/** Before the first Match, with what is included; null where the file cannot be read. */
const linesOf = (file: string, depth: number): { readonly keyword: string; readonly value: string }[] | null => {
  const text = textOf(file);
  if (text === null || depth > MAX_DEPTH) return null;
  const lines = [];
  for (const line of text.split('\n')) {
    const [, keyword = '', value = ''] = /^\s*(\w+)\s*[\s=]\s*(.*?)\s*$/.exec(line) ?? [];
    const name = keyword.toLowerCase();
    if (name === 'match') break;
    if (name === 'include') {
      for (const pattern of value.split(/\s+/)) {
        for (const found of filesLike(isAbsolute(pattern) ? pattern : join('/etc/ssh', pattern))) {
          lines.push(...(linesOf(found, depth + 1) ?? []));
        }
      }
    } else if (name !== '') lines.push({ keyword: name, value: value.replace(/^"(.*)"$/, '$1') });
  }
  return lines;
};

/** Only the last component may have `*`, as in every sshd_config that is shipped. */
const filesLike = (pattern: string): string[] => {
  const folder = dirname(pattern);
  const last = pattern.slice(folder.length + 1);
  const like = new RegExp(
    `^${last
      .split('*')
      .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  try {
    return readdirSync(folder)
      .filter(name => like.test(name))
      .sort()
      .map(name => join(folder, name));
  } catch {
    return [];
  }
};

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Of sshd itself, where its configuration says nothing. */
const DEFAULTS: Readonly<Record<string, string>> = { maxsessions: '10', maxstartups: '10:30:100' };
const LISTENS = /^sshd: .*\[listener\]/;
const MAX_DEPTH = 16;
const TOOLS = ['sync', 'getfattr', 'setfattr'];
