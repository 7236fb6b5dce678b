// File verbs that reach nothing but some folders and what is below them, whatever links lead elsewhere and whoever flips them.
//
// 1. Every way in by a path, and every link that a plan has followed, is resolved first; then what it leads to is walked to
//    from the fenced root, one component at a time and through no link. What changes between the two is refused, not reached.
// 2. What is outside is refused alike whether it is there or not.
import type { Path } from '../tree/path.js';
import { type ExtraVerbs, type Fault, type FileVerbs, type Folder, isFault, type Stat } from './file-verbs.js';
import { faultOf, folderPath } from './local-folder.js';
import { leadsTo, realPath } from './real-path.js';

/** `roots` are real paths; `expand` makes a path absolute, and throws as node:fs does. */
export const fenceVerbs = (verbs: FileVerbs, roots: readonly Path[], expand: (path: string) => string): FileVerbs => {
  const through = makeThrough(verbs, roots);
  const { readWhole } = verbs;
  return {
    ...verbs,
    open: async path => {
      let absolute: string;
      try {
        absolute = expand(path);
      } catch (error) {
        return faultOf(error);
      }
      const real = realPath(absolute);
      const opened = roots.includes(real) ? await verbs.open(real) : await through(real, enterBelow(verbs));
      return isFault(opened) ? opened : { ...opened, path: absolute };
    },
    followed: (at, name) => throughLink(at, name, path => (roots.includes(path) ? statOf(path) : through(path, told))),
    read: (at, name, follow) =>
      follow
        ? throughLink(at, name, path => through(path, (there, leaf) => verbs.read(there, leaf, false)))
        : verbs.read(at, name, false),
    ...(readWhole === undefined
      ? {}
      : {
          readWhole: (at, name, follow, into) =>
            follow
              ? throughLink(at, name, path => through(path, (there, leaf) => readWhole(there, leaf, false, into)))
              : readWhole(at, name, false, into),
        }),
    extras: verbs.extras === null ? null : fenceExtras(verbs.extras, through),
  };

  async function statOf(root: Path): Promise<Stat | Fault> {
    const opened = await verbs.open(root);
    if (isFault(opened)) return opened;
    await verbs.release(opened.folder);
    return opened.stat;
  }
};

/** Does something with what stands at a real path below a root, in the folder that holds it. */
type Through = <T>(path: Path, work: (at: Folder, name: string, stat: Stat) => T | Promise<T>) => Promise<T | Fault>;

const makeThrough =
  (verbs: FileVerbs, roots: readonly Path[]): Through =>
  async (path, work) => {
    const root = roots.find(one => path.startsWith(`${one}/`));
    if (root === undefined) return OUTSIDE;
    const names = path.slice(root.length + 1).split('/');
    const last = names.pop()!;
    const opened = await verbs.open(root);
    if (isFault(opened)) return opened;
    let { folder } = opened;
    try {
      for (const name of names) {
        const next = await verbs.enter(folder, name);
        if (isFault(next)) return next;
        await verbs.release(folder);
        folder = next;
      }
      const [stat = OUTSIDE] = await verbs.stat([{ at: folder, name: last }]);
      return isFault(stat) ? stat : await work(folder, last, stat);
    } finally {
      await verbs.release(folder);
    }
  };

const enterBelow =
  ({ enter }: FileVerbs) =>
  async (at: Folder, name: string, stat: Stat): Promise<{ readonly folder: Folder; readonly stat: Stat } | Fault> => {
    const folder = await enter(at, name);
    return isFault(folder) ? folder : { folder, stat };
  };

const told = (_at: Folder, _name: string, stat: Stat): Stat => stat;

/** Where the link in a held folder leads now. */
const throughLink = async <T>(
  at: Folder,
  name: string,
  work: (path: Path) => Promise<T | Fault>,
): Promise<T | Fault> => {
  try {
    const folder = folderPath(at);
    return await work(leadsTo(`${typeof folder === 'string' ? folder : folder.toString('latin1')}${name}`));
  } catch (error) {
    return faultOf(error);
  }
};

/** Those of what links lead to are asked one by one; they are few. */
const fenceExtras = (extras: ExtraVerbs, through: Through): ExtraVerbs => ({
  ...extras,
  read: async (batch, attributes) => {
    const plain = batch.filter(one => !one.follow);
    const answers = plain.length === 0 ? [] : [...(await extras.read(plain, attributes))];
    const all = [];
    for (const one of batch) {
      if (!one.follow) {
        all.push(answers.shift() ?? OUTSIDE);
        continue;
      }
      const read = (at: Folder, name: string) => extras.read([{ at, name, follow: false }], attributes);
      const found = await throughLink(one.at, one.name, path => through(path, read));
      all.push(isFault(found) ? found : (found[0] ?? OUTSIDE));
    }
    return all;
  },
  write: batch => extras.write(batch.map(one => ({ ...one, follow: false }))),
});

const OUTSIDE: Fault = { fault: 'EACCES', message: 'it is outside what is served here' };
