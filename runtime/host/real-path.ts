// Where a path of this machine leads once every link on it is followed.
import { realpathSync } from 'node:fs';
import { leaf, type Path, parent } from '../tree/path.js';
import { bytesOf } from './local-folder.js';

/** Throws as node:fs does. */
export const leadsTo = (path: Path): Path => realpathSync.native(bytesOf(path), { encoding: 'latin1' });

/** Of one that is not there yet, where it would be made. */
export const realPath = (path: Path): Path => {
  try {
    return leadsTo(path);
  } catch {
    const above = parent(path);
    return above === '' ? path : `${realPath(above)}/${leaf(path)}`;
  }
};
