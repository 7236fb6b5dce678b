// The machine this program runs on, as a host: the file verbs of node:fs with what is known of this system.
import { arch, homedir, platform, userInfo } from 'node:os';
import { join } from 'node:path';
import { ALGORITHMS } from '../../compiler/plan.js';
import { fromText } from '../tree/path.js';
import { type FileVerbs, isFault } from './file-verbs.js';
import { hostFromVerbs } from './from-verbs.js';
import type { Host } from './host.js';
import { makeLocalVerbs } from './local-verbs.js';

export type LocalHostOptions = {
  /** How messages name it. */
  readonly label: string;
  /** This user's folder for what can be made again. */
  readonly cacheFolder: string;
  readonly breathe: () => Promise<void>;
  readonly now?: () => number;
};

export const openLocalHost = async ({
  label,
  cacheFolder,
  breathe,
  now = Date.now,
}: LocalHostOptions): Promise<Host> => {
  const home = homedir();
  const verbs = makeLocalVerbs({ home: fromText(home) });
  return hostFromVerbs({
    label,
    kind: 'local',
    verbs,
    facts: {
      system: `${platform()} ${arch()}`,
      node: process.versions.node,
      user: userName(),
      home,
      caseSensitive: await isCaseSensitive(verbs, fromText(home)),
      algorithms: ALGORITHMS,
      privileged: process.getuid?.() === 0,
    },
    cacheFolder: join(cacheFolder, 'digests'),
    breathe,
    now,
  });
};

/** A user id without an entry in the password file has no name. */
const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
};

/** Told without writing: does the home folder answer to its name in other letters? Else by what the system usually does. */
const isCaseSensitive = async (verbs: FileVerbs, home: string): Promise<boolean> => {
  const usual = process.platform !== 'darwin' && process.platform !== 'win32';
  const other = home === home.toUpperCase() ? home.toLowerCase() : home.toUpperCase();
  if (other === home) return usual;
  const here = await verbs.open(home);
  if (isFault(here)) return usual;
  const there = await verbs.open(other);
  await verbs.release(here.folder);
  if (isFault(there)) return true;
  await verbs.release(there.folder);
  return there.stat.inode !== here.stat.inode || there.stat.device !== here.stat.device;
};
