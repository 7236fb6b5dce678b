// Phase 3: a model without faults becomes a plan. Everything whose order carries no meaning is sorted by bytes.
import type { BlockModel, HookModel, HostModel, PlanModel } from '../1-resolve/model.js';
import { hostsNamed } from '../1-resolve/references.js';
import { settled } from '../1-resolve/settled.js';
import { type BlockPlan, type HookPlan, type HostPlan, PLAN_VERSION, type Plan } from '../plan.js';
import { lowerRoute } from './routes.js';
import { lowerItems, lowerTakes } from './takes.js';
import { lowerTransfers } from './transfers.js';

export const lower = (model: PlanModel, sources: Plan['sources']): Plan => ({
  plan: PLAN_VERSION,
  sources,
  inputs: model.inputs,
  hosts: usedHosts(model).map(lowerHost),
  blocks: inDependencyOrder(model.blocks).map(block => lowerBlock(block, model)),
  onFailure: model.onFailure,
  parallel: model.parallel,
});

const usedHosts = (model: PlanModel): readonly HostModel[] => {
  const used = new Set(model.blocks.flatMap(block => [masterOf(block), ...settled(block.remotes)]));
  return [...used].sort(byId);
};

const lowerHost = (host: HostModel): HostPlan => ({
  id: host.id,
  name: host.name,
  region: host.region,
  group: host.group,
  tags: host.tags,
  address: settled(host.address),
  agent: host.agent,
  ...(host.become === null ? {} : { become: host.become }),
});

/** Dependencies first; among independent blocks the order of the text. */
const inDependencyOrder = (blocks: readonly BlockModel[]): readonly BlockModel[] => {
  const done = new Set<string>();
  const ordered: BlockModel[] = [];
  while (ordered.length < blocks.length) {
    const next = blocks.find(block => !done.has(block.name) && block.after.every(({ block: name }) => done.has(name)));
    if (next === undefined) throw new Error('blocks wait for each other, which the checks must have refused');
    done.add(next.name);
    ordered.push(next);
  }
  return ordered;
};

const lowerBlock = (block: BlockModel, model: PlanModel): BlockPlan => {
  const { transfer } = model;
  const master = masterOf(block);
  const remotes = [...settled(block.remotes)].sort(byId);
  const route = lowerRoute(model, block, master, remotes);
  return {
    name: block.name,
    after: [...new Set(block.after.map(({ block: name }) => name))].sort(),
    master: master.id,
    remotes: remotes.map(({ id }) => id),
    takes: lowerTakes(block, master, remotes),
    order: lowerItems(block.order, block),
    compare: block.compare,
    attributes: block.attributes,
    links: block.links,
    consistency: block.strategy.consistency,
    consistencyOf: lowerExceptions(block, remotes),
    delete: block.delete,
    commit: block.together === null ? 'independent' : 'together',
    hooks: block.hooks.map(hook => lowerHook(hook, block)),
    set: block.set === null ? null : block.set.fixed,
    durability: block.durability,
    ...lowerTransfers(transfer, block, master, remotes),
    ...(route === null ? {} : { route }),
  };
};

const lowerExceptions = (block: BlockModel, remotes: readonly HostModel[]): BlockPlan['consistencyOf'] => {
  const others: Record<string, BlockPlan['consistency']> = Object.create(null);
  for (const exception of block.exceptions) {
    if (exception.strategy === null) continue;
    const named = hostsNamed(exception);
    for (const remote of remotes) if (named.has(remote)) others[remote.id] = exception.strategy.consistency;
  }
  return others;
};

const lowerHook = ({ when, changed, command, on, timeout }: HookModel, block: BlockModel): HookPlan => ({
  when,
  changed: changed === null ? null : lowerItems([changed], block),
  command: settled(command),
  on,
  timeout,
});

const masterOf = (block: BlockModel): HostModel => settled(settled(block.masters)[0] ?? null);

const byId = (a: HostModel, b: HostModel): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
