// Findings 5xxx: blocks, what they take, their order, and how they come into each other's way.
import { quoted } from '../../grammar/findings.js';
import { kind, listing } from './finding.js';

export const afterCycle = kind({
  code: 'SP5001',
  severity: 'error',
  title: 'blocks that wait for each other in a circle',
  explanation: 'A block starts when those named by `after` have ended. In a circle none would ever start.',
  example: 'block a after b { … }\nblock b after a { … }\n',
  say: (chain: readonly string[]) => [
    `the block ${quoted(chain[0] ?? '')} waits for itself: ${chain.join(' → ')}`,
    'leave one of the `after` out',
  ],
});

export const sameFolder = kind({
  code: 'SP5002',
  severity: 'error',
  title: 'source and target are the same folder',
  explanation:
    'The master’s folder and the remote’s are one and the same on one machine, or one lies in the other and what is taken would be taken again.',
  example:
    'fleet {\n  host here at local { root files "./files" }\n  host there at local { root files "./files" }\n}\n',
  say: (master: string, remote: string, path: string, inside: boolean) => [
    inside
      ? `the target on ${quoted(remote)} and the source on ${quoted(master)} lie in one another: ${quoted(path)}`
      : `source and target are the same folder: ${quoted(path)}, on ${quoted(master)} and on ${quoted(remote)}`,
    inside ? 'choose another folder, or leave it out with `except`' : 'give one of the hosts another folder',
  ],
});

export const certainOverlap = kind({
  code: 'SP5003',
  severity: 'error',
  title: 'two selections write the same path of the same host',
  explanation:
    'What one takes contains what the other takes, in the same folder of the same host: which content would win depends on chance.',
  example: 'block app { take all in www }\nblock docs { take "docs/**" in www }\n',
  say: (a: string, b: string, where: string, hosts = false) => [
    `${a} and ${b} write the same paths of ${where}`,
    hosts
      ? 'take one of the two hosts out, or give it a root of its own'
      : 'leave in one what the other takes out with `except`',
  ],
});

export const possibleOverlap = kind({
  code: 'SP5004',
  severity: 'warning',
  title: 'two selections possibly write the same path of the same host',
  explanation:
    'The two are not disjoint by extension, folder or name, so a file may belong to both. `except` keeps them apart.',
  example:
    'block programs { take program in www }   # where executable\nblock pages { take page in www }         # where ext is html\n',
  say: (a: string, b: string, where: string) => [
    `${a} and ${b} possibly write the same paths of ${where}`,
    'make them disjoint by extension, folder or name, or with `except`',
  ],
});

export const idleOrder = kind({
  code: 'SP5005',
  severity: 'error',
  title: 'an item in an order that selects nothing the block takes',
  explanation:
    'The order speaks of files that this block never touches; probably another class was meant, or a `take` is missing.',
  example: 'block app { take page in www; order picture, page }\n',
  say: (item: string) => [`${item} selects nothing that this block takes`, 'leave it out of the order, or take it'],
});

export const orderOverlap = kind({
  code: 'SP5006',
  severity: 'warning',
  title: 'classes that overlap inside an order',
  explanation: 'A file goes with the last item that matches it. Where two classes overlap, that may surprise.',
  example:
    'class asset where not ext is map\nclass page where ext is html\nblock app { take asset in www; order asset, page }\n',
  say: (first: string, second: string) => [
    `the classes ${quoted(first)} and ${quoted(second)} overlap`,
    `a file of both goes with ${quoted(second)}, which stands later`,
  ],
});

export const idleItem = kind({
  code: 'SP5007',
  severity: 'error',
  title: 'an item that can match nothing',
  explanation:
    'Its conditions exclude each other, or the list behind its `listed in` names no path, so no file can ever be selected by it.',
  example: 'class page where ext is html and ext is css\nblock app { take page in www }\n',
  say: (item: string, emptyList: string | null) =>
    emptyList === null
      ? [`${item} can match nothing: its conditions exclude each other`, 'was `or` meant?']
      : [
          `${item} can match nothing: the list ${quoted(emptyList)} names no path`,
          'write paths into it, one a line, or leave the item out',
        ],
});

export const openGuard = kind({
  code: 'SP5008',
  severity: 'warning',
  title: 'a deletion guard that allows everything',
  explanation:
    '`max 100%` allows a remote to lose all it has. Without any `max` a block that would shrink by more than half is refused.',
  example: 'block app { take all in www; delete mirror { max 100% } }\n',
  say: () => [
    'this guard allows everything to be deleted',
    'choose a smaller bound, such as `max 10%`, or leave it out: then half is the bound',
  ],
});

export const routeCycle = kind({
  code: 'SP5009',
  severity: 'error',
  title: 'a route that goes in a circle',
  explanation:
    'A route is a tree with the master as its root. In a circle nobody would be the first to have the content.',
  example: 'route { a -> b; b -> a }\n',
  say: (chain: readonly string[]) => [`the route goes in a circle: ${chain.join(' → ')}`, 'leave one of the edges out'],
});

export const unreachableHost = kind({
  code: 'SP5010',
  severity: 'error',
  title: 'hosts that a route does not reach',
  explanation: 'Every remote must be reachable from the master along the edges of the route.',
  example: 'role remote is web-01, web-02\nroute { build -> web-01 }\n',
  absence: true,
  say: (block: string, hosts: readonly string[]) => [
    `the route of the block ${quoted(block)} does not reach ${listing(hosts)}`,
    'add an edge to them, as in `build -> eu.web`',
  ],
});

export const badEdge = kind({
  code: 'SP5011',
  severity: 'error',
  title: 'a malformed edge of a route',
  explanation: 'An edge is `HOST -> HOST, …`: from one host (or several) to others.',
  example: 'route { build eu.web }\n',
  say: () => ['this is no edge of a route', 'an edge is written `build -> eu.web`'],
});

export const secondSender = kind({
  code: 'SP5012',
  severity: 'error',
  title: 'a host that a route reaches twice',
  explanation: 'A route is a tree: each host receives from one other.',
  example: 'route { a -> c; b -> c }\n',
  say: (host: string, first: string, second: string) => [
    `${quoted(host)} would receive from ${quoted(first)} and from ${quoted(second)}`,
    'keep one of the two edges',
  ],
});

export const idleException = kind({
  code: 'SP5013',
  severity: 'error',
  title: 'a `for` about hosts that are no remotes of the block',
  explanation:
    'What `for` says holds for remotes of its block. Of a region or a group, those count that are among them.',
  example: 'block app { take all in www; for build { consistency none } }   # build is the master\n',
  absence: true,
  say: (name: string, block: string, remotes: readonly string[]) => [
    `${quoted(name)} has no remote of the block ${quoted(block)}`,
    remotes.length === 0 ? null : `its remotes are ${listing(remotes)}`,
  ],
});

export const secondException = kind({
  code: 'SP5014',
  severity: 'error',
  title: 'a host in two `for` of one block',
  explanation: 'Which of the two would hold for it is nobody’s guess.',
  example: 'for eu.web { consistency none }\nfor web-01 { consistency lock }   # of eu.web, too\n',
  say: (host: string, block: string) => [
    `${quoted(host)} is in two \`for\` of the block ${quoted(block)}`,
    'leave it out of one of them',
  ],
});

export const idleHook = kind({
  code: 'SP5015',
  severity: 'error',
  title: 'a hook that waits for what its block never takes',
  explanation: 'It would never run; probably another class was meant, or a `take` is missing.',
  example: 'block app { take page in www; hook after changed config run ["x"] on remote }\n',
  say: (item: string) => [
    `${item} selects nothing that this block takes, so the hook would never run`,
    'leave `changed …` out, or take it',
  ],
});

export const mixedCommit = kind({
  code: 'SP5016',
  severity: 'warning',
  title: '`commit together` of hosts with and without locks',
  explanation:
    'No host switches before all are ready. A host under a lock keeps its files locked meanwhile, also while others wait and try again what changed.',
  example: 'block app { take all in www; consistency lock; commit together; for web-02 { consistency verify } }\n',
  say: (locked: string, open: string) => [
    `${quoted(locked)} stays locked until hosts without a lock, such as ${quoted(open)}, are ready, too`,
    'give all of them the same consistency, or say `commit independent`',
  ],
});

export const closedFolder = kind({
  code: 'SP5017',
  severity: 'warning',
  title: 'a lock by permissions that closes folders of another block',
  explanation:
    'While it is held, the folders of the block are closed to others, with everything below them: also to programs that need the other block’s files in the same folders, and to the other block itself.',
  example: 'block a { take "*.html" in www; consistency lock { by permissions } }\nblock b { take "*.css" in www }\n',
  say: (block: string, other: string, host: string) => [
    `this lock closes folders that hold files of the block ${quoted(other)} as well, on ${quoted(host)}`,
    `keep the files of ${quoted(block)} in folders of their own, or lock \`by advisory\``,
  ],
});

export const beyondDriver = kind({
  code: 'SP5018',
  severity: 'error',
  title: 'more than a host without an agent can do',
  explanation:
    'SFTP carries files and nothing else, and a shell is driven for files alone: on both, locks are advisory and neither by permissions nor by command, no program of a plan can run, and access lists and extended attributes are out of reach.',
  example: 'fleet { host shop at "sftp://shop.example.net" }\nblock app { consistency lock { by permissions } }\n',
  say: (what: string, host: string, driver: string) => [
    `${quoted(what)} cannot be done on ${quoted(host)}, which is driven by ${driver}`,
    'leave it out, keep this host in a role and block of its own, or have an agent drive it: an address without `sftp://`, and `agent node`',
  ],
});

export const rivalCommands = kind({
  code: 'SP5019',
  severity: 'error',
  title: '`commit together` under different lock commands',
  explanation:
    'A master is blocked by one lock command at a time, and no host switches before all are ready: those under the other command would wait for ever.',
  example:
    'block app {\n  take all in www\n  consistency lock { by command ["a"] release ["b"] }\n  commit together\n  for web-02 { consistency lock { by command ["c"] release ["d"] } }\n}\n',
  say: (first: string, other: string) => [
    `${quoted(first)} and ${quoted(other)} lock the master by different commands, and would wait for each other`,
    'give all of them the same command, or say `commit independent`',
  ],
});

export const unorderedHandingOn = kind({
  code: 'SP5020',
  severity: 'warning',
  title: 'a block that takes what another one brings, and does not wait for it',
  explanation:
    'The master of one block is a remote of the other, and both have the same files there. Blocks without `after` between them run side by side: what is handed on may be what stood there before, and only the next run brings the rest.',
  example:
    'block out { from build to edge; take all in www }\nblock on { from edge to shops; take all in www }   # better: block on after out\n',
  say: (then: string, first: string, host: string) => [
    `the block ${quoted(then)} takes from ${quoted(host)} what the block ${quoted(first)} brings there, and does not wait for it`,
    `say \`block ${then} after ${first}\``,
  ],
});

export const timesNotCarried = kind({
  code: 'SP5021',
  severity: 'warning',
  title: '`compare quick` of files whose times are not carried',
  explanation:
    'Quick comparison finds files equal whose size and time are. Where the block does not give its files the master’s times, hardly any ever are, and every run sends all of them again.',
  example: 'block app { take all in www; compare quick; attributes mode }\n',
  say: (block: string, attributes: readonly string[]) => [
    `the block ${quoted(block)} compares by times that it does not carry, so every run sends its files again`,
    `say \`attributes ${[...attributes, 'modified'].join(', ')}\`, or compare by checksum`,
  ],
});
