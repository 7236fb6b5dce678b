// `encrypt off` where it changes nothing: it is off already, or no two hosts of the fleet are such a pair.
import type { Statement } from '../../grammar/ast.js';
import type { HostModel, PlanModel } from '../1-resolve/model.js';
import type { Program } from '../1-resolve/program.js';
import { finding, type Report } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import { SECTIONS, type Section, sectionOf } from '../plan.js';

export const checkTransfers = (model: PlanModel, program: Program, report: Report): void => {
  const ofFile = program.statements.filter(({ head }) => head.text === 'transfer');
  const isOff = ofFile.some(saysOff);
  for (const transfer of ofFile) checkSections(transfer, isOff, model, report);
  for (const block of model.blocks) {
    for (const statement of block.statement.body?.statements ?? []) {
      if (statement.head.text !== 'transfer') continue;
      const off = encryptOff(statement);
      if (isOff && off !== null) report(finding(settings.idleEncrypt, off.span, ['the whole plan has it off already']));
      checkSections(statement, isOff || off !== null, model, report);
    }
  }
};

const checkSections = (transfer: Statement, isOff: boolean, model: PlanModel, report: Report): void => {
  for (const section of transfer.body?.statements ?? []) {
    const off = encryptOff(section);
    if (off === null || !isSection(section.head.text)) continue;
    const { hosts } = model.fleet;
    if (isOff) report(finding(settings.idleEncrypt, off.span, ['it is off already']));
    else if (model.fleet.isWhole && !hasPair(hosts, section.head.text)) {
      report(
        finding(settings.idleEncrypt, off.span, [`no two hosts of the fleet are a pair of \`${section.head.text}\``]),
      );
    }
  }
};

const isSection = (head: string): head is Section => (SECTIONS as readonly string[]).includes(head);

/** One host of each group stands for it; two, where the group has them. */
const hasPair = (hosts: readonly HostModel[], section: Section): boolean => {
  const groups = new Map<string, HostModel[]>();
  for (const host of hosts) {
    const key = `${host.region}.${host.group}`;
    const known = groups.get(key) ?? [];
    if (known.length < 2) groups.set(key, [...known, host]);
  }
  const few = [...groups.values()].flat();
  return few.some((host, at) => few.slice(at + 1).some(other => sectionOf(host, other) === section));
};

const saysOff = (statement: Statement): boolean => encryptOff(statement) !== null;

const encryptOff = (owner: Statement): Statement | null =>
  owner.body?.statements.find(({ head, items }) => {
    const [word] = items;
    return head.text === 'encrypt' && word?.kind === 'name' && word.text === 'off';
  }) ?? null;
