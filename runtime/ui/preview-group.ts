// Which hosts of a block face exactly the same: they share one entry of a preview.
import { isDeepStrictEqual } from 'node:util';
import type { ChangeLine, PreviewRelation } from '../engine/events.js';

export type Alike = {
  readonly relation: PreviewRelation;
  readonly hosts: string[];
  /** The roots that are to be created, each path once. */
  readonly roots: string[];
};

/** In the order of the relations. Every relation is compared with one of each group only, and a difference ends it early. */
export const groupAlike = (relations: readonly PreviewRelation[]): Alike[] => {
  const groups: Alike[] = [];
  for (const relation of relations) {
    const group = groups.find(other => isAlike(other.relation, relation));
    const root = relation.createsRoot;
    if (group === undefined) groups.push({ relation, hosts: [relation.host], roots: root === null ? [] : [root] });
    else {
      group.hosts.push(relation.host);
      if (root !== null && !group.roots.includes(root)) group.roots.push(root);
    }
  }
  return groups;
};

const isAlike = (a: PreviewRelation, b: PreviewRelation): boolean => {
  const { host: _a, changes: changesOfA, createsRoot: rootOfA, ...restOfA } = a;
  const { host: _b, changes: changesOfB, createsRoot: rootOfB, ...restOfB } = b;
  return (
    a.block === b.block &&
    a.bytes === b.bytes &&
    // Where each keeps its root is no difference in what is done there.
    (rootOfA === null) === (rootOfB === null) &&
    changesOfA.length === changesOfB.length &&
    isDeepStrictEqual(restOfA, restOfB) &&
    (changesOfA === changesOfB || changesOfA.every((change, i) => isSame(change, changesOfB[i]!)))
  );
};

const isSame = (a: ChangeLine, b: ChangeLine): boolean =>
  a.change === b.change && a.path === b.path && a.kind === b.kind && a.bytes === b.bytes && a.detail === b.detail;
