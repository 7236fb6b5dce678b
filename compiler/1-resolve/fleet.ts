// The fleet: every `fleet { }` of every file merged into one tree, and its hosts with all that they inherit.
import { posix } from 'node:path';
import type { Name, Statement, StringValue, Value } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as catalog from '../catalog/fleet.js';
import * as names from '../catalog/names.js';
import type { HostAddress, Jump } from '../plan.js';
import { parseAddress } from './address.js';
import { resolveJumps } from './jumps.js';
import {
  type Driver,
  inherited,
  inheritedRoots,
  type Level,
  newLevel,
  type RootSetting,
  readLevel,
  type Setting,
  type Surroundings,
} from './level.js';
import type { FleetModel, HostModel, RootModel } from './model.js';
import { expandRanges, MAX_HOSTS } from './range.js';
import { findHosts, idsOf } from './references.js';
import { isRelative } from './root-path.js';

const DEFAULT = 'default';
const SFTP = 'sftp://';

export const resolveFleet = (around: Surroundings): FleetModel => {
  const tree: Tree = { top: newLevel(null), regions: new Map(), drafts: new Map(), isWhole: true };
  for (const statement of around.shapes.top('fleet')) readFleet(tree, statement, around);
  const drafts = [...tree.drafts.values()];
  const ids = idsOf(drafts);
  const places = [...tree.regions.entries()].flatMap(([region, { groups }]) => [
    { region, group: null },
    ...[...groups.keys()].map(group => ({ region, group })),
  ]);
  const direct = drafts.map((draft, at) => ({
    host: settle(draft, ids[at] ?? draft.name, around),
    level: draft.level,
  }));
  const near = direct.map(({ host }) => host);
  const jumpsOf = resolveJumps(direct, findHosts(near, places, around), around);
  const hosts = near.map(host => withJumps(host, jumpsOf(host)));
  return {
    hosts,
    find: findHosts(hosts, places, around),
    isWhole:
      tree.isWhole && around.program.isWhole && !around.shapes.top('fleet').some(fleet => hasFault(fleet, around)),
  };
};

type Tree = {
  readonly top: Level;
  readonly regions: Map<string, { readonly level: Level; readonly groups: Map<string, Level> }>;
  /** By full dotted name. */
  readonly drafts: Map<string, Draft>;
  /** No host was left out for a fault. */
  isWhole: boolean;
};

type Draft = {
  readonly name: string;
  readonly region: string;
  readonly group: string;
  readonly tags: readonly string[];
  readonly at: 'local' | { readonly text: string; readonly span: Span } | null;
  readonly level: Level;
  readonly span: Span;
};

const readFleet = (tree: Tree, fleet: Statement, around: Surroundings): void => {
  readLevel(tree.top, fleet, around);
  for (const [statement, said] of around.shapes.body(fleet)) {
    const name = said.one('NAME');
    if (statement.head.text === 'region' && name?.kind === 'name') readRegion(tree, name.text, statement, around);
    else if (statement.head.text === 'group' && name?.kind === 'name')
      readGroup(tree, DEFAULT, name.text, statement, around);
    else if (statement.head.text === 'host') readHost(tree, DEFAULT, DEFAULT, statement, around);
  }
};

const readRegion = (tree: Tree, region: string, statement: Statement, around: Surroundings): void => {
  readLevel(regionOf(tree, region).level, statement, around);
  for (const [inner, said] of around.shapes.body(statement)) {
    const name = said.one('NAME');
    if (inner.head.text === 'group' && name?.kind === 'name') readGroup(tree, region, name.text, inner, around);
    else if (inner.head.text === 'host') readHost(tree, region, DEFAULT, inner, around);
  }
};

const readGroup = (tree: Tree, region: string, group: string, statement: Statement, around: Surroundings): void => {
  readLevel(groupOf(tree, region, group), statement, around);
  for (const [inner] of around.shapes.body(statement)) {
    if (inner.head.text === 'host') readHost(tree, region, group, inner, around);
  }
};

/** A host, group or region is left out, because its statement or its file is faulty. */
const hasFault = (statement: Statement, around: Surroundings): boolean =>
  around.program.files.get(statement.span.file)?.broken === true ||
  (statement.body?.statements ?? []).some(
    inner =>
      /^(host|group|region)$/.test(inner.head.text) && (around.shapes.of(inner) === null || hasFault(inner, around)),
  );

const regionOf = (tree: Tree, region: string) => {
  const known = tree.regions.get(region);
  if (known !== undefined) return known;
  const made = { level: newLevel(tree.top), groups: new Map<string, Level>() };
  tree.regions.set(region, made);
  return made;
};

const groupOf = (tree: Tree, region: string, group: string): Level => {
  const { level, groups } = regionOf(tree, region);
  const known = groups.get(group) ?? newLevel(level);
  groups.set(group, known);
  return known;
};

const readHost = (tree: Tree, region: string, group: string, statement: Statement, around: Surroundings): void => {
  const { shapes, values, report } = around;
  const said = shapes.of(statement);
  const written = said?.one('HOSTNAME') ?? null;
  if (said === null || written === null) return;
  const level = newLevel(groupOf(tree, region, group));
  readLevel(level, statement, around);
  const hosts = namesOf(written, around);
  if (hosts === null) tree.isWhole = false;
  const address = said.one('ADDRESS');
  const addresses = address?.kind === 'string' ? addressesOf(address, hosts?.length ?? null, around) : null;
  if (address === null) refuseSsh(level, statement, hosts?.[0] ?? '', around);
  const tags = said.all('NAME', 'tags').map(tag => values.textOf(tag) ?? '');
  for (const [at, name] of (hosts ?? []).entries()) {
    const full = `${region}.${group}.${name}`;
    const first = tree.drafts.get(full);
    if (first !== undefined) {
      const labels = [{ span: first.span, message: 'declared here first' }];
      report(finding(names.duplicateName, written.span, ['host', name], { labels }));
      continue;
    }
    if (tree.drafts.size === MAX_HOSTS) {
      report(finding(catalog.fleetTooLarge, written.span, [name, MAX_HOSTS]));
      return;
    }
    const text = addresses?.at(at);
    const place = address === null ? 'local' : text === undefined ? null : { text, span: address.span };
    tree.drafts.set(full, { name, region, group, tags, at: place, level, span: written.span });
  }
};

const namesOf = (written: Name | Value, { values, report }: Surroundings): readonly string[] | null => {
  const text = values.textOf(written);
  if (text === null) return null;
  const expanded = written.kind === 'string' ? expandRanges(text, written.span, report) : [text];
  const odd = expanded?.find(name => !/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name));
  if (odd === undefined) return expanded;
  report(finding(catalog.badHostName, written.span, [odd]));
  return null;
};

const addressesOf = (
  written: StringValue,
  count: number | null,
  { values, report }: Surroundings,
): readonly string[] | null => {
  const text = values.text(written);
  const expanded = text === null ? null : expandRanges(text, written.span, report);
  if (expanded === null || count === null || expanded.length === count) return expanded;
  report(finding(catalog.unequalRanges, written.span, [count, expanded.length]));
  return null;
};

const refuseSsh = (level: Level, statement: Statement, name: string, { shapes, report }: Surroundings): void => {
  const ssh = shapes.body(statement).find(([inner]) => inner.head.text === 'ssh');
  if (ssh !== undefined && level.parent !== null) report(finding(catalog.sshOnLocal, ssh[0].head.span, [name]));
};

// ------------------------------------------------------------------------------------- a host with all that it inherits

const settle = (draft: Draft, id: string, around: Surroundings): HostModel => {
  const isLocal = draft.at === 'local';
  return {
    id,
    name: draft.name,
    region: draft.region,
    group: draft.group,
    tags: [...new Set(draft.tags)].sort(),
    address: isLocal ? { kind: 'local' } : addressOf(draft, around),
    isLocal,
    agent: driverOf(draft, around),
    become: becomeOf(draft, around),
    roots: rootsOf(draft, isLocal),
    span: draft.span,
  };
};

/** What `sftp://` names is driven by SFTP, and this machine by its own agent, whatever else is said for all of them. */
const driverOf = ({ at, level, name }: Draft, { report }: Surroundings): Driver => {
  const said = inherited(level, 'agent');
  const isSftp = at !== null && at !== 'local' && at.text.startsWith(SFTP);
  const value = said?.value ?? 'auto';
  if (isSftp && said !== null && (value === 'node' || value === 'shell' || value === 'push-runtime')) {
    const why = `is reached by SFTP, where no ${value === 'shell' ? 'shell' : 'agent'} can run`;
    report(finding(catalog.wrongDriver, said.span, [value, name, why]));
  }
  const isFar = value === 'sftp' || value === 'shell';
  if (at === 'local' && said !== null && isFar && level.agent === said) {
    const why = `is this machine, and is not reached by ${value === 'sftp' ? 'SFTP' : 'a shell'}`;
    report(finding(catalog.wrongDriver, said.span, [value, name, why]));
  }
  if (isSftp) return 'sftp';
  // This machine has its Node.js.
  if (at === 'local' && value !== 'node') return 'auto';
  return value;
};

/** It is about the far side: this machine stays whoever started syncplan. */
const becomeOf = ({ at, level, name }: Draft, { report }: Surroundings): string | null => {
  const said = inherited(level, 'become');
  if (said === null || at === null) return null;
  const isSftp = at !== 'local' && (at.text.startsWith(SFTP) || inherited(level, 'agent')?.value === 'sftp');
  if (isSftp) report(finding(catalog.becomeNowhere, said.span, [name, 'is driven by SFTP, where no program can run']));
  else if (at === 'local' && level.become === said) {
    report(finding(catalog.becomeNowhere, said.span, [name, 'is this machine']));
  }
  return at === 'local' || isSftp ? null : said.value;
};

const withJumps = (host: HostModel, via: readonly Jump[]): HostModel =>
  via.length === 0 || host.address === null || host.address.kind === 'local'
    ? host
    : { ...host, address: { ...host.address, via } };

const addressOf = ({ at, level }: Draft, { report }: Surroundings): HostAddress | null => {
  if (at === null || at === 'local') return null;
  const isSftp = at.text.startsWith(SFTP);
  const address = parseAddress(isSftp ? at.text.slice(SFTP.length) : at.text);
  if (typeof address === 'string') {
    report(finding(catalog.badAddress, at.span, [at.text, address]));
    return null;
  }
  const user = address.user ?? inherited(level, 'user')?.value;
  const port = address.port ?? inherited(level, 'port')?.value;
  return {
    kind: isSftp ? 'sftp' : 'ssh',
    host: address.host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...filesOf(inherited(level, 'key'), inherited(level, 'config')),
  };
};

/** Relative paths keep the folder of the file that says them; where they come from two folders, it is written into them. */
const filesOf = (key: Level['key'], config: Level['config']): { key?: string; config?: string; base: string } => {
  const base = key?.base ?? config?.base ?? '';
  const shared = key === null || config === null || key.base === config.base;
  const path = (file: Setting<string>): string =>
    shared || !isRelative(file.value) ? file.value : posix.join(file.base, file.value);
  return {
    ...(key === null ? {} : { key: path(key) }),
    ...(config === null ? {} : { config: path(config) }),
    base: shared ? base : '',
  };
};

const rootsOf = ({ level }: Draft, isLocal: boolean): ReadonlyMap<string, RootModel> =>
  new Map([...inheritedRoots(level)].map(([name, setting]) => [name, rootOf(name, setting, isLocal)]));

/** What is relative on this machine keeps the folder of the file that says it. */
const rootOf = (name: string, { paths, state, base, span }: RootSetting, isLocal: boolean): RootModel => ({
  name,
  span,
  state: state?.span ?? null,
  paths:
    paths?.map(path => {
      const isBased = isLocal && [path, state].some(one => one !== null && isRelative(one.text));
      return {
        place: { path: path.text, base: isBased ? base : '', state: state?.text ?? null },
        span: path.span,
      };
    }) ?? null,
});
