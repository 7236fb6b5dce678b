// Consistency: hosts that `for` names, leases that are too short, and hosts that would hold locks or wait for others.
import type { BlockModel, HostModel, LockModel, PlanModel, StrategyModel } from '../1-resolve/model.js';
import { hostsNamed } from '../1-resolve/references.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import type { Consistency, LockStrategy } from '../plan.js';

export const checkStrategies = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    checkExceptions(block, model, report);
    for (const { strategy } of strategiesOf(block)) checkLease(strategy, report);
    checkTogether(block, report);
    checkCommands(block, report);
  }
};

/** Each strategy of a block with the remotes it is for: what `for` names, and all others. */
export const strategiesOf = (
  block: BlockModel,
): readonly { readonly strategy: StrategyModel; readonly hosts: readonly HostModel[] }[] => {
  const remotes = block.remotes ?? [];
  const named = new Set<HostModel>();
  const exceptions = block.exceptions.flatMap(exception => {
    const { strategy } = exception;
    if (strategy === null) return [];
    const meant = hostsNamed(exception);
    const hosts = remotes.filter(host => meant.has(host));
    for (const host of hosts) named.add(host);
    return [{ strategy, hosts }];
  });
  return [{ strategy: block.strategy, hosts: remotes.filter(host => !named.has(host)) }, ...exceptions];
};

/** The lock a strategy takes, at once or in the end. */
export const lockOf = (consistency: Consistency): LockStrategy | null => {
  switch (consistency.strategy) {
    case 'none':
      return null;
    case 'lock':
      return consistency;
    case 'verify':
      return consistency.then === 'fail' ? null : consistency.then;
  }
};

const checkExceptions = (block: BlockModel, model: PlanModel, report: Report): void => {
  const remotes = block.remotes === null ? null : new Set(block.remotes);
  const told = new Map<HostModel, BlockModel['exceptions'][number]['named'][number]>();
  for (const { named } of block.exceptions) {
    const here = new Set<HostModel>();
    for (const reference of named) {
      const { text, span, hosts } = reference;
      if (hosts === null || remotes === null) continue;
      const meant = hosts.filter(host => remotes.has(host));
      if (meant.length === 0 && !block.isAssigned && model.fleet.isWhole) {
        report(finding(blocks.idleException, span, [text, block.name, [...remotes].map(({ id }) => id)]));
      }
      const again = meant.find(host => told.has(host) && !here.has(host));
      const first = again === undefined ? undefined : told.get(again);
      if (again !== undefined && first !== undefined) {
        const labels = [{ span: first.span, message: 'the first one' }];
        report(finding(blocks.secondException, span, [again.id, block.name], { labels }));
      }
      for (const host of meant) {
        if (!told.has(host)) {
          told.set(host, reference);
          here.add(host);
        }
      }
    }
  }
};

const checkLease = ({ consistency, lock }: StrategyModel, report: Report): void => {
  const hold: LockModel['hold'] = lock?.hold ?? null;
  const lease = lockOf(consistency)?.hold ?? null;
  if (hold !== null && lease !== null && lease < 60) report(finding(settings.shortLease, hold.span, [hold.text]));
};

/** No host switches before all are ready, so those under a lock keep it while others try again. */
const checkTogether = (block: BlockModel, report: Report): void => {
  if (block.together === null) return;
  const used = strategiesOf(block).filter(({ hosts }) => hosts.length > 0);
  const locked = used.find(({ strategy }) => strategy.consistency.strategy === 'lock');
  const open = used.find(({ strategy }) => strategy.consistency.strategy !== 'lock');
  const [holder] = locked?.hosts ?? [];
  const [other] = open?.hosts ?? [];
  if (locked === undefined || holder === undefined || other === undefined) return;
  const labels = [{ span: locked.strategy.span, message: `${holder.id} is locked` }];
  report(finding(blocks.mixedCommit, block.together, [holder.id, other.id], { labels }));
};

/** One command at a time blocks a master, and here each would be kept until the others have had their turn. */
const checkCommands = (block: BlockModel, report: Report): void => {
  if (block.together === null) return;
  const commanding = strategiesOf(block).flatMap(({ strategy, hosts: [host] }) => {
    const by = lockOf(strategy.consistency)?.by;
    return host === undefined || by?.kind !== 'command' ? [] : [{ strategy, host, text: JSON.stringify(by) }];
  });
  const [first] = commanding;
  const other = commanding.find(({ text }) => text !== first?.text);
  if (first === undefined || other === undefined) return;
  const labels = [
    { span: first.strategy.span, message: `the command of ${first.host.id}` },
    { span: other.strategy.span, message: `the command of ${other.host.id}` },
  ];
  report(finding(blocks.rivalCommands, block.together, [first.host.id, other.host.id], { labels }));
};
