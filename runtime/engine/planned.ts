// What a run would do in all: what one block makes is not counted once more for a block that comes after it.
//
// A preview compares every relation with what stands there now, so two blocks of a host that meet in a folder both find it
// missing. `apply` lets the later one look again (made-before.ts); what a preview shows and counts does the same by reckoning.
import type { BlockPlan, TakePlan } from '../../compiler/plan.js';
import { type Change, createsFolder, type FolderCreation, type Rules } from '../tree/change.js';
import type { Path } from '../tree/path.js';
import { remaining } from './made-before.js';
import { shownPath } from './relation.js';

export type Planned = {
  readonly block: Pick<BlockPlan, 'name' | 'after'>;
  readonly host: string;
  readonly rules: Rules;
  /** It would be done: nothing refuses it. */
  readonly goes: boolean;
  readonly takes: readonly {
    readonly take: TakePlan;
    /** On the remote, as the host resolved it. */
    readonly root: Path;
    readonly changes: readonly Change[];
  }[];
};

/** For each relation and take the changes that are left when the blocks it comes after have done theirs. The relations come
 * with dependencies first, as the plan lists its blocks. */
export const leftToDo = (relations: readonly Planned[]): (readonly Change[])[][] => {
  const before = comingBefore(relations.map(({ block }) => block));
  const made = new Map<string, Map<Path, Made[]>>();
  return relations.map(({ block, host, rules, goes, takes }) => {
    const first = before.get(block.name)!;
    const left = takes.map(({ take, root, changes }) => {
      const known = made.get(`${host}\0${root}`);
      if (known === undefined || first.size === 0) return changes;
      return remaining(changes, change => {
        const found = known.get(shownPath(take, change.path))?.find(one => first.has(one.block));
        return found === undefined ? null : { entry: found.entry, rules: sharedRules(rules, found) };
      });
    });
    if (!goes) return left;
    for (const [at, { take, root }] of takes.entries()) {
      for (const change of left[at]!) {
        if (!createsFolder(change)) continue;
        const key = `${host}\0${root}`;
        const there = made.get(key) ?? new Map<Path, Made[]>();
        made.set(key, there);
        const path = shownPath(take, change.path);
        there.set(path, [...(there.get(path) ?? []), { block: block.name, entry: change.entry, rules }]);
      }
    }
    return left;
  });
};

type Made = { readonly block: string; readonly entry: FolderCreation['entry']; readonly rules: Rules };

/** What the first does not list of a folder, it makes as the master has it: then nothing is left to differ. */
const sharedRules = (rules: Rules, { entry, rules: other }: Made): Rules => ({
  ...rules,
  folderMode: rules.folderMode && other.folderMode && entry.selected,
  owner: rules.owner && other.owner && entry.selected,
  group: rules.group && other.group && entry.selected,
  extra: rules.extra && other.extra && entry.selected,
});

/** Names of the blocks that have ended when a block begins. */
const comingBefore = (blocks: readonly Planned['block'][]): Map<string, ReadonlySet<string>> => {
  const before = new Map<string, ReadonlySet<string>>();
  for (const { name, after } of blocks) {
    if (!before.has(name)) before.set(name, new Set(after.flatMap(one => [one, ...(before.get(one) ?? [])])));
  }
  return before;
};
