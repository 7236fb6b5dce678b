// The route of a block: the block's own statement, else the file's. A star is no route: the master sends to each remote itself.
import type { BlockModel, HostModel, PlanModel } from '../1-resolve/model.js';
import { readTree } from '../2-check/routes.js';
import type { RoutePlan } from '../plan.js';
import { lowerBetween } from './transfers.js';

export const lowerRoute = (
  model: PlanModel,
  block: BlockModel,
  master: HostModel,
  remotes: readonly HostModel[],
): RoutePlan | null => {
  const own = model.routes.find(route => route.block === block);
  const statement = (own ?? model.routes.find(route => route.block === null))?.statement;
  if (statement === undefined) return null;
  const word = statement.items.find(item => item.kind === 'name')?.text;
  if (word === 'star') return null;
  const between = lowerBetween(model.transfer, block, remotes);
  if (word === 'chain' || word === 'tree') return { shape: word, senders: Object.create(null), ...between };
  return { shape: 'edges', senders: sendersIn(statement, model, master, remotes), ...between };
};

/** Hosts on the way that are none of the block's have nothing to pass on: whoever sends to them sends further. */
const sendersIn = (
  statement: PlanModel['routes'][number]['statement'],
  model: PlanModel,
  master: HostModel,
  remotes: readonly HostModel[],
): RoutePlan['senders'] => {
  const tree = readTree(statement, model, () => undefined);
  const among = new Set([master, ...remotes]);
  const senders: Record<string, string> = Object.create(null);
  for (const remote of remotes) {
    let sender = tree?.get(remote)?.sender;
    while (sender !== undefined && !among.has(sender)) sender = tree?.get(sender)?.sender;
    senders[remote.id] = (sender ?? master).id;
  }
  return senders;
};
