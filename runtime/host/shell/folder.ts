// Held folders of a shell: a folder is its real path, which every verb goes to, and is told by the kernel whether it is there.
import type { Fault, Folder } from '../file-verbs.js';

export type ShellFolder = Folder & {
  /** Absolute and real, as a byte string. */
  readonly path: string;
};

/** `path` is absolute and real: links on it have been resolved. */
export const holdPath = (path: string): ShellFolder => ({ held: ++handles, path });

export const pathOf = (folder: Folder): string => (folder as ShellFolder).path;

export const pathIn = (folder: Folder, name: string): string => {
  const path = pathOf(folder);
  return path === '/' ? `/${name}` : `${path}/${name}`;
};

/** A name as tools are given it, which none takes for an option; or why it is none. */
export const wordFor = (name: string): string | Fault => refuseName(name) ?? `./${name}`;

const refuseName = (name: string): Fault | null => {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    return { fault: 'EINVAL', message: 'not a name' };
  }
  return name.length > MAX_NAME_BYTES ? { fault: 'ENAMETOOLONG', message: 'the name is too long' } : null;
};

let handles = 0;
const MAX_NAME_BYTES = 255;
