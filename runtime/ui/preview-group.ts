// Which hosts of a block face exactly the same: they share one entry of a preview.
import { isDeepStrictEqual } from 'node:util';
import type { ChangeLine, PreviewRelation } from '../engine/events.js';

export type Alike = { readonly relation: PreviewRelation; readonly hosts: string[] };

/** In the order of the relations. Every relation is compared with one of each group only, and a difference ends it early. */
export const groupAlike = (relations: readonly PreviewRelation[]): Alike[] => {
  const groups: Alike[] = [];
  for (const relation of relations) {
    const group = groups.find(other => isAlike(other.relation, relation));
    if (group === undefined) groups.push({ relation, hosts: [relation.host] });
    else group.hosts.push(relation.host);
  }
  return groups;
};

const isAlike = (a: PreviewRelation, b: PreviewRelation): boolean => {
  const { host: _a, changes: changesOfA, ...restOfA } = a;
  const { host: _b, changes: changesOfB, ...restOfB } = b;
  return (
    a.block === b.block &&
    a.bytes === b.bytes &&
    changesOfA.length === changesOfB.length &&
    isDeepStrictEqual(restOfA, restOfB) &&
    (changesOfA === changesOfB || changesOfA.every((change, i) => isSame(change, changesOfB[i]!)))
  );
};

const isSame = (a: ChangeLine, b: ChangeLine): boolean =>
  a.change === b.change && a.path === b.path && a.kind === b.kind && a.bytes === b.bytes && a.detail === b.detail;
