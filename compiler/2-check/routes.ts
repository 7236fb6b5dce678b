// Routes by edges: known hosts, each with one sender, no circle, and every remote reached from the master.
import type { Name, Statement } from '../../grammar/ast.js';
import type { HostModel, PlanModel, RouteModel } from '../1-resolve/model.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';

export const checkRoutes = (model: PlanModel, report: Report): void => {
  for (const route of model.routes) {
    if (route.statement.body === null) continue;
    const tree = readTree(route.statement, model, report);
    if (tree === null || reportCircle(tree, report)) continue;
    reportUnreached(route, tree, model, report);
  }
};

/** Who sends to a host, and the edge that says so. */
export type Tree = ReadonlyMap<HostModel, { readonly sender: HostModel; readonly edge: Statement }>;

/** null where a host is unknown, or an edge malformed. */
export const readTree = (route: Statement, model: PlanModel, report: Report): Tree | null => {
  const tree = new Map<HostModel, { sender: HostModel; edge: Statement }>();
  let isWhole = true;
  for (const edge of route.body?.statements ?? []) {
    const arrow = edge.items.findIndex(({ kind }) => kind === 'arrow');
    const isName = (item: Statement['items'][number]): item is Name => item.kind === 'name';
    const left = [edge.head, ...edge.items.slice(0, Math.max(0, arrow)).filter(isName)].map(name =>
      model.fleet.find(name.text, name.span),
    );
    const right = edge.items
      .slice(arrow + 1)
      .filter(isName)
      .map(name => model.fleet.find(name.text, name.span));
    const senders = left.flatMap(hosts => hosts ?? []);
    if (arrow < 0 || left.includes(null) || right.includes(null)) {
      isWhole = false;
      continue;
    }
    // A name on both sides is left out of the right one.
    const receivers = right.flatMap(hosts => hosts ?? []).filter(host => !senders.includes(host));
    for (const receiver of new Set(receivers)) {
      for (const sender of senders) {
        const first = tree.get(receiver);
        if (first === undefined) tree.set(receiver, { sender, edge });
        else if (first.sender !== sender) {
          const labels = first.edge === edge ? [] : [{ span: first.edge.span, message: 'the other edge' }];
          report(finding(blocks.secondSender, edge.span, [receiver.id, first.sender.id, sender.id], { labels }));
          isWhole = false;
        }
      }
    }
  }
  return isWhole ? tree : null;
};

const reportCircle = (tree: Tree, report: Report): boolean => {
  const done = new Set<HostModel>();
  for (const start of tree.keys()) {
    const trail: HostModel[] = [];
    for (let at: HostModel | undefined = start; at !== undefined && !done.has(at); at = tree.get(at)?.sender) {
      if (trail.includes(at)) {
        const circle = [...trail.slice(trail.indexOf(at)), at].reverse();
        const edge = tree.get(at)?.edge;
        if (edge !== undefined) report(finding(blocks.routeCycle, edge.span, [circle.map(({ id }) => id)]));
        return true;
      }
      trail.push(at);
    }
    for (const host of trail) done.add(host);
  }
  return false;
};

const reportUnreached = (route: RouteModel, tree: Tree, model: PlanModel, report: Report): void => {
  const own = new Set(model.routes.map(({ block }) => block));
  for (const block of model.blocks) {
    const isFor = route.block === null ? !own.has(block) : route.block === block;
    const [master] = block.masters ?? [];
    if (!isFor || master === undefined || block.remotes === null) continue;
    const unreached = block.remotes.filter(remote => !leadsTo(master, remote, tree));
    if (unreached.length > 0) {
      report(finding(blocks.unreachableHost, route.statement.head.span, [block.name, unreached.map(({ id }) => id)]));
    }
  }
};

const leadsTo = (master: HostModel, remote: HostModel, tree: Tree): boolean => {
  let at: HostModel | undefined = remote;
  while (at !== undefined && at !== master) at = tree.get(at)?.sender;
  return at === master;
};
