// Restricts a plan to some of its hosts and blocks: `--only` and `--except`.
import type { BlockPlan, HostPlan, Plan } from '../../compiler/plan.js';

/** A name that fits nothing, or restrictions that leave nothing. */
export type Refused = { readonly refused: string; readonly help: string };

/** All that names can mean; of a plan that is still being checked there is no more. */
export type Names = {
  readonly hosts: readonly Pick<HostPlan, 'id' | 'name' | 'region' | 'group'>[];
  readonly blocks: readonly Pick<BlockPlan, 'name'>[];
};

export type Kept = { readonly keepsHost: (id: string) => boolean; readonly keepsBlock: (name: string) => boolean };

/**
 * A name is a host (its id or its last part), a region, a group (`web` or `eu.web`) or a block; `host:x` and `block:x` say
 * which where a name is both. Masters stay whatever is said of hosts. A block that is left out counts as done for others.
 */
export const restrict = (plan: Plan, only: readonly string[], except: readonly string[]): Plan | Refused => {
  const kept = keptOf(plan, only, except);
  if ('refused' in kept) return kept;
  const { keepsHost, keepsBlock } = kept;
  const blocks = plan.blocks
    .filter(({ name }) => keepsBlock(name))
    .map(
      (block): BlockPlan => ({
        ...block,
        remotes: block.remotes.filter(keepsHost),
      }),
    )
    .filter(({ remotes }) => remotes.length > 0);
  if (plan.blocks.length === 0)
    return {
      refused: 'the plan has no block, so there is nothing to do',
      help: 'add one that takes files: block NAME { take all in ROOT }',
    };
  if (blocks.length === 0) return { refused: 'nothing is left of the plan', help: 'loosen --only and --except' };
  return onlyWith(plan, blocks);
};

/** The plan with these of its blocks and the hosts that they need. Whoever comes after one that is left out comes after those
 * that this one comes after. */
export const onlyWith = (plan: Plan, blocks: readonly BlockPlan[]): Plan => {
  const left = new Set(blocks.map(({ name }) => name));
  const standIns = new Map<string, readonly string[]>();
  const without = (after: readonly string[]): string[] =>
    [...new Set(after.flatMap(name => standIns.get(name) ?? []))].sort();
  for (const { name, after } of plan.blocks) standIns.set(name, left.has(name) ? [name] : without(after));
  const used = new Set(blocks.flatMap(({ master, remotes }) => [master, ...remotes]));
  return {
    ...plan,
    blocks: blocks.map(block => ({ ...block, after: without(block.after) })),
    hosts: plan.hosts.filter(({ id }) => used.has(id)),
  };
};

/** Which hosts and blocks the names leave, before it is known what of each other they have. */
export const keptOf = (plan: Names, only: readonly string[], except: readonly string[]): Kept | Refused => {
  const pick = (names: readonly string[]) => names.map(name => ({ name, ...selectionOf(plan, name) }));
  const wanted = pick(only);
  const unwanted = pick(except);
  for (const { name, hosts, blocks } of [...wanted, ...unwanted]) {
    if (hosts.size + blocks.size === 0)
      return { refused: `"${name}" is no host, region, group or block of this plan`, help: namesOf(plan) };
    if (hosts.size > 0 && blocks.size > 0) {
      return { refused: `"${name}" is a host or group and a block`, help: `say host:${name} or block:${name}` };
    }
  }
  const hostsNamed = wanted.some(({ hosts }) => hosts.size > 0);
  const blocksNamed = wanted.some(({ blocks }) => blocks.size > 0);
  const keepsHost = (id: string): boolean =>
    (!hostsNamed || wanted.some(({ hosts }) => hosts.has(id))) && !unwanted.some(({ hosts }) => hosts.has(id));
  const keepsBlock = (name: string): boolean =>
    (!blocksNamed || wanted.some(({ blocks }) => blocks.has(name))) && !unwanted.some(({ blocks }) => blocks.has(name));
  return { keepsHost, keepsBlock };
};

const selectionOf = (plan: Names, name: string): { hosts: Set<string>; blocks: Set<string> } => {
  const [, kind, rest] = /^(?:(host|block):)?(.*)$/.exec(name)!;
  const hosts = kind === 'block' ? [] : plan.hosts.filter(host => isCalled(host, rest!)).map(({ id }) => id);
  const blocks = kind === 'host' ? [] : plan.blocks.filter(block => block.name === rest).map(block => block.name);
  return { hosts: new Set(hosts), blocks: new Set(blocks) };
};

const isCalled = ({ id, name, region, group }: Names['hosts'][number], called: string): boolean =>
  [id, name, region, group, `${region}.${group}`, `${region}.${group}.${name}`, `${group}.${name}`].includes(called);

/** What may be named; a region or group that the plan does not name is none. */
const namesOf = ({ hosts, blocks }: Names): string => {
  const called = (noun: string, all: readonly string[]): string[] => {
    const names = [...new Set(all)].filter(name => name !== UNNAMED);
    return names.length === 0 ? [] : [`the ${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`];
  };
  const before = [
    ...called(
      'host',
      hosts.map(({ id }) => id),
    ),
    ...called(
      'region',
      hosts.map(({ region }) => region),
    ),
    ...called(
      'group',
      hosts.map(({ group }) => group),
    ),
  ];
  return `it has ${[
    before.join(', '),
    ...called(
      'block',
      blocks.map(({ name }) => name),
    ),
  ].join(' and ')}`;
};

const UNNAMED = 'default';
