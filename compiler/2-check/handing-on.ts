// Blocks that take from a host what another block brings there: one of the two has to come after the other.
import type { BlockModel, HostModel, PlanModel, TakeModel } from '../1-resolve/model.js';
import { placeTake } from '../1-resolve/take-place.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import { type Located, locate } from './places.js';
import { areDisjoint, selectionOf } from './selection.js';
import { moved, within } from './shapes.js';
import { testOf } from './takes.js';

/** Each pair of blocks is told once, at the later one's first take that is concerned. */
export const checkHandingOn = (model: PlanModel, report: Report): void => {
  const comesAfter = reaching(model.blocks);
  for (const then of model.blocks) {
    const [master, ...others] = then.masters ?? [];
    if (master === undefined || others.length > 0) continue;
    for (const first of model.blocks) {
      if (first === then || comesAfter(then, first) || comesAfter(first, then)) continue;
      const met = meeting(first, then, master);
      if (met === null) continue;
      const labels = [{ span: met.brought.span, message: `what ${first.name} brings` }];
      report(finding(blocks.unorderedHandingOn, met.taken.span, [then.name, first.name, master.id], { labels }));
    }
  }
};

/** Does the first block wait for the other, whatever comes between them? */
const reaching = (all: readonly BlockModel[]): ((then: BlockModel, first: BlockModel) => boolean) => {
  const byName = new Map([...all].reverse().map(block => [block.name, block]));
  const known = new Map<BlockModel, Set<string>>();
  const before = (block: BlockModel): Set<string> => {
    const found = known.get(block) ?? new Set<string>();
    if (known.has(block)) return found;
    known.set(block, found);
    for (const { block: name } of block.after) {
      const next = byName.get(name);
      for (const one of next === undefined ? [] : [name, ...before(next)]) found.add(one);
    }
    return found;
  };
  return (then, first) => before(then).has(first.name);
};

type Meeting = { readonly brought: TakeModel; readonly taken: TakeModel };

const meeting = (first: BlockModel, then: BlockModel, master: HostModel): Meeting | null => {
  for (const taken of then.takes) {
    const { pair, base } = placeTake(taken);
    const sources = locate(master, pair.from.root, pair.from.folder, then.roots);
    for (const brought of first.takes) {
      const { pair: other, base: below } = placeTake(brought);
      const targets = (first.remotes ?? []).flatMap(host =>
        locate(host, other.into.root, other.into.folder, first.roots),
      );
      const meets = (source: Located): boolean =>
        targets.some(
          target => source.domain === target.domain && areMeeting([taken, base, source], [brought, below, target]),
        );
      if (sources.some(meets)) return { brought, taken };
    }
  }
  return null;
};

type Placed = readonly [take: TakeModel, base: string, at: Located];

const areMeeting = ([taken, base, source]: Placed, [brought, below, target]: Placed): boolean => {
  const [a, b] = [testOf(taken), testOf(brought)];
  if (a === null || b === null || !(within(source.path, target.path) || within(target.path, source.path))) return false;
  return !areDisjoint(
    selectionOf(moved(moved(a, base), source.path)),
    selectionOf(moved(moved(b, below), target.path)),
  );
};
