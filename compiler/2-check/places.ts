// Where a root is, told from the plan alone: which machine, and which folder there, so that two of them can be compared.
import { posix } from 'node:path';
import type { HostModel, PathModel, RootChoice } from '../1-resolve/model.js';
import { chosen } from '../1-resolve/root-choice.js';
import { plainPath } from '../1-resolve/root-path.js';

/** Two places can only be compared within one domain; `path` has no leading `/`. */
export type Location = { readonly domain: string; readonly path: string };

export type Located = Location & { readonly from: PathModel };

/** Every parallel path that is chosen; none where the host or the root is faulty, or missing. */
export const locate = (host: HostModel, root: string, folder: string, choice: RootChoice): readonly Located[] =>
  chosen(host.roots.get(root)?.paths ?? [], choice).flatMap(path => {
    const at = locateText(host, path.place.path, path.place.base, folder);
    return at === null ? [] : [{ ...at, from: path }];
  });

/** A path as it is written in a root; null where the host is faulty. */
export const locateText = (host: HostModel, text: string, base: string, folder: string): Location | null => {
  const machine = machineOf(host);
  if (machine === null) return null;
  const plain = plainPath(text);
  if (plain.startsWith('/')) return { domain: `${machine} /`, path: joined(plain.slice(1), folder) };
  if (plain.startsWith('~/')) {
    const user = host.address === null || host.address.kind === 'local' ? '' : (host.address.user ?? '');
    return { domain: `${machine} ~${user}`, path: joined(plain.slice(2), folder) };
  }
  return { domain: `${machine} .`, path: joined(plainPath(posix.join(base, plain)), folder) };
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
