// Which saved plans have been used: a file for each in $XDG_STATE_HOME/syncplan/used/, made before its first write anywhere.
//
// Format 1, `ID.json`: { used: 1, id, run, time (ISO 8601, UTC) }. It is created exclusively and made durable with its
// folder, so of two runs with one plan exactly one goes on, and a crash right after changes nothing.
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from '../host/host-error.js';
import { makeFolders } from '../host/make-folders.js';
import { STATE_HELP, whyFailed } from './explain-error.js';

export type Use = { readonly run: string; readonly time: string };

/** Null where it has not been used. A record that cannot be understood still says that it has. */
export const useOf = async (stateFolder: string, id: string): Promise<Use | null> => {
  let text: string;
  try {
    text = await readFile(fileOf(stateFolder, id), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const found = /"run":"([A-Za-z0-9-]+)","time":"([0-9TZ:.-]+)"/.exec(text);
  return { run: found?.[1] ?? 'of another time', time: found?.[2] ?? 'an unknown time' };
};

/** False where somebody was quicker; a HostError where it cannot be remembered, before anything was done. */
export const claimUse = async (stateFolder: string, id: string, { run, time }: Use): Promise<boolean> => {
  const folder = join(stateFolder, 'used');
  try {
    makeFolders(folder, 0o700);
    const file = await open(fileOf(stateFolder, id), 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ used: 1, id, run, time })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    const message = `this saved plan is applied once, and that it was cannot be remembered: ${whyFailed(error)}`;
    throw new HostError('failed', message, `nothing was done; ${STATE_HELP}`, error);
  }
  const holder = await open(folder, 'r');
  try {
    await holder.sync();
  } finally {
    await holder.close();
  }
  return true;
};

const fileOf = (stateFolder: string, id: string): string => join(stateFolder, 'used', `${id}.json`);
