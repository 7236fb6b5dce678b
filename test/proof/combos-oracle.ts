// What a host has to hold after a run, told from what both sides held before it; and in what it does not.
//
// A path is a block's by what the master has there, else by what the remote has. What is of no block stays as it was.
import { relative } from 'node:path';
import { type Found, foundIn } from './combos-found.js';
import { type ComboBlock, type ComboHost, type Combos, placesOf, placesOn } from './combos-plan.js';

export type Expected = {
  readonly host: ComboHost;
  readonly tree: ReadonlyMap<string, Found>;
  readonly wholeSeconds: boolean;
};

/** For each host, when those of these blocks that have it have run there. */
export const expectationsOf = (
  combos: Combos,
  takesPart: (block: ComboBlock, host: ComboHost) => boolean,
): Expected[] => {
  const expected: Expected[] = [];
  // Who gets what another host has got comes last.
  const last = combos.blocks.flatMap(({ from, on }) => (from === null ? [] : on));
  for (const host of [...combos.hosts.filter(one => !last.includes(one)), ...new Set(last)]) {
    const tree = foundIn(host.here);
    const parts = combos.blocks
      .filter(block => block.on.includes(host) && takesPart(block, host))
      .flatMap(block => partsOf(combos, block, host, expected));
    const gone = parts.flatMap(part => remove(tree, part));
    for (const part of parts) put(tree, part);
    for (const folder of gone.sort((a, b) => b.length - a.length)) if (!hasBelow(tree, folder)) tree.delete(folder);
    expected.push({ host, tree, wholeSeconds: host.kind === 'sftp' || combos.master.kind === 'sftp' });
  }
  return expected;
};

type Part = {
  readonly block: ComboBlock;
  readonly selects: (path: string, found: Found) => boolean;
  /** Where it is, from the host's folder. */
  readonly base: string;
  readonly master: ReadonlyMap<string, Found>;
  readonly remote: ReadonlyMap<string, Found>;
};

const partsOf = (combos: Combos, block: ComboBlock, host: ComboHost, expected: readonly Expected[]): Part[] =>
  block.takes.flatMap(take =>
    placesOn(host, block, take.into).map((place): Part => {
      const from = placesOf(block.from ?? combos.master, take.from)[0]!;
      const handing = expected.find(one => one.host === block.from);
      const master = handing === undefined ? foundIn(from) : below(handing.tree, relative(handing.host.here, from));
      return { block, selects: take.selects, base: relative(host.here, place), master, remote: foundIn(place) };
    }),
  );

const below = (tree: ReadonlyMap<string, Found>, folder: string): Map<string, Found> =>
  new Map(
    [...tree].flatMap(([path, found]) =>
      path.startsWith(`${folder}/`) ? [[path.slice(folder.length + 1), found]] : [],
    ),
  );

/** Takes out what goes; gives the folders that go if nothing stays in them. */
const remove = (tree: Map<string, Found>, { block, selects, base, master, remote }: Part): string[] => {
  if (!block.mirror) return [];
  const folders: string[] = [];
  for (const [path, found] of remote) {
    const whole = `${base}/${path}`;
    const ours = master.get(path);
    if (ours !== undefined) {
      if (found.kind === 'folder' && ours.kind !== 'folder' && selects(path, ours))
        for (const one of [...tree.keys()]) if (one.startsWith(`${whole}/`)) tree.delete(one);
    } else if (selects(path, found) && !(block.protect && /(^|\/)kept-/.test(path))) {
      if (found.kind === 'folder') folders.push(whole);
      else tree.delete(whole);
    }
  }
  return folders;
};

const put = (tree: Map<string, Found>, { block, selects, base, master }: Part): void => {
  for (const [path, found] of master) {
    if (!selects(path, found)) continue;
    const parts = `${base}/${path}`.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const above = parts.slice(0, depth).join('/');
      if (tree.get(above)?.kind !== 'folder') tree.set(above, { kind: 'folder', mode: null });
    }
    tree.set(parts.join('/'), asCarried(block, found));
  }
};

const asCarried = (block: ComboBlock, found: Found): Found => {
  const time = (of: number | null): number | null => (block.attributes.includes('modified') ? of : null);
  if (found.kind === 'link') return { ...found, time: time(found.time) };
  const fixed = block.fixes ? { file: 0o640, folder: 0o750 }[found.kind] : null;
  const own = found.mode === null || !block.attributes.includes('mode') ? null : found.mode;
  const carried = own === null || block.attributes.includes('special') ? own : own & 0o777;
  const mode = fixed ?? carried;
  if (found.kind === 'folder') return { kind: 'folder', mode };
  const one = block.splits || block.from !== null ? null : `${block.name} ${found.inode}`;
  return { ...found, mode, time: time(found.time), one };
};

const hasBelow = (tree: ReadonlyMap<string, Found>, folder: string): boolean =>
  [...tree.keys()].some(path => path.startsWith(`${folder}/`));

/** At most a dozen, in words; none where all is as it should be. */
export const faultsOn = ({ host, tree, wholeSeconds }: Expected): string[] => {
  const now = foundIn(host.here);
  const faults: string[] = [];
  const inodes = new Map<string, string>();
  for (const path of new Set([...tree.keys(), ...now.keys()])) {
    if (path === 'state' || path.startsWith('state/')) continue;
    const [is, should] = [now.get(path), tree.get(path)];
    const why = differs(is, should, wholeSeconds) ?? (wholeSeconds ? null : isApart(path, is, should, inodes));
    const told = `${JSON.stringify(is)}, expected ${JSON.stringify(should)}`;
    if (why !== null) faults.push(`${host.name} (${host.kind}) ${JSON.stringify(path)}: ${why}: ${told}`);
  }
  return faults.slice(0, 12);
};

const differs = (is: Found | undefined, should: Found | undefined, wholeSeconds: boolean): string | null => {
  if (is === undefined) return 'missing';
  if (should === undefined) return 'should not be there';
  if (is.kind === 'folder' || should.kind === 'folder')
    return is.kind !== should.kind ? 'kind' : modeDiffers(is as Moded, should as Moded) ? 'mode' : null;
  if (is.kind === 'link' || should.kind === 'link') {
    if (is.kind !== 'link' || should.kind !== 'link') return 'kind';
    if (is.target !== should.target) return 'target';
  } else if (is.digest !== should.digest) return 'content';
  else if (modeDiffers(is, should)) return 'mode';
  const apart = should.time === null ? 0 : Math.abs(is.time! - should.time);
  const sameSecond = wholeSeconds && Math.floor(is.time! / 1e6) === Math.floor((should.time ?? 0) / 1e6);
  return apart <= 2 || sameSecond ? null : 'time';
};

type Moded = { readonly mode: number | null };

const modeDiffers = (is: Moded, should: Moded): boolean => should.mode !== null && is.mode !== should.mode;

/** Of files that are one on the master, the first that is met tells which one they are here; within one root alone. */
const isApart = (
  path: string,
  is: Found | undefined,
  should: Found | undefined,
  inodes: Map<string, string>,
): string | null => {
  if (is?.kind !== 'file' || should?.kind !== 'file' || should.one === null) return null;
  const key = `${/^(r0\/nest|[^/]*)/.exec(path)![0]} ${should.one}`;
  const first = inodes.get(key) ?? is.inode;
  inodes.set(key, first);
  return first === is.inode ? null : 'not one file with its other names';
};
