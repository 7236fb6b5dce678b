// Held folders over SFTP: a folder is its path, looked at component by component before anything is done in it.
//
// The protocol has no descriptor that a path could begin at. So before each use every component below the opened folder
// must still be a folder and no link: a weaker guarantee, since the path can be changed between the look and the use.
import type { Fault, Folder } from '../file-verbs.js';
import { isFault } from '../file-verbs.js';
import { refuseName, toRemote } from './names.js';

export type SftpFolder = Folder & {
  /** Absolute, as a byte string. */
  readonly path: string;
  /** Every folder from below the opened one down to this one, to be looked at before use. */
  readonly way: readonly string[];
};

/** `path` is absolute and real: links on it have been resolved. */
export const holdPath = (path: string): SftpFolder => ({ held: ++handles, path, way: [path] });

export const holdBelow = (at: Folder, name: string): SftpFolder => {
  const path = pathIn(at, name);
  return { held: ++handles, path, way: [...(at as SftpFolder).way, path] };
};

/** The text of `name` in the folder, for ssh2. */
export const address = (at: Folder, name: string): string | Fault => refuseName(name) ?? toRemote(pathIn(at, name));

/** Of the folder itself. */
export const folderText = (at: Folder): string | Fault => toRemote((at as SftpFolder).path);

/** The components to look at, as texts. */
export const wayOf = (at: Folder): readonly string[] | Fault => {
  const texts: string[] = [];
  for (const path of (at as SftpFolder).way) {
    const text = toRemote(path);
    if (isFault(text)) return text;
    texts.push(text);
  }
  return texts;
};

const pathIn = (at: Folder, name: string): string => {
  const { path } = at as SftpFolder;
  return path === '/' ? `/${name}` : `${path}/${name}`;
};

let handles = 0;
