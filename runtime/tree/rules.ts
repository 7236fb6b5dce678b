// What counts as a difference within a block, from what its plan says of comparing, attributes and fixed attributes.
import type { BlockPlan } from '../../compiler/plan.js';
import type { Rules } from './change.js';

/** What `set` fixes is managed, whether the block's attributes name it or not. */
export const rulesOf = ({ compare, attributes, set }: Pick<BlockPlan, 'compare' | 'attributes' | 'set'>): Rules => ({
  quick: compare.by === 'quick',
  mode: attributes.includes('mode') || isFixed(set?.files),
  folderMode: attributes.includes('mode') || isFixed(set?.folders),
  modified: attributes.includes('modified'),
  owner: attributes.includes('owner') || isFixed(set?.owner),
  group: attributes.includes('group') || isFixed(set?.group),
  extra: attributes.includes('acl') || attributes.includes('xattr'),
});

const isFixed = (value: string | number | null | undefined): boolean => value !== null && value !== undefined;
