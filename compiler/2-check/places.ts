// Where a root is, told from the plan alone: which machine, and which folder there, so that two of them can be compared.
import { posix } from 'node:path';
import type { HostModel } from '../1-resolve/model.js';
import { plainPath } from '../1-resolve/root-path.js';

/** Two places can only be compared within one domain; `path` has no leading `/`. */
export type Location = { readonly domain: string; readonly path: string };

/** null where the host or the root is faulty, or missing. */
export const locate = (host: HostModel, root: string, folder: string): Location | null => {
  const path = host.roots.get(root)?.path;
  const machine = machineOf(host);
  if (path === null || path === undefined || machine === null) return null;
  const plain = plainPath(path.path);
  if (plain.startsWith('/')) return { domain: `${machine} /`, path: joined(plain.slice(1), folder) };
  if (plain.startsWith('~/')) {
    const user = host.address?.kind === 'ssh' ? (host.address.user ?? '') : '';
    return { domain: `${machine} ~${user}`, path: joined(plain.slice(2), folder) };
  }
  return { domain: `${machine} .`, path: joined(plainPath(posix.join(path.base, plain)), folder) };
};

/** Hosts may be the same machine under two names. */
const machineOf = ({ address }: HostModel): string | null => {
  if (address === null) return null;
  return address.kind === 'local' ? 'local' : `${address.host.toLowerCase()}:${address.port ?? ''}`;
};

const joined = (path: string, folder: string): string => {
  const bytes = Buffer.from(path === '.' ? '' : path, 'utf8').toString('latin1');
  return folder === '' ? bytes : bytes === '' ? folder : `${bytes}/${folder}`;
};
