// POSIX access lists: between the binary form that Linux keeps as an extended attribute and one that means the same everywhere.
//
// What Linux keeps:   version:u32le = 2, then entries of tag:u16le perm:u16le id:u32le, in the order of tags and ids
// What travels:       entries of tag:u8 perm:u8 who:string, in the order of tags and names
//
// `who` is a name where known, else a number, and '' for entries that name nobody. Of an access list, the entries that a
// file's mode says as well (owner, mask, others) are left out: the mode carries them, and a list whose file has another
// mode on purpose stays the same list. A default list, which no mode describes, keeps all.
import { makeReader, makeWriter, WireError } from '../bytes/wire.js';

export const TAG = { owner: 1, user: 2, owningGroup: 4, group: 8, mask: 16, others: 32 } as const;

export type AccessEntry = { readonly tag: number; readonly perm: number; readonly who: string };

export type Naming = {
  readonly user: (id: number) => string;
  readonly group: (id: number) => string;
};

export type Numbering = {
  /** null where nobody has that name. */
  readonly user: (who: string) => number | null;
  readonly group: (who: string) => number | null;
};

/** The travelling form, or null where the value is no list that is understood. */
export const portable = (stored: string, which: 'access' | 'default', naming: Naming): string | null => {
  const bytes = Buffer.from(stored, 'latin1');
  if (bytes.length < HEAD || bytes.readUInt32LE(0) !== VERSION || (bytes.length - HEAD) % ENTRY !== 0) return null;
  const entries: AccessEntry[] = [];
  for (let at = HEAD; at < bytes.length; at += ENTRY) {
    const tag = bytes.readUInt16LE(at);
    const perm = bytes.readUInt16LE(at + 2);
    const id = bytes.readUInt32LE(at + 4);
    if (!TAGS.has(tag) || perm > 7) return null;
    if (which === 'access' && OF_MODE.has(tag)) continue;
    const who = tag === TAG.user ? naming.user(id) : tag === TAG.group ? naming.group(id) : '';
    entries.push({ tag, perm, who });
  }
  entries.sort((a, b) => a.tag - b.tag || (a.who < b.who ? -1 : 1));
  const writer = makeWriter(64);
  for (const { tag, perm, who } of entries) {
    writer.u8(tag);
    writer.u8(perm);
    writer.string(who);
  }
  return writer.view().toString('latin1');
};

/** Throws WireError on anything that `portable` does not write. */
export const readPortable = (value: string): AccessEntry[] => {
  const reader = makeReader(Buffer.from(value, 'latin1'));
  const entries: AccessEntry[] = [];
  while (!reader.done) {
    const entry = { tag: reader.u8(), perm: reader.u8(), who: reader.string(MAX_WHO) };
    if (!TAGS.has(entry.tag) || entry.perm > 7) throw new WireError('an access list holds an entry of unknown kind');
    entries.push(entry);
  }
  return entries;
};

/** What Linux is to keep for a file that has `mode`; else the name that is not known there. */
export const stored = (
  value: string,
  which: 'access' | 'default',
  mode: number,
  numbering: Numbering,
): { readonly value: string } | { readonly unknown: string; readonly kind: 'user' | 'group' } => {
  const all: { tag: number; perm: number; id: number }[] = [];
  for (const { tag, perm, who } of readPortable(value)) {
    const kind = tag === TAG.user ? 'user' : tag === TAG.group ? 'group' : null;
    const id = kind === null ? NOBODY : numbering[kind](who);
    if (id === null) return { unknown: who, kind: kind! };
    all.push({ tag, perm, id });
  }
  if (which === 'access') {
    all.push({ tag: TAG.owner, perm: (mode >> 6) & 7, id: NOBODY });
    all.push({ tag: TAG.mask, perm: (mode >> 3) & 7, id: NOBODY });
    all.push({ tag: TAG.others, perm: mode & 7, id: NOBODY });
  }
  all.sort((a, b) => a.tag - b.tag || a.id - b.id);
  const bytes = Buffer.alloc(HEAD + all.length * ENTRY);
  bytes.writeUInt32LE(VERSION, 0);
  all.forEach(({ tag, perm, id }, i) => {
    const at = HEAD + i * ENTRY;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(perm, at + 2);
    bytes.writeUInt32LE(id, at + 4);
  });
  return { value: bytes.toString('latin1') };
};

const TAGS: ReadonlySet<number> = new Set(Object.values(TAG));
const OF_MODE: ReadonlySet<number> = new Set([TAG.owner, TAG.mask, TAG.others]);
const VERSION = 2;
const HEAD = 4;
const ENTRY = 8;
const NOBODY = 0xffffffff;
const MAX_WHO = 255;
