// What of a plan a run is about: told by whoever runs it, from the names that the plan has.
import type { HostModel, PlanModel } from '../1-resolve/model.js';

export type PlanNames = {
  /** Those that take part in some block. */
  readonly hosts: readonly Pick<HostModel, 'id' | 'name' | 'region' | 'group'>[];
  readonly blocks: readonly { readonly name: string }[];
};

/** A block is kept with those of its remotes that are; its master is kept with it. */
export type Kept = {
  readonly keepsHost: (id: string) => boolean;
  readonly keepsBlock: (name: string) => boolean;
};

export const ALL_KEPT: Kept = { keepsHost: () => true, keepsBlock: () => true };

export const namesOf = ({ blocks }: PlanModel): PlanNames => ({
  hosts: [...new Set(blocks.flatMap(({ masters, remotes }) => [...(masters ?? []), ...(remotes ?? [])]))],
  blocks,
});
