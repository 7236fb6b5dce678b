// What a run costs on fleets larger than this machine can hold: time and bytes by number of hosts and route. Pure.
//
// Content flows as a fluid. Every machine has one uplink, shared evenly by those it sends to; a receiver is passed on no more
// than it has; who sends to whom is what runtime/engine/route.ts chooses. Not in it: downlinks, which are taken for as fast as
// all uplinks to them; losses; processors of the far machines; a relay that keeps its receivers waiting for longer than they
// have patience, who then ask another.
import type { RoutePlan, TransferPlan } from '../../compiler/plan.js';
import { routeTree, type Stop } from '../../runtime/engine/route.js';

export type Assumed = {
  readonly hosts: number;
  readonly route: 'star' | 'chain' | 'tree';
  /** Of the content, as it travels once. */
  readonly bytes: number;
  /** Bytes a second that a machine sends. */
  readonly uplink: number;
  /** Seconds to a machine and back. */
  readonly latency: number;
  /** How many hosts receive at once. */
  readonly parallel: number;
  /** Of hosts: so many to a group, so many groups to a region. The master is in the first group. */
  readonly groupOf: number;
  readonly regionOf: number;
} & Costs;

/** What was measured, not chosen (measured-points.ts). */
export type Costs = {
  /** Seconds that a run takes whatever it does. */
  readonly start: number;
  /** Seconds that each host costs the machine that commands: a handshake, an agent, its share of comparing and switching. */
  readonly perHost: number;
  /** Bytes that it is sent by the machine that commands, beside content. */
  readonly control: number;
  /** What a byte of content becomes on its way, with all heads and encryption. */
  readonly overhead: number;
};

export type Expected = {
  readonly seconds: number;
  /** By the master, which also commands. */
  readonly masterBytes: number;
  /** By the remote that sends most. */
  readonly mostBytes: number;
  readonly depth: number;
};

export const expectedOf = (assumed: Assumed): Expected => {
  const { hosts, bytes, overhead, control, start, perHost } = assumed;
  const content = bytes * overhead;
  const nodes = nodesOf(assumed);
  const depth = new Map<Node | null, number>([[null, 0]]);
  for (const node of nodes) depth.set(node, depth.get(node.sender)! + 1);
  const flow = flowTime(nodes, content, assumed);
  return {
    seconds: start + perHost * hosts + flow,
    masterBytes: content * nodes.filter(({ sender }) => sender === null).length + control * hosts,
    mostBytes: content * Math.max(0, ...nodes.map(({ receivers }) => receivers.length)),
    depth: Math.max(...depth.values()),
  };
};

type Node = {
  /** Null: the master. */
  readonly sender: Node | null;
  readonly receivers: Node[];
  got: number;
  rate: number;
  state: 'waiting' | 'receiving' | 'done';
};

/** Senders before receivers. */
const nodesOf = ({ hosts, route, groupOf, regionOf }: Assumed): readonly Node[] => {
  const stops = Array.from({ length: hosts }, (_, at): Stop => {
    const group = Math.floor(at / groupOf);
    return {
      id: `host-${String(at).padStart(6, '0')}`,
      group: `g${group}`,
      region: `r${Math.floor(group / regionOf)}`,
    };
  });
  const master: Stop = { id: 'master', group: 'g0', region: 'r0' };
  const senders = route === 'star' ? new Map() : routeTree(routePlan(route), master, stops);
  const nodes = new Map<string, Node>();
  for (const id of route === 'star' ? stops.map(stop => stop.id) : senders.keys()) {
    const sender = nodes.get(senders.get(id) ?? master.id) ?? null;
    const node: Node = { sender, receivers: [], got: 0, rate: 0, state: 'waiting' };
    sender?.receivers.push(node);
    nodes.set(id, node);
  }
  return [...nodes.values()];
};

const routePlan = (shape: 'chain' | 'tree'): RoutePlan => ({
  shape,
  senders: {},
  between: { 'same-group': PLAIN, 'same-region': PLAIN, 'other-region': PLAIN },
  betweenOf: {},
});
const PLAIN: TransferPlan = { mode: 'auto', compress: 0, encrypt: true, limit: null };

/** Seconds until the last has everything. */
const flowTime = (nodes: readonly Node[], content: number, assumed: Assumed): number => {
  const { uplink, parallel, latency } = assumed;
  const chunk = Math.min(CHUNK, content);
  // A link is agreed on, dialled and keyed; then one chunk has to be there before it is passed on.
  const hop = ROUND_TRIPS * latency + chunk / uplink;
  const queue: Node[] = [];
  const soon: { readonly at: number; readonly node: Node }[] = [];
  const receiving = new Set<Node>();
  for (const node of nodes) if (node.sender === null) queue.push(node);
  let now = ROUND_TRIPS * latency;
  let left = nodes.length;
  while (left > 0) {
    while (receiving.size < parallel && queue.length > 0) {
      const node = queue.shift()!;
      node.state = 'receiving';
      receiving.add(node);
      for (const next of node.receivers) soon.push({ at: now + hop, node: next });
    }
    setRates(receiving, uplink, chunk);
    const until = soon[0] === undefined ? Number.POSITIVE_INFINITY : soon[0].at - now;
    const step = Math.max(SHORTEST, Math.min(until, nextTurn(receiving, content, chunk)));
    now += step;
    for (const node of receiving) {
      node.got = Math.min(content, node.got + node.rate * step);
      if (node.got < content * (1 - 1e-9)) continue;
      node.state = 'done';
      receiving.delete(node);
      left--;
    }
    while (soon[0] !== undefined && soon[0].at <= now + 1e-9) queue.push(soon.shift()!.node);
  }
  return now;
};

/** Senders first, as they were begun: a receiver that has caught up gets no more than its sender does. */
const setRates = (receiving: ReadonlySet<Node>, uplink: number, chunk: number): void => {
  const bySender = new Map<Node | null, Node[]>();
  for (const node of receiving) {
    const group = bySender.get(node.sender);
    if (group === undefined) bySender.set(node.sender, [node]);
    else group.push(node);
  }
  for (const [sender, group] of bySender) {
    const most = group.map(node => (follows(node, chunk) ? sender!.rate : Number.POSITIVE_INFINITY));
    let rest = uplink;
    let count = group.length;
    // Whoever wants less than an even share leaves the rest to the others.
    for (const at of most.map((_, index) => index).sort((a, b) => most[a]! - most[b]!)) {
      const rate = Math.min(most[at]!, rest / count--);
      group[at]!.rate = rate;
      rest -= rate;
    }
  }
};

const follows = ({ sender, got }: Node, chunk: number): boolean =>
  sender !== null && sender.state === 'receiving' && got >= sender.got - chunk;

/** Seconds until one has everything or has caught up with its sender. */
const nextTurn = (receiving: ReadonlySet<Node>, content: number, chunk: number): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const node of receiving) {
    const { sender, rate, got } = node;
    if (rate > 0) least = Math.min(least, (content - got) / rate);
    if (sender === null || sender.state !== 'receiving' || follows(node, chunk) || rate <= sender.rate) continue;
    least = Math.min(least, (sender.got - chunk - got) / (rate - sender.rate));
  }
  return least;
};

/** Of content, as it is passed on at once. */
const CHUNK = 1_048_576;
/** To agree on a link, to dial it, and to prove the key. */
const ROUND_TRIPS = 4;
/** Seconds; nothing shorter is told apart. */
const SHORTEST = 0.005;
