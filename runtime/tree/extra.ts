// Extended attributes and access lists of one file or folder as one byte string, the same on every machine that has the same.
//
//   extra = (name:string value:string)…      — sorted by name, each once; '' for none
//
// Names are Linux's (`user.origin`, `system.posix_acl_access`). Values are bytes as they are; of the two access lists, in
// the form that travels (access-list.ts). A page carries the xxh128 of it, '' for none (page.ts).
// Which ones a relation manages, its attributes say: `xattr` those of `user`, with `special` also `trusted` and the
// capabilities of programs; `acl` the access list and the default list.
import type { Attribute } from '../../compiler/plan.js';
import type { Hasher } from '../bytes/digest.js';
import { makeReader, makeWriter, WireError } from '../bytes/wire.js';

/** Names and values are byte strings. */
export type Extra = { readonly name: string; readonly value: string };

export const ACCESS_LIST = 'system.posix_acl_access';
export const DEFAULT_LIST = 'system.posix_acl_default';
export const CAPABILITY = 'security.capability';

export const encodeExtras = (extras: readonly Extra[]): string => {
  if (extras.length === 0) return '';
  const writer = makeWriter(256);
  for (const { name, value } of [...extras].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    writer.string(name);
    writer.string(value);
  }
  return writer.view().toString('latin1');
};

/** Throws WireError on anything that `encodeExtras` does not write. */
export const decodeExtras = (text: string): Extra[] => {
  const reader = makeReader(Buffer.from(text, 'latin1'));
  const extras: Extra[] = [];
  while (!reader.done) {
    const name = reader.string(MAX_EXTRA_NAME);
    if (!/^[a-z]+\../s.test(name) || name.includes('\0'))
      throw new WireError('a name of an extended attribute is none');
    if (name <= (extras.at(-1)?.name ?? '')) throw new WireError('extended attributes are out of order');
    extras.push({ name, value: reader.string(MAX_EXTRA_VALUE) });
  }
  return extras;
};

export const digestExtras = (text: string, hasher: Hasher): string =>
  text === '' ? '' : hasher.hash(Buffer.from(text, 'latin1'));

/** Does a relation with these attributes manage the extended attribute of this name? null where it manages none. */
export const managesExtra = (attributes: readonly Attribute[]): ((name: string) => boolean) | null => {
  const lists = attributes.includes('acl');
  const values = attributes.includes('xattr');
  const special = attributes.includes('special');
  if (!lists && !values) return null;
  return name => {
    if (name === ACCESS_LIST || name === DEFAULT_LIST) return lists;
    if (name.startsWith('user.')) return values;
    return values && special && (name === CAPABILITY || name.startsWith(TRUSTED));
  };
};

/** What must become of a file's managed attributes: `set` and `remove` are apart. */
export type ExtraChange = { readonly set: readonly Extra[]; readonly remove: readonly string[] };

/**
 * From what a file has to what it is to have. Trusted attributes are never removed: a master that is read by somebody who
 * is not root shows none, and what cannot be seen is not absent.
 */
export const changeExtras = (has: readonly Extra[], wanted: readonly Extra[]): ExtraChange => {
  const there = new Map(has.map(({ name, value }) => [name, value] as const));
  const names = new Set(wanted.map(({ name }) => name));
  return {
    set: wanted.filter(({ name, value }) => there.get(name) !== value),
    remove: has.map(({ name }) => name).filter(name => !names.has(name) && !name.startsWith(TRUSTED)),
  };
};

const TRUSTED = 'trusted.';
export const MAX_EXTRA_NAME = 255;
export const MAX_EXTRA_VALUE = 65_536;
