// Makes a folder of this machine with those above it, one by one: mkdir with `recursive` never ends below /proc.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Throws the system's error where it cannot be made; a folder that is there already is left as it is. */
export const makeFolders = (path: string, mode = 0o777): void => {
  const fault = makeOne(path, mode);
  if (fault === null) return;
  const above = dirname(path);
  if (fault.code !== 'ENOENT' || above === path) throw fault;
  makeFolders(above, mode);
  // What is above is there now: a second refusal is final.
  const final = makeOne(path, mode);
  if (final !== null) throw final;
};

const makeOne = (path: string, mode: number): NodeJS.ErrnoException | null => {
  try {
    mkdirSync(path, { mode });
    return null;
  } catch (error) {
    const fault = error as NodeJS.ErrnoException;
    return fault.code === 'EEXIST' && isFolder(path) ? null : fault;
  }
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
