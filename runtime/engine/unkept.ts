// What a plan asks of a host and that host cannot promise, each thing once, with the blocks that ask and what to do about it.
import type { BlockPlan, Consistency, LockStrategy, Plan } from '../../compiler/plan.js';
import type { About, Host } from '../host/host.js';
import { lockOnMaster } from './check-locks.js';
import { NAMELESS, NAMELESS_HELP, ownersByName } from './check-owners.js';
import type { Unkept } from './events.js';

/** Of the host only what it is, and which tools it has, where that was asked. */
export const unkeptOf = (plan: Plan, host: Able, about: Tools): Unkept[] => {
  const found = new Map<string, Unkept & { readonly blocks: string[] }>();
  for (const block of plan.blocks) {
    const side = block.master === host.label ? 'master' : block.remotes.includes(host.label) ? 'remote' : null;
    if (side === null) continue;
    for (const one of unkeptIn(plan, block, side, host, about)) {
      const key = JSON.stringify(one);
      const known = found.get(key) ?? { blocks: [], ...one };
      known.blocks.push(block.name);
      found.set(key, known);
    }
  }
  // What fails first.
  return [...found.values()].sort((a, b) => Number(b.fails) - Number(a.fails));
};

/** As much of a host as it takes. */
export type Able = Pick<Host, 'label' | 'kind' | 'facts'> & {
  readonly locks: Pick<NonNullable<Host['locks']>, 'ways'> | null;
  readonly programs: object | null;
};
type Tools = Pick<About, 'tools'>;
type Found = Omit<Unkept, 'blocks'>;
type Side = 'master' | 'remote';

const unkeptIn = (plan: Plan, block: BlockPlan, side: Side, host: Able, about: Tools): Found[] => [
  ...locking(block, side, host, about),
  ...running(block, side, host),
  ...carrying(block, side, host, about),
  ...(side === 'remote' ? owning(plan, block, host) : []),
  ...comparing(block, side, host),
];

const locking = (block: BlockPlan, side: Side, host: Able, about: Tools): Found[] => {
  const asked = block.remotes
    .filter(remote => side === 'master' || remote === host.label)
    .map(remote => block.consistencyOf[remote] ?? block.consistency);
  const found = unheld(asked, side, host);
  if (found.length > 0) return found;
  const locks = asked.some(({ strategy }) => strategy === 'lock');
  if (host.locks !== null) {
    const strategies = asked.flatMap(lockStrategies);
    if (hasTool(about, 'flock') || strategies.every(({ by }) => by.kind !== 'advisory')) return [];
    const why = 'there is no flock: runs are kept out, but not programs that take this lock by flock';
    const help = host.kind === 'sftp' ? otherwise(host, 'see that no program relies on it') : installed('util-linux');
    return [{ asks: 'a lock by advisory', why, help, fails: false }];
  }
  if (locks) {
    return [
      {
        asks: '`consistency lock`',
        why: 'it has no locks',
        help: otherwise(host, 'choose another consistency'),
        fails: true,
      },
    ];
  }
  if (asked.some(one => one.strategy === 'verify' && one.then !== 'fail')) {
    const why = 'it has no locks: where files keep changing the block fails there instead';
    return [{ asks: '`then lock`', why, help: otherwise(host, 'say `then fail` for it'), fails: false }];
  }
  return [];
};

/** Those that it asks for, at once or later. */
const lockStrategies = (asked: Consistency): readonly LockStrategy[] => {
  if (asked.strategy === 'lock') return [asked];
  return asked.strategy === 'verify' && asked.then !== 'fail' ? [asked.then] : [];
};

/** Locks in ways that the host does not have; on a master folders are not closed. */
const unheld = (asked: readonly Consistency[], side: Side, host: Able): Found[] => {
  const able = host.locks?.ways;
  if (able === undefined) return [];
  const ways = (strategies: readonly LockStrategy[]): string => {
    const kinds = strategies.map(({ by }) => (side === 'master' ? lockOnMaster(by) : by).kind);
    return [...new Set(kinds)].filter(kind => !able.includes(kind)).join(' and by ');
  };
  const always = ways(asked.filter(one => one.strategy === 'lock'));
  const later = ways(asked.flatMap(one => (one.strategy === 'verify' && one.then !== 'fail' ? [one.then] : [])));
  const why = 'its shell holds advisory locks only';
  const help = otherwise(host, 'lock it by advisory there');
  const found: Found[] = [];
  if (always !== '') found.push({ asks: `\`consistency lock\` by ${always}`, why, help, fails: true });
  if (later !== '') {
    const instead = `${why}: where files keep changing the block fails there instead`;
    found.push({ asks: `\`then lock\` by ${later}`, why: instead, help, fails: false });
  }
  return found;
};

const running = ({ hooks }: BlockPlan, side: Side, host: Able): Found[] => {
  if (host.programs !== null || !hooks.some(({ on }) => on === side)) return [];
  return [{ asks: 'a hook', why: 'it runs no programs', help: withoutPrograms(host), fails: true }];
};

/** What to do where a host runs no programs. */
export const withoutPrograms = (host: Pick<Host, 'kind'>): string =>
  host.kind === 'shell' || host.kind === 'sftp'
    ? otherwise(host, 'run the hook `on server`')
    : 'allow it to this key in a policy file there ("hooks": true), or run the hook `on server`';

const carrying = ({ attributes, links }: BlockPlan, side: Side, host: Able, about: Tools): Found[] => {
  const found: Found[] = [];
  const extra = attributes.filter(attribute => attribute === 'acl' || attribute === 'xattr');
  if (extra.length > 0) {
    const asks = `attributes ${extra.join(', ')}`;
    if (host.kind === 'shell' || host.kind === 'sftp') {
      found.push({ asks, why: 'they are not carried', help: otherwise(host, 'leave them out'), fails: true });
    } else if (!hasTool(about, 'getfattr') || (side === 'remote' && !hasTool(about, 'setfattr'))) {
      found.push({ asks, why: 'getfattr and setfattr are missing there', help: installed('attr'), fails: true });
    }
  }
  if (side === 'remote' && links.hard === 'keep' && !host.facts.hardLinks) {
    const help = otherwise(host, 'say `links { hard split }` to mean it');
    found.push({ asks: 'hard links', why: 'names of one file become files of their own', help, fails: false });
  }
  return found;
};

const owning = (plan: Plan, block: BlockPlan, { facts }: Able): Found[] => {
  const { attributes, set } = block;
  const what = ownersByName(block);
  // A master that is driven by SFTP most likely has numbers only as well.
  const isNumbered = plan.hosts.find(({ id }) => id === block.master)?.agent === 'sftp';
  if (facts.nameless === true && what !== null && !isNumbered)
    return [{ asks: `${what} by name`, why: NAMELESS, help: NAMELESS_HELP, fails: true }];
  const owners = attributes.some(one => one === 'owner' || one === 'group') || set?.owner != null || set?.group != null;
  if (!owners || facts.privileged) return [];
  const why = `${facts.user} may give files only to himself and to his groups`;
  return [{ asks: 'owners or groups', why, help: 'say `become root` for it, or leave them out', fails: false }];
};

const comparing = ({ compare, transfer, transferOf }: BlockPlan, side: Side, host: Able): Found[] => {
  const found: Found[] = [];
  if (side === 'remote' && (transferOf[host.label] ?? transfer).mode === 'delta' && wholeOnly(host)) {
    const help = otherwise(host, 'say `mode whole` to mean it');
    found.push({ asks: '`mode delta`', why: 'files that have changed are sent whole', help, fails: false });
  }
  const { digests } = host.facts;
  if (compare.by === 'checksum' && digests !== undefined && !digests.made.includes(compare.algorithm)) {
    const often = digests.remembered ? 'once for each change' : 'in every run';
    const why = `nothing there makes that one: files of equal size, and what is to be replaced or deleted, are read back over the network, ${often}`;
    const [another] = digests.made;
    const help =
      another === undefined
        ? otherwise(host, SEEN_OR_QUICK)
        : `say \`compare checksum ${another}\`, which it makes itself`;
    found.push({ asks: `\`compare checksum ${compare.algorithm}\``, why, help, fails: false });
  }
  if (compare.by === 'quick' && host.facts.timeStep > 1) {
    const why = 'it keeps whole seconds: a change within one that keeps the size goes unnoticed';
    const [made] = digests?.made ?? [''];
    const help =
      made === undefined
        ? QUICK_ENOUGH
        : `say \`compare checksum${made === '' ? '' : ` ${made}`}\`, which it makes itself`;
    found.push({ asks: '`compare quick`', why, help: otherwise(host, help), fails: false });
  }
  return found;
};

/** Where nothing makes checksums, each way has its price, and neither is said to be the cure of the other. */
const SEEN_OR_QUICK =
  'leave it, if every change has to be seen: it works, and takes its time; if not, `compare quick` goes by size and time';
const QUICK_ENOUGH =
  'leave it, unless something there writes a file twice within a second: no comparison sees that without reading all of it back';

const wholeOnly = ({ kind }: Able): boolean => kind === 'shell' || kind === 'sftp';

/** What is not told is taken for there. */
const hasTool = ({ tools }: Tools, name: string): boolean => tools.every(one => one.name !== name || one.path !== '');

const installed = (name: string): string => `install it there; on Debian: sudo apt-get install ${name}`;

const otherwise = ({ kind }: Pick<Host, 'kind'>, other: string): string =>
  kind === 'sftp'
    ? `${other}; or reach it by ssh, if the account has a shell: at "USER@HOST" with \`agent auto\``
    : `${other}; or install Node.js 18 or later there, or say \`agent push-runtime\` for it`;
