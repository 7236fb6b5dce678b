// What a folder holds, as the oracle of random plans sees it; paths and names as bytes.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Times in microseconds; null for a mode or time that nothing is said of. */
export type Found =
  | { readonly kind: 'folder'; readonly mode: number | null }
  | { readonly kind: 'link'; readonly target: string; readonly time: number | null }
  | {
      readonly kind: 'file';
      readonly mode: number | null;
      readonly time: number | null;
      readonly size: number;
      readonly digest: string;
      readonly inode: string;
      /** Files of one block that are one file on its master; null where nothing is said of that. */
      readonly one: string | null;
    };

/** Everything below a folder but syncplan's own; paths as bytes. Nothing where there is no such folder. */
export const foundIn = (folder: string): Map<string, Found> => {
  const found = new Map<string, Found>();
  const visit = (path: string): void => {
    for (const name of readdirSync(at(folder, path), { encoding: 'latin1' }).sort()) {
      if (name === '.syncplan') continue;
      const below = path === '' ? name : `${path}/${name}`;
      found.set(below, look(at(folder, below)));
      if (found.get(below)!.kind === 'folder') visit(below);
    }
  };
  if (existsSync(folder)) visit('');
  return found;
};

const look = (path: Buffer): Found => {
  const stat = lstatSync(path, { bigint: true });
  const mode = Number(stat.mode & 0o7777n);
  const time = Number(stat.mtimeNs / 1000n);
  if (stat.isDirectory()) return { kind: 'folder', mode };
  if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path, 'latin1'), time };
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { kind: 'file', mode, time, size: Number(stat.size), digest, inode: `${stat.dev}:${stat.ino}`, one: null };
};

/** Names are bytes. */
export const at = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(folder), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);
