// Plans as values, for tests of the engine: a block from a master to remotes, with one take.
import type { BlockPlan, HostPlan, Plan } from '../../compiler/plan.js';

export const blockPlan = (name: string, changes: Partial<BlockPlan> = {}): BlockPlan => ({
  name,
  after: [],
  master: 'm',
  remotes: ['r1'],
  takes: [
    {
      from: { root: 'www', folder: '' },
      into: { root: 'www', folder: '' },
      roots: Object.fromEntries(
        ['m', ...(changes.remotes ?? ['r1'])].map(id => [id, [{ path: `/${id}`, base: '', state: null }]]),
      ),
      terms: [{ base: '', include: { is: 'all' }, except: null }],
    },
  ],
  order: [],
  compare: { by: 'checksum', algorithm: 'xxh128' },
  attributes: ['mode', 'modified'],
  links: { symbolic: 'keep', hard: 'keep', escaping: 'keep' },
  consistency: { strategy: 'verify', rounds: 3, every: 0, then: 'fail' },
  consistencyOf: {},
  delete: { mode: 'never' },
  commit: 'independent',
  hooks: [],
  set: null,
  durability: 'none',
  transfer: { mode: 'auto', compress: 0, encrypt: true, limit: null },
  transferOf: {},
  ...changes,
});

export const hostPlan = (id: string, region = 'default', group = 'default'): HostPlan => ({
  id,
  name: id.split('.').at(-1)!,
  region,
  group,
  tags: [],
  address: { kind: 'local' },
  agent: 'auto',
});

export const planOf = (blocks: readonly BlockPlan[], hosts?: readonly HostPlan[]): Plan => ({
  plan: 1,
  sources: [],
  inputs: {},
  hosts:
    hosts ?? [...new Set(blocks.flatMap(({ master, remotes }) => [master, ...remotes]))].sort().map(id => hostPlan(id)),
  blocks,
  onFailure: 'continue',
  parallel: 16,
});
