// Roles: sets of hosts, by names or by a condition, and those given on the command line for one run.
import type { Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as fleetFindings from '../catalog/fleet.js';
import * as names from '../catalog/names.js';
import * as settings from '../catalog/settings.js';
import { matchGlob, parseGlob } from '../glob.js';
import { type Asked, readCondition } from './condition.js';
import type { Surroundings } from './level.js';
import type { FleetModel, HostModel, RoleModel } from './model.js';
import { givenAs } from './program.js';

export type Assigned = Readonly<Record<string, readonly string[]>>;

export const resolveRoles = (
  fleet: FleetModel,
  assigned: Assigned,
  around: Surroundings,
): ReadonlyMap<string, RoleModel> => {
  const roles = new Map<string, RoleModel>();
  for (const statement of around.shapes.top('role')) {
    const name = around.shapes.of(statement)?.one('NAME');
    if (name?.kind !== 'name') continue;
    const first = roles.get(name.text);
    if (first !== undefined) {
      const labels = [{ span: first.span, message: 'declared here first' }];
      around.report(finding(names.duplicateName, name.span, ['role', name.text], { labels }));
      continue;
    }
    // What the command line says is not asked of the plan as well.
    const hosts = Object.hasOwn(assigned, name.text) ? null : hostsOf(statement, name.text, fleet, around);
    roles.set(name.text, { name: name.text, span: name.span, hosts, isAssigned: false });
  }
  return new Map([...roles, ...assignedRoles(assigned, roles, fleet, around)]);
};

const assignedRoles = (
  assigned: Assigned,
  roles: ReadonlyMap<string, RoleModel>,
  fleet: FleetModel,
  around: Surroundings,
): readonly (readonly [string, RoleModel])[] => {
  return Object.entries(assigned).flatMap(([name, references]) => {
    const option = name === 'master' || name === 'remote' ? `--${name} ` : `--role ${name}=`;
    const span = givenAs(`${option}${references.join(',')}`);
    if (!roles.has(name) && name !== 'master' && name !== 'remote') {
      around.report(
        finding(names.unknownAssignedRole, span, [name, [...new Set(['master', 'remote', ...roles.keys()])]]),
      );
      return [];
    }
    const hosts = union(references.map(reference => fleet.find(reference, givenAs(`${option}${reference}`))));
    if (hosts?.length === 0) around.report(finding(fleetFindings.emptyRole, span, [name]));
    return [[name, { name, span, hosts: hosts?.length === 0 ? null : hosts, isAssigned: true }]];
  });
};

/** null where any of it is faulty, or where nothing matches: whoever uses it says nothing more. */
const hostsOf = (
  statement: Statement,
  role: string,
  fleet: FleetModel,
  around: Surroundings,
): readonly HostModel[] | null => {
  const said = around.shapes.of(statement);
  const hosts =
    statement.where === null
      ? union((said?.all('HOST') ?? []).map(item => (item.kind === 'name' ? fleet.find(item.text, item.span) : null)))
      : hostsWhere(statement, fleet, around);
  if (hosts?.length !== 0) return hosts;
  if (!fleet.isWhole) return null;
  around.report(
    finding(fleetFindings.emptyRole, statement.where?.span ?? statement.items.at(-1)?.span ?? statement.span, [role]),
  );
  return null;
};

const union = (sets: readonly (readonly HostModel[] | null)[]): readonly HostModel[] | null =>
  sets.every(set => set !== null) ? [...new Set(sets.flat())] : null;

type HostTest = (host: HostModel) => boolean;

const hostsWhere = (statement: Statement, fleet: FleetModel, around: Surroundings): readonly HostModel[] | null => {
  if (statement.where === null) return null;
  const test = readCondition<HostTest>(
    statement.where,
    'host',
    {
      not: operand => host => !operand(host),
      both: operands => host => operands.every(operand => operand(host)),
      either: operands => host => operands.some(operand => operand(host)),
      test: asked => hostTest(asked, fleet, around),
    },
    around,
  );
  return test === null ? null : fleet.hosts.filter(test);
};

const hostTest = (asked: Asked, fleet: FleetModel, around: Surroundings): HostTest | null => {
  const facts = factsOf(asked.predicate);
  const fits = fitsOf(asked, around);
  if (fits === null) return null;
  if (asked.operator !== 'matches' && asked.predicate !== 'tag') {
    const legal = [...new Set(fleet.hosts.flatMap(facts))];
    for (const text of asked.texts) {
      if (!legal.includes(text) && !around.isPoisoned(text))
        return reportUnknown(text, legal, asked.operandSpan, around);
    }
  }
  return host => facts(host).some(fits) !== asked.negated;
};

const fitsOf = (asked: Asked, around: Surroundings): ((text: string) => boolean) | null => {
  if (asked.operator !== 'matches') return text => asked.texts.includes(text);
  const glob = parseGlob(asked.texts[0] ?? '');
  if (!('error' in glob)) return text => matchGlob(glob, text);
  around.report(finding(settings.badGlob, asked.operandSpan, [glob.error]));
  return null;
};

const factsOf = (predicate: string): ((host: HostModel) => readonly string[]) => {
  switch (predicate) {
    case 'region':
      return host => [host.region];
    case 'group':
      return host => [host.group];
    case 'tag':
      return host => host.tags;
    default:
      return host => [...new Set([host.name, host.id, `${host.region}.${host.group}.${host.name}`])];
  }
};

const reportUnknown = (text: string, legal: readonly string[], span: Span, { report }: Surroundings): null => {
  report(finding(names.unknownHost, span, [text, legal.filter(name => !name.includes('.') && name !== 'default')]));
  return null;
};
