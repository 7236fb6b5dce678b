// Advances the baselines of a transaction from what came of its steps, one for each of its parts.
import type { Path } from '../../tree/path.js';
import { type Advance, advanceBaseline, type BaselineEntry } from './baseline.js';
import type { Work } from './work.js';

export const advanceBaselines = async (work: Work): Promise<void> => {
  const filled = filledByPath(work);
  for (const [number, part] of work.parts.entries()) {
    const advances: Advance[] = [];
    for (let index = 0; index < work.table.size; index++) {
      if (work.table.step(index)?.part !== number || work.table.state(index) !== 'done') continue;
      const advance = advanceOf(work, index, filled);
      if (advance !== null) advances.push(advance);
    }
    if (advances.length === 0) continue;
    const about = {
      block: work.id.block,
      folder: part.base,
      algorithm: part.scan.selection.algorithm,
      durable: work.id.strict,
    };
    await advanceBaseline(work.verbs, part.desk.place, part.desk.folder, about, advances);
  }
};

/** The file steps that were done and that further names may lead to; looked for only where there are such names. */
const filledByPath = ({ table }: Work): ReadonlyMap<string, number> => {
  const filled = new Map<string, number>();
  let wanted = false;
  for (let index = 0; index < table.size && !wanted; index++) wanted = table.step(index)?.action.do === 'hard';
  for (let index = 0; index < table.size && wanted; index++) {
    const step = table.step(index);
    if (step?.action.do === 'file' && table.state(index) === 'done')
      filled.set(keyOf(step.part, step.action.path), index);
  }
  return filled;
};

/** Null where what is known of the path stays as it is: attributes are not part of it. */
const advanceOf = (work: Work, index: number, filled: ReadonlyMap<string, number>): Advance | null => {
  const { part, action } = work.table.step(index)!;
  const { path } = action;
  switch (action.do) {
    case 'file':
      return { path, entry: fileEntry(work, index, index) };
    case 'hard': {
      const leader = filled.get(keyOf(part, action.leader));
      if (leader !== undefined) return { path, entry: fileEntry(work, index, leader) };
      const stands = work.placed.get(index) ?? work.parts[part]!.scan.seen(action.leader);
      if (stands === null) return { path, entry: null };
      const { size, modified, changed, inode } = stands;
      return { path, entry: { kind: 'file', size, modified, changed, inode, digest: '' } };
    }
    case 'link':
      return { path, entry: { kind: 'link', target: action.target } };
    case 'folder':
      return { path, entry: { kind: 'folder' } };
    case 'remove':
    case 'remove-folder':
      return { path, entry: null };
    case 'adjust':
      return null;
  }
};

/** What stands there was looked at, unless a whole folder brought it. */
const fileEntry = (work: Work, index: number, content: number): BaselineEntry => {
  const { action } = work.table.step(content)!;
  const [size, modified] = action.do === 'file' ? [action.size, action.modified ?? 0] : [0, 0];
  const {
    size: now,
    modified: time,
    changed,
    inode,
  } = work.placed.get(index) ?? {
    size,
    modified,
    changed: 0,
    inode: 0,
  };
  return { kind: 'file', size: now, modified: time, changed, inode, digest: work.digests.get(content) };
};

const keyOf = (part: number, path: Path): string => `${part}/${path}`;
