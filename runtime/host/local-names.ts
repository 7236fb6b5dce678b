// Users and groups of this machine by number and by name, from /etc/passwd and /etc/group, read once when first asked.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FileVerbs } from './file-verbs.js';

export const readNames = (): FileVerbs['names'] => {
  const users = table('/etc/passwd');
  const groups = table('/etc/group');
  return {
    user: id => users().byId.get(id) ?? null,
    group: id => groups().byId.get(id) ?? null,
    userId: name => users().byName.get(name) ?? null,
    groupId: name => groups().byName.get(name) ?? null,
    state: () => createHash('sha256').update(users().text).update('\0').update(groups().text).digest('hex'),
    self: () => ({
      user: process.geteuid?.() ?? NOBODY,
      groups: [process.getegid?.() ?? NOBODY, ...(process.getgroups?.() ?? [])],
    }),
  };
};

/** Where a system has no numbers, nobody's. */
const NOBODY = -1;

export type Table = { readonly byId: ReadonlyMap<number, string>; readonly byName: ReadonlyMap<string, number> };

const table = (path: string): (() => Table & { readonly text: string }) => {
  let known: (Table & { readonly text: string }) | null = null;
  return () => {
    if (known === null) {
      const text = textOf(path);
      known = { text, ...parseNames(text) };
    }
    return known;
  };
};

/** Lines `name:password:number:…`; the first of two lines with one name or number counts, as for the system itself. */
export const parseNames = (text: string): Table => {
  const byId = new Map<number, string>();
  const byName = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , number = ''] = line.split(':');
    if (name === '' || name.startsWith('#') || !/^\d+$/.test(number)) continue;
    const id = Number(number);
    if (!byId.has(id)) byId.set(id, name);
    if (!byName.has(name)) byName.set(name, id);
  }
  return { byId, byName };
};

/** A machine without such a file has numbers only. */
const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};
