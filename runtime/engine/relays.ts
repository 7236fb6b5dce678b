// The remotes of a block as relays: where each stands, who gets from whom, and who is asked next.
//
//  1. Nobody waits for who is not ready: a relay is asked while it is staging, or once it has ended.
//  2. Nobody follows who follows it: of two that stage, one at most waits for the other.
//  3. Nearest first: of the same group, of the same region, any; then the master.
//  4. A relay that altered content is not asked again in this run, by nobody.
import { setTimeout } from 'node:timers/promises';
import { type HostPlan, type Plan, type RoutePlan, sectionOf, type TransferPlan } from '../../compiler/plan.js';
import type { Transaction } from '../host/host.js';
import type { Path } from '../tree/path.js';
import type { RouteOutline } from './events.js';
import type { Linking } from './linking.js';
import { hasFailed, type Relation } from './relation.js';
import { nearestOf, routeTree } from './route.js';
import type { Work } from './work.js';

export type Relays = {
  /** It gets from another remote, by its block's route. */
  readonly isReceiver: (relation: Relation) => boolean;
  /** Waits until who is to send to it is ready, or has ended; not for long. */
  readonly ready: (relation: Relation) => Promise<void>;
  /** From now on it can be asked for what it stages. */
  readonly serve: (relation: Relation, transaction: Transaction, work: Work) => void;
  /** What it was staging is in place, or will never be. */
  readonly leave: (relation: Relation) => void;
  /** Who is asked next, beside those that were; null for the master. */
  readonly next: (relation: Relation, asked: ReadonlySet<string>) => Source | null;
  /** False where it was before. */
  readonly distrust: (source: Source) => boolean;
  /** What it got of this path was not what the master holds, as it found itself: what it passed on of it is not its fault. */
  readonly deceive: (relation: Relation, part: number, path: Path) => void;
  readonly wasDeceived: (relation: Relation, part: number, path: Path) => boolean;
};

/** A relay as one of its receivers asks it. */
export type Source = {
  readonly id: string;
  /** The same relay is another source once it has ended. */
  readonly key: string;
  readonly relation: Relation;
  /** Null once it has ended: what it has is in place. */
  readonly staging: { readonly transaction: Transaction; readonly work: Work } | null;
  /** How content travels from it. */
  readonly transfer: TransferPlan;
};

type Post = {
  readonly relation: Relation;
  readonly stop: HostPlan;
  sender: string;
  state: 'waiting' | 'staging' | 'ended';
  staging: Source['staging'];
  distrusted: boolean;
  readonly deceived: Set<string>;
};

type Block = { readonly route: RoutePlan; readonly posts: ReadonlyMap<string, Post> };

export const makeRelays = (plan: Plan, relations: readonly Relation[], linking: Pick<Linking, 'isGivenUp'>): Relays => {
  const blocks = blocksOf(plan, relations);
  const news = makeNews();
  const postOf = ({ block, host }: Relation): Post | null => blocks.get(block.name)?.posts.get(host) ?? null;
  const isReady = ({ state, relation }: Post): boolean => state !== 'waiting' && !hasLeft(relation);

  /** Going up from `at`, does one come past `id`? */
  const follows = (at: Post, id: string, { posts }: Block): boolean => {
    for (let one: Post | undefined = at; one?.state === 'staging'; one = posts.get(one.sender)) {
      if (one.sender === id) return true;
    }
    return false;
  };

  /** Beside this one: how many get from each, and how far from the master each is. */
  const placed = (among: readonly Post[], { posts }: Block, besides: Post) =>
    among.map(post => {
      const children = [...posts.values()].filter(one => one !== besides && one.sender === post.stop.id).length;
      let depth = 1;
      for (let at = posts.get(post.sender); at !== undefined && depth <= posts.size; at = posts.get(at.sender)) depth++;
      return { stop: post.stop, depth, children };
    });

  return {
    isReceiver: relation => (postOf(relation)?.sender ?? relation.block.master) !== relation.block.master,
    async ready(relation) {
      const block = blocks.get(relation.block.name);
      const sender = block?.posts.get(postOf(relation)?.sender ?? '');
      if (sender === undefined) return;
      const enough = new AbortController();
      const late = setTimeout(PATIENCE_MS, true, { signal: enough.signal }).catch(() => true);
      let isLate = false;
      while (sender.state === 'waiting' && !hasLeft(sender.relation) && !isLate)
        isLate = await Promise.race([news.next().then(() => false), late]);
      enough.abort();
    },
    serve(relation, transaction, work) {
      const post = postOf(relation);
      if (post === null) return;
      post.state = 'staging';
      post.staging = { transaction, work };
      news.tell();
    },
    leave(relation) {
      const post = postOf(relation);
      if (post === null) return;
      // Not switched yet, it will stage again or has failed; what failed is told by the relation.
      post.state = relation.state === 'staging' || relation.state === 'locking' ? 'waiting' : 'ended';
      post.staging = null;
      news.tell();
    },
    next(relation, asked) {
      const block = blocks.get(relation.block.name);
      const own = postOf(relation);
      if (block === undefined || own === null || own.sender === relation.block.master) return null;
      const refused = [...block.posts.keys()].filter(id => linking.isGivenUp(id, relation.host)).length;
      const able = [...block.posts.values()].filter(
        post =>
          post !== own &&
          !post.distrusted &&
          isReady(post) &&
          !asked.has(keyOf(post)) &&
          !linking.isGivenUp(post.stop.id, relation.host) &&
          !follows(post, relation.host, block),
      );
      if (refused + asked.size >= MOST_ASKED) return null;
      const planned = able.find(({ stop }) => stop.id === own.sender);
      const id = (planned ?? nearestOf(own.stop, placed(able, block, own)))?.stop.id;
      const post = id === undefined ? undefined : block.posts.get(id);
      if (post === undefined) return null;
      own.sender = post.stop.id;
      const { between, betweenOf } = block.route;
      const transfer = (betweenOf[relation.host] ?? between)[sectionOf(post.stop, own.stop)];
      return { id: post.stop.id, key: keyOf(post), relation: post.relation, staging: post.staging, transfer };
    },
    distrust({ relation }) {
      const post = postOf(relation);
      if (post === null || post.distrusted) return false;
      post.distrusted = true;
      return true;
    },
    deceive(relation, part, path) {
      postOf(relation)?.deceived.add(`${part}/${path}`);
    },
    wasDeceived: (relation, part, path) => postOf(relation)?.deceived.has(`${part}/${path}`) ?? false,
  };
};

/** The routes of blocks as they are meant to begin; hosts that get everything through this machine are not in them. */
export const routesOf = (plan: Plan, relations: readonly Relation[]): readonly RouteOutline[] =>
  [...blocksOf(plan, relations)].map(([block, { posts }]) => ({
    block,
    edges: [...posts].map(([host, { sender }]) => ({ from: sender, host })),
  }));

/** Those that have a route, with who can take part in it. */
const blocksOf = (plan: Plan, relations: readonly Relation[]): ReadonlyMap<string, Block> => {
  const stops = new Map(plan.hosts.map(host => [host.id, host]));
  const blocks = new Map<string, Block>();
  for (const { block } of relations) {
    if (block.route === undefined || blocks.has(block.name)) continue;
    const able = relations.filter(one => one.block === block && canRelay(one));
    blocks.set(block.name, { route: block.route, posts: postsOf(block.route, block.master, able, stops) });
  }
  return blocks;
};

/** By host id, each with its sender as the route says; senders first. */
const postsOf = (
  route: RoutePlan,
  master: string,
  relations: readonly Relation[],
  stops: ReadonlyMap<string, HostPlan>,
): ReadonlyMap<string, Post> => {
  const of = new Map(relations.map(relation => [relation.host, relation]));
  const senders = routeTree(
    route,
    stops.get(master)!,
    relations.map(({ host }) => stops.get(host)!),
  );
  return new Map(
    [...senders].map(([id, sender]) => {
      const [relation, stop] = [of.get(id)!, stops.get(id)!];
      return [id, { relation, stop, sender, state: 'waiting', staging: null, distrusted: false, deceived: new Set() }];
    }),
  );
};

/** What runs there can open links; content goes to all others through this machine. */
const canRelay = (relation: Relation): boolean => !hasFailed(relation) && relation.remoteHost?.links != null;

/** It will stage nothing any more, and what it has is not what the plan says. */
const hasLeft = (relation: Relation): boolean => hasFailed(relation) && relation.state !== 'partial';

const keyOf = ({ stop, state }: Post): string => `${stop.id} ${state}`;

const makeNews = () => {
  let told: () => void = () => undefined;
  let next = new Promise<void>(resolve => {
    told = resolve;
  });
  return {
    next: () => next,
    tell() {
      const before = told;
      next = new Promise<void>(resolve => {
        told = resolve;
      });
      before();
    },
  };
};

/** Who is not ready by then is passed over. */
const PATIENCE_MS = 10_000;
/** Who could not be reached from so many is reached from here. */
const MOST_ASKED = 4;
