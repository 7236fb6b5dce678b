// Random plans of several blocks over a few hosts of different kinds, of which what every block takes is known.
//
// Blocks share roots and folders, but never a path: what a plan must not say is not made.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../support/seeded.js';
import type { Found } from './combos-found.js';

export type HostKind = 'local' | 'agent' | 'shell' | 'sftp';

/** A folder for a host's roots, as this machine and as the plan sees it. */
export type Ground = {
  readonly here: string;
  readonly there: string;
  readonly address: string;
  readonly shell: boolean;
};

export type ComboHost = Ground & {
  readonly name: string;
  readonly kind: HostKind;
  /** As paths in `here` and `there`; several are parallel. */
  readonly roots: Readonly<Record<'r0' | 'r1', readonly string[]>>;
  readonly state: boolean;
};

export type Spot = { readonly root: 'r0' | 'r1'; readonly folder: string };

export type ComboTake = {
  readonly from: Spot;
  readonly into: Spot;
  readonly items: string;
  readonly selects: (path: string, found: Found) => boolean;
  /** All of a folder that nobody else takes from: whatever happens in it can be followed. */
  readonly whole: boolean;
};

export type ComboBlock = {
  readonly name: string;
  /** Another host than the master, whose files it hands on. */
  readonly from: ComboHost | null;
  readonly on: readonly ComboHost[];
  readonly after: readonly ComboBlock[];
  readonly takes: readonly ComboTake[];
  readonly mirror: boolean;
  readonly protect: boolean;
  readonly fixes: boolean;
  readonly splits: boolean;
  readonly firstOnly: boolean;
  /** It has a hook that writes into the ledger. */
  readonly hooked: boolean;
  readonly attributes: string;
  readonly lines: readonly string[];
};

export type Combos = {
  readonly master: ComboHost;
  readonly hosts: readonly ComboHost[];
  readonly blocks: readonly ComboBlock[];
  readonly text: string;
};

export const placesOf = (host: ComboHost, { root, folder }: Spot): string[] =>
  host.roots[root].map(path => join(host.here, path, folder));

/** Where a block puts it, in all of the parallel roots or in the first. */
export const placesOn = (host: ComboHost, { firstOnly }: ComboBlock, spot: Spot): string[] =>
  placesOf(host, spot).slice(0, firstOnly ? 1 : undefined);

/** Hooks append a line to the ledger, a file of this machine: their block and host. */
export const makeCombos = (
  random: Random,
  ledger: string,
  ground: (kind: HostKind, name: string) => Ground,
): Combos => {
  const nested = random.chance(0.3);
  const kinds: HostKind[] = ['agent', 'agent', 'shell', 'sftp', 'local'];
  const makeHost = (name: string, kind: HostKind): ComboHost => {
    const isMaster = name === 'm';
    const r1 = nested && (isMaster || random.chance(0.8)) ? 'r0/nest' : 'r1';
    const parallel = !isMaster && random.chance(0.2) ? ['r1b'] : [];
    const state = !isMaster && r1 === 'r1' && random.chance(0.2);
    const host = { ...ground(kind, name), name, kind, roots: { r0: ['r0'], r1: [r1, ...parallel] }, state };
    for (const path of [...host.roots.r0, ...host.roots.r1, ...(state ? ['state'] : [])])
      mkdirSync(join(host.here, path), { recursive: true });
    return host;
  };
  const master = makeHost('m', random.pick(['local', 'local', 'local', 'local', 'agent', 'shell', 'sftp']));
  const hosts = Array.from({ length: 2 + random.below(2) }, (_, i) =>
    makeHost(`h${i}`, kinds.splice(random.below(kinds.length), 1)[0]!),
  );
  const takes = makeTakes(random);
  const blocks = makeBlocks(random, master, hosts, takes, ledger);
  return { master, hosts, blocks, text: textOf(random, master, hosts, blocks) };
};

const makeTakes = (random: Random): ComboTake[] => {
  const takes: ComboTake[] = [];
  for (const area of AREAS.slice(0, 1 + random.below(AREAS.length))) {
    const from: Spot = { root: 'r0', folder: area };
    const into: Spot = random.chance(0.2) ? { root: 'r1', folder: `zone-${area}` } : from;
    const how = random.below(4);
    if (how === 0) {
      const [first, second] = random.pick(SPLITS);
      takes.push({ from, into, ...first, whole: false });
      if (random.chance(0.85)) takes.push({ from, into, ...second, whole: false });
    } else if (how === 1) {
      const inner = (spot: Spot): Spot => ({ ...spot, folder: `${spot.folder}/sub` });
      takes.push({ from: inner(from), into: inner(into), ...ALL, whole: true });
      takes.push({ from, into, ...BUT_SUB, whole: false });
    } else takes.push({ from, into, ...ALL, whole: true });
  }
  const rest: Spot = random.chance(0.5) ? { root: 'r1', folder: '' } : { root: 'r1', folder: 'rest' };
  const zones = AREAS.map(area => `"zone-${area}", "zone-${area}/**"`).join(', ');
  const butZones = { items: `all except ${zones}`, selects: (path: string) => !/^zone-/.test(path) };
  if (random.chance(0.7)) takes.push({ from: rest, into: rest, ...(rest.folder === '' ? butZones : ALL), whole: true });
  return takes;
};

const makeBlocks = (
  random: Random,
  master: ComboHost,
  hosts: readonly ComboHost[],
  takes: readonly ComboTake[],
  ledger: string,
): ComboBlock[] => {
  const groups = takes.slice(0, 2 + random.below(3)).map(take => [take]);
  for (const take of takes.slice(groups.length)) random.pick(groups).push(take);
  const blocks: ComboBlock[] = [];
  const add = (on: readonly ComboHost[], of: readonly ComboTake[]): void => {
    const after = blocks.filter(() => random.chance(0.35));
    blocks.push(makeBlock(random, { name: `b${blocks.length}`, from: null, on, after, takes: of }, master, ledger));
  };
  for (const group of groups) {
    const some = hosts.filter(() => random.chance(0.75));
    add(some.length === 0 ? [hosts[0]!] : some, group);
    // The same to the others, by another block with other settings.
    const others = hosts.filter(host => !blocks.at(-1)!.on.includes(host));
    if (others.length > 0 && random.chance(0.6)) add(others, group);
  }
  const free = !takes.some(({ into }) => into.folder.startsWith(HANDED.folder));
  const sources = blocks.flatMap(block =>
    block.takes
      .filter(({ whole, into }) => whole && into.folder !== '' && !block.firstOnly)
      .flatMap(take => block.on.map(host => ({ block, take, host })))
      .filter(({ take, host }) => host.kind !== 'sftp' && host.roots[take.into.root].length === 1),
  );
  if (free && sources.length > 0 && random.chance(0.35)) {
    const { block, take, host } = random.pick(sources);
    const on = [random.pick(hosts.filter(one => one !== host))];
    const handed = { from: take.into, into: HANDED, ...ALL, whole: true };
    blocks.push(makeBlock(random, { name: 'on', from: host, on, after: [block], takes: [handed] }, host, ledger));
  }
  return blocks;
};

type Known = Pick<ComboBlock, 'name' | 'from' | 'on' | 'after' | 'takes'>;

const makeBlock = (random: Random, known: Known, master: ComboHost, ledger: string): ComboBlock => {
  const hooked = random.chance(0.4);
  const kinds = new Set([master, ...known.on].map(({ kind }) => kind));
  const noLocks = kinds.has('sftp');
  const noAgent = noLocks || kinds.has('shell');
  const isPart = known.takes.some(({ whole }) => !whole);
  const maybe = (chance: number, line: string): string[] => (random.chance(chance) ? [line] : []);
  const mirror = random.chance(0.65);
  const protect = mirror && random.chance(0.2);
  const inner = known.takes.some(({ into }) => into.folder.endsWith('/sub'));
  const fixes = !isPart && !inner && random.chance(0.15);
  const splits = random.chance(0.15);
  const firstOnly = known.from === null && random.chance(0.15);
  const attributes = random.pick(['mode, modified', 'mode, modified', 'modified', 'mode', ...(noAgent ? [] : MORE)]);
  const quick = attributes.includes('modified') ? ['quick'] : [];
  const consistency = random.pick([
    ...['none', 'verify { rounds 2 every 200ms; then fail }', 'verify'],
    ...(noLocks ? [] : ['lock { wait 20s; by advisory }', 'verify { rounds 2 every 200ms; then lock { wait 20s } }']),
    ...(noAgent || isPart || inner ? [] : ['lock { wait 20s; by permissions }']),
  ]);
  const lines = [
    `consistency ${consistency}`,
    `attributes ${attributes}`,
    ...(mirror ? [`delete mirror { max 100%${protect ? '; protect "kept-*"' : ''} }`] : []),
    ...(noLocks ? [] : maybe(0.2, `for ${known.on[0]!.name} { consistency lock { by advisory } }`)),
    ...maybe(0.3, 'commit together'),
    ...(known.takes.some(({ items }) => items.startsWith('all')) ? maybe(0.3, 'order "*.y", "always"') : []),
    ...maybe(0.5, `compare ${random.pick([...quick, 'checksum md5', 'checksum blake3', 'checksum crc32'])}`),
    ...(fixes ? ['set { files 0640; folders 0750 }'] : []),
    ...(splits ? ['links { hard split }'] : []),
    ...(hooked ? [`hook after run ["sh", "-c", "echo $SYNCPLAN_BLOCK $SYNCPLAN_HOST >> ${ledger}"] on server`] : []),
    ...(noAgent ? [] : maybe(0.2, 'hook before run ["true"] on remote')),
    ...maybe(0.4, `transfer { mode ${random.pick(['delta', 'whole'])}; limit 20MiB/s }`),
    ...(firstOnly ? ['roots first'] : []),
    ...maybe(0.2, `route ${random.pick(['chain', 'tree'])}`),
  ];
  return { ...known, mirror, protect, fixes, splits, firstOnly, hooked, attributes, lines };
};

const textOf = (
  random: Random,
  master: ComboHost,
  hosts: readonly ComboHost[],
  blocks: readonly ComboBlock[],
): string => {
  const quoted = (path: string): string => JSON.stringify(path);
  const rootsOf = ({ there, roots, state }: ComboHost): string =>
    Object.entries(roots)
      .map(([name, paths]) => `root ${name} ${paths.map(path => quoted(`${there}/${path}`)).join(', ')}`)
      .map((text, i) => (state && i === 0 ? `${text} state ${quoted(`${there}/state`)}` : text))
      .join('; ');
  const hostText = (host: ComboHost): string =>
    `host ${host.name} at ${host.address} { ${host.shell ? 'agent shell; ' : ''}${rootsOf(host)} }`;
  const spot = ({ root, folder }: Spot): string => `${root}${folder === '' ? '' : ` ${quoted(folder)}`}`;
  const takeText = ({ items, from, into }: ComboTake): string =>
    from === into ? `take ${items} in ${spot(from)}` : `take ${items} from ${spot(from)} into ${spot(into)}`;
  const blockText = ({ name, from, after, takes, lines }: ComboBlock): string =>
    `block ${name}${after.length === 0 ? '' : ` after ${after.map(one => one.name).join(', ')}`} {
  from ${from === null ? 'master' : `of-${name}`} to to-${name}
  ${[...takes.map(takeText), ...lines].join('\n  ')}
}`;
  const roles = blocks.flatMap(({ name, from, on }) => [
    `role to-${name} is ${on.map(host => host.name).join(', ')}`,
    ...(from === null ? [] : [`role of-${name} is ${from.name}`]),
  ]);
  const [first, ...others] = hosts.map(hostText);
  return `syncplan 1
fleet {
  ${[hostText(master), first, `region far { group g { ${others.join('\n')} } }`].join('\n  ')}
}
role master is m
${roles.join('\n')}
class xs where ext is x
class ys where ext is y
class small where size < 1KiB
class inside where path under "sub"
${random.pick(['', 'route tree', 'route chain', 'transfer { compress 3 }', 'transfer { encrypt off }'])}
${blocks.map(blockText).join('\n')}
`;
};

type Selecting = Pick<ComboTake, 'items' | 'selects'>;

const isFile = ({ kind }: Found): boolean => kind !== 'folder';
const hasExt = (path: string, ext: string): boolean => /^.*[^/]\.([^./]+)$/s.exec(path)?.[1] === ext;
const isSmall = (found: Found): boolean => found.kind === 'link' || (found.kind === 'file' && found.size < 1024);

const ALL: Selecting = { items: 'all', selects: () => true };
const BUT_SUB: Selecting = { items: 'all except inside', selects: path => !path.startsWith('sub/') };
const XS: Selecting = { items: 'xs', selects: (path, found) => isFile(found) && hasExt(path, 'x') };
const SPLITS: readonly (readonly [Selecting, Selecting])[] = [
  [XS, { items: 'all except xs', selects: (path, found) => !XS.selects(path, found) }],
  [XS, { items: 'ys', selects: (path, found) => isFile(found) && hasExt(path, 'y') }],
  [{ items: 'inside', selects: path => path.startsWith('sub/') }, BUT_SUB],
  [
    { items: '"sub/**"', selects: (path, found) => isFile(found) && path.startsWith('sub/') },
    { items: 'all except "sub"', selects: path => !path.split('/').includes('sub') },
  ],
  [
    { items: 'small', selects: (_, found) => isSmall(found) },
    { items: 'all except small', selects: (_, found) => !isSmall(found) },
  ],
];
const AREAS = ['area-a', 'area-b', 'area-c'];
const HANDED: Spot = { root: 'r1', folder: 'zone-area-c' };
const MORE = ['mode, modified, owner, group', 'mode, modified, xattr', 'mode, modified, special'];
