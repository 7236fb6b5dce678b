// What this machine remembers of every root it has met: one small file for each in $XDG_STATE_HOME/syncplan/roots/.
//
// Format 1, canonical JSON in `HASH.json`, HASH being the SHA-256 of the key: { root: 1, key, marker, fileSystem }.
// The key is `ADDRESS PATH`: the plan's name of a host means nothing to another plan, its address does.
// Each file is written beside itself, made durable and renamed, so runs side by side never undo each other's memory.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { HostPlan } from '../../compiler/plan.js';
import type { RememberedRoot, RootMemory } from '../engine/guards.js';
import { makeFolders } from '../host/make-folders.js';
import { whyFailed } from './explain-error.js';

/** `complain` is told of a file that cannot be read or written: what is not remembered protects nobody. */
export const openRootMemory = (
  stateFolder: string,
  hosts: readonly HostPlan[],
  complain: (message: string) => void,
): RootMemory => {
  const folder = join(stateFolder, 'roots');
  const addresses = new Map(hosts.map(host => [host.id, addressOf(host)]));
  const keyOf = (key: string): string => {
    const at = key.indexOf(' ');
    return `${addresses.get(key.slice(0, at)) ?? key.slice(0, at)}${key.slice(at)}`;
  };
  const fileOf = (key: string): string =>
    join(folder, `${createHash('sha256').update(key, 'latin1').digest('hex')}.json`);
  return {
    recall(shortKey) {
      const key = keyOf(shortKey);
      try {
        return readRoot(fileOf(key), key);
      } catch (error) {
        complain(`what this machine remembers of the root ${key} cannot be read: ${whyFailed(error)}`);
        return null;
      }
    },
    remember(shortKey, root) {
      const key = keyOf(shortKey);
      try {
        if (isSame(readQuietly(fileOf(key), key), root)) return;
        makeFolders(folder, 0o700);
        replaceFile(
          fileOf(key),
          `${JSON.stringify({ fileSystem: root.fileSystem, key, marker: root.marker, root: 1 })}\n`,
        );
      } catch (error) {
        complain(`this machine cannot remember the root ${key}: ${whyFailed(error)}`);
      }
    },
  };
};

const SCHEMA = z.strictObject({
  root: z.literal(1),
  key: z.string(),
  marker: z.nullable(z.string().check(z.maxLength(200))),
  fileSystem: z.string().check(z.maxLength(200)),
});

/** Null where there is none; throws for a file that is damaged or speaks of another root. */
const readRoot = (file: string, key: string): RememberedRoot | null => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const found = SCHEMA.safeParse(JSON.parse(text));
  if (!found.success || found.data.key !== key) throw new Error(`${file} is damaged`);
  return { marker: found.data.marker, fileSystem: found.data.fileSystem };
};

/** A damaged file is replaced by what is known now. */
const readQuietly = (file: string, key: string): RememberedRoot | null => {
  try {
    return readRoot(file, key);
  } catch {
    return null;
  }
};

const isSame = (a: RememberedRoot | null, b: RememberedRoot): boolean =>
  a !== null && a.marker === b.marker && a.fileSystem === b.fileSystem;

const replaceFile = (file: string, text: string): void => {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

const addressOf = ({ address }: HostPlan): string => {
  if (address.kind === 'local') return 'local';
  const { kind, user, host, port } = address;
  return `${kind}://${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
};
