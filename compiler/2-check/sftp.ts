// What hosts driven by SFTP cannot do: hold a lock, run a program, keep access lists. Told here, not when it is needed.
import type { BlockModel, HostModel, PlanModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import { lockOf, strategiesOf } from './strategies.js';

export const checkSftp = (model: PlanModel, report: Report): void => {
  for (const block of model.blocks) {
    const masters = block.masters?.filter(isSftp) ?? [];
    const remotes = block.remotes?.filter(isSftp) ?? [];
    if (masters.length + remotes.length === 0) continue;
    checkLocks(block, masters, report);
    checkPrograms(block, { master: masters, remote: remotes }, report);
    for (const attribute of ['acl', 'xattr']) {
      const span = block.saidAttributes.get(attribute);
      const [host] = [...masters, ...remotes];
      if (span !== undefined && host !== undefined) report(finding(blocks.beyondSftp, span, [attribute, host.id]));
    }
  }
};

const checkLocks = (block: BlockModel, masters: readonly HostModel[], report: Report): void => {
  for (const { strategy, hosts } of strategiesOf(block)) {
    if (lockOf(strategy.consistency) === null || hosts.length === 0) continue;
    const host = hosts.find(isSftp) ?? masters[0];
    if (host !== undefined) report(finding(blocks.beyondSftp, strategy.span, ['consistency lock', host.id]));
  }
};

const checkPrograms = (
  block: BlockModel,
  sides: Readonly<Record<'master' | 'remote', readonly HostModel[]>>,
  report: Report,
): void => {
  for (const { when, on, span } of block.hooks) {
    const host = on === 'server' ? undefined : sides[on][0];
    if (host !== undefined) report(finding(blocks.beyondSftp, span, [`hook ${when} … on ${on}`, host.id]));
  }
};

const isSftp = ({ agent }: HostModel): boolean => agent === 'sftp';
