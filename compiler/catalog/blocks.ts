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
  say: (a: string, b: string, where: string) => [
    `${a} and ${b} write the same paths of ${where}`,
    'leave in one what the other takes out with `except`',
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
  explanation: 'Its conditions exclude each other, so no file can ever be selected by it.',
  example: 'class page where ext is html and ext is css\nblock app { take page in www }\n',
  say: (item: string) => [`${item} can match nothing: its conditions exclude each other`, 'was `or` meant?'],
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
