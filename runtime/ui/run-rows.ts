// Which lines of a run to show when there are more than the terminal has: failures first, then what is at work.
//
// `rows` gives at most `height` rows. When everything fits, every relation has its row. Otherwise what waits or is done is
// only counted, on its block's row; failures and then what is at work get rows as far as they reach, and one last row
// counts what is not shown. A block begins after an empty row where there is room for that. Rows of a block stay in the order of the plan, failures on top, so that the picture is calm.
import type { BlockState } from '../engine/events.js';
import type { BlockView, RelationView, RunView } from './run-state.js';

export type Row =
  | { readonly row: 'block'; readonly block: BlockView }
  | { readonly row: 'relation'; readonly relation: RelationView }
  | { readonly row: 'gap' }
  /** What is at work or has failed and found no room. */
  | { readonly row: 'more'; readonly failed: number; readonly active: number; readonly blocks: number };

/** How urgent a relation is to look at. */
export type Class = 'failed' | 'active' | 'waiting' | 'settled';

export const rows = (view: RunView, height: number): Row[] => {
  const chosen = chooseRows(view, height);
  const gaps = chosen.filter((row, i) => row.row === 'block' && i > 0).length;
  if (chosen.length + gaps > height) return chosen;
  return chosen.flatMap((row, i) => (row.row === 'block' && i > 0 ? [{ row: 'gap' }, row] : [row]));
};

const chooseRows = (view: RunView, height: number): Row[] => {
  const blocks = [...view.blocks.values()];
  if (blocks.length + view.relations.length <= height) {
    return blocks.flatMap(block => blockRows(block, inOrder([...block.relations.values()])));
  }
  const shownBlocks = blocks.length * 2 <= height ? blocks : mostUrgent(blocks, Math.floor(height / 2));
  const candidates = shownBlocks.flatMap(block => [...block.relations.values()]);
  const failed = candidates.filter(relation => classOf(relation) === 'failed' && !isEcho(relation));
  const active = candidates.filter(relation => classOf(relation) === 'active');
  const fits = shownBlocks.length + failed.length + active.length <= height && shownBlocks.length === blocks.length;
  const room = Math.max(0, height - shownBlocks.length - (fits ? 0 : 1));
  // However many have failed, some of what still goes on stays in sight.
  const shownFailed = failed.slice(0, Math.max(0, room - Math.min(active.length, Math.ceil(room / 4))));
  const shownActive = active.slice(0, room - shownFailed.length);
  const shown = new Set([...shownFailed, ...shownActive]);
  const list = shownBlocks.flatMap(block =>
    blockRows(block, inOrder([...block.relations.values()].filter(relation => shown.has(relation)))),
  );
  if (!fits) {
    list.push({
      row: 'more',
      failed: failed.length - shownFailed.length,
      active: active.length - shownActive.length,
      blocks: blocks.length - shownBlocks.length,
    });
  }
  return list.slice(0, Math.max(0, height));
};

export const classOf = (relation: RelationView): Class => {
  switch (relation.state) {
    case 'failed':
    case 'refused':
    case 'partial':
      return 'failed';
    case 'observing':
    case 'locking':
    case 'staging':
    case 'committing':
    case 'verifying':
      return 'active';
    case 'waiting':
      if (relation.leads && relation.host.state === 'lost') return 'failed';
      return relation.leads && relation.host.state === 'connecting' ? 'active' : 'waiting';
    case 'compared':
      return 'waiting';
    case 'done':
    case 'skipped':
      return 'settled';
  }
};

/** A host that is out of order is shown once, in its first block; the others count it. */
const isEcho = (relation: RelationView): boolean =>
  !relation.leads && relation.host.message !== null && relation.message === relation.host.message;

const blockRows = (block: BlockView, relations: readonly RelationView[]): Row[] => [
  { row: 'block', block },
  ...relations.map(relation => ({ row: 'relation' as const, relation })),
];

/** Failures first; sort is stable, so all else stays as the plan has it. */
const inOrder = (relations: RelationView[]): RelationView[] =>
  relations.sort((a, b) => Number(classOf(b) === 'failed') - Number(classOf(a) === 'failed'));

/** The blocks with failures, then those at work, then those that wait, then the rest; shown in the order of the plan. */
const mostUrgent = (blocks: readonly BlockView[], most: number): BlockView[] => {
  const chosen = new Set([...blocks].sort((a, b) => urgency(a) - urgency(b)).slice(0, most));
  return blocks.filter(block => chosen.has(block));
};

const urgency = ({ counts }: BlockView): number => {
  const index = URGENCY.findIndex(states => states.some(state => counts[state] > 0));
  return index < 0 ? URGENCY.length : index;
};

const URGENCY: readonly (readonly BlockState[])[] = [
  ['failed', 'refused', 'partial'],
  ['observing', 'locking', 'staging', 'committing', 'verifying'],
  ['waiting', 'compared'],
];
