// Small JSON records beside a lock: written whole or not at all, and read with suspicion.
//
// A record is written as NAME.new, synced where it must last, and renamed over NAME. Only who holds the lock that guards a
// record writes it, so nobody else is at NAME.new; one that is left there belongs to nobody.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import * as z from 'zod/mini';
import type { Folder } from '../file-verbs.js';
import { address, folderPath } from '../local-folder.js';

/** Throws as node:fs does. `durable`: it survives a power cut from now on. */
export const writeRecord = (
  folder: Folder,
  name: string,
  value: unknown,
  { mode, durable }: { readonly mode: number; readonly durable: boolean },
): void => {
  const fresh = address(folder, `${name}.new`);
  unlinkIfThere(folder, `${name}.new`);
  const descriptor = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | SAFE, mode);
  try {
    fchmodSync(descriptor, mode);
    writeFileSync(descriptor, `${JSON.stringify(value)}\n`);
    if (durable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, address(folder, name));
  if (durable) syncFolder(folder);
};

export type Read<T> =
  | { readonly is: 'there'; readonly value: T; readonly owner: number; readonly mode: number }
  | { readonly is: 'absent' }
  /** It is no such record, or cannot be read. */
  | { readonly is: 'damaged'; readonly why: string };

export const readRecord = <T>(folder: Folder, name: string, schema: z.ZodMiniType<T>): Read<T> => {
  let descriptor: number;
  try {
    descriptor = openSync(address(folder, name), constants.O_RDONLY | SAFE);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { is: 'absent' } : { is: 'damaged', why: message };
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { is: 'damaged', why: 'it is no file' };
    if (stats.size > MAX_RECORD) return { is: 'damaged', why: `it is longer than ${MAX_RECORD} bytes` };
    const checked = z.safeParse(schema, JSON.parse(readFileSync(descriptor, 'utf8')));
    if (!checked.success) return { is: 'damaged', why: 'it does not keep to its format' };
    return { is: 'there', value: checked.data, owner: stats.uid, mode: stats.mode & 0o7777 };
  } catch (error) {
    return { is: 'damaged', why: (error as Error).message };
  } finally {
    closeSync(descriptor);
  }
};

/** Throws as node:fs does; the removal is durable. */
export const removeRecord = (folder: Folder, name: string): void => {
  if (unlinkIfThere(folder, name)) syncFolder(folder);
};

/** Changes whenever the record is written or replaced; '' where there is none. */
export const signatureOf = (folder: Folder, name: string): string => {
  const stats = lstatSync(address(folder, name), { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
};

const unlinkIfThere = (folder: Folder, name: string): boolean => {
  try {
    unlinkSync(address(folder, name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

const syncFolder = (folder: Folder): void => {
  const descriptor = openSync(folderPath(folder), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const SAFE = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
/** The modes of two hundred thousand folders fit. */
const MAX_RECORD = 67_108_864;
