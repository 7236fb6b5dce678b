// What hosts driven by SFTP or their shell cannot do: lock otherwise than by advisory, run a program, keep access lists. Told here, not when it is needed.
import type { BlockModel, HostModel, PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import type { LockBy } from '../plan.js';
import type { Kept } from './kept.js';
import { lockOf, strategiesOf } from './strategies.js';

export const checkDrivers = (model: PlanModel, { keepsHost, keepsBlock }: Kept, report: Report): void => {
  const keeps = ({ id }: HostModel): boolean => keepsHost(id);
  for (const block of model.blocks) {
    if (!keepsBlock(block.name) || block.remotes?.some(keeps) === false) continue;
    const masters = block.masters?.filter(isBare) ?? [];
    const remotes = block.remotes?.filter(isBare).filter(keeps) ?? [];
    if (masters.length + remotes.length === 0) continue;
    checkLocks(block, masters, keeps, report);
    checkPrograms(block, { master: masters, remote: remotes }, report);
    for (const attribute of ['acl', 'xattr']) {
      const span = block.saidAttributes.get(attribute);
      const [host] = [...masters, ...remotes];
      if (span !== undefined && host !== undefined)
        report(finding(blocks.beyondDriver, span, [attribute, host.id, driverOf(host)]));
    }
  }
};

const checkLocks = (
  block: BlockModel,
  masters: readonly HostModel[],
  keeps: (host: HostModel) => boolean,
  report: Report,
): void => {
  for (const { strategy, hosts: all } of strategiesOf(block)) {
    const by = lockOf(strategy.consistency)?.by.kind;
    const hosts = all.filter(keeps);
    if (by === undefined || hosts.length === 0) continue;
    // Others may go on reading a master: its folders are not closed.
    const onMaster = by === 'permissions' ? 'advisory' : by;
    const host = hosts.find(one => !canLock(one, by)) ?? masters.find(one => !canLock(one, onMaster));
    if (host === undefined) continue;
    report(
      finding(blocks.beyondDriver, strategy.lock?.by ?? strategy.span, [`lock by ${by}`, host.id, driverOf(host)]),
    );
  }
};

const canLock = (host: HostModel, by: LockBy['kind']): boolean => by === 'advisory' || !isBare(host);

const checkPrograms = (
  block: BlockModel,
  sides: Readonly<Record<'master' | 'remote', readonly HostModel[]>>,
  report: Report,
): void => {
  for (const { when, on, span } of block.hooks) {
    const host = on === 'server' ? undefined : sides[on][0];
    if (host !== undefined)
      report(finding(blocks.beyondDriver, span, [`hook ${when} … on ${on}`, host.id, driverOf(host)]));
  }
};

const isBare = ({ agent }: HostModel): boolean => agent === 'sftp' || agent === 'shell';

const driverOf = ({ agent }: HostModel): string => (agent === 'sftp' ? 'SFTP' : 'its shell');
