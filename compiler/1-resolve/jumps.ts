// The hosts that a host is reached through: `via` names one of the fleet, which may have a `via` of its own, or an address.
//
// 1. A host is not reached through itself: where what goes down the fleet names the host, the next level outside counts.
// 2. A host of the fleet is reached as the fleet says; a quoted address as ssh itself would, with the same configuration.
import { finding } from '../catalog/finding.js';
import * as catalog from '../catalog/fleet.js';
import type { Jump, SshPlace } from '../plan.js';
import type { Address } from './address.js';
import type { Level, Surroundings, Via } from './level.js';
import type { FindHosts, HostModel } from './model.js';

export type Reached = { readonly host: HostModel; readonly level: Level };

/** The first to be passed first; empty where there is none, or where it was faulty, which is reported once. */
export const resolveJumps = (
  reached: readonly Reached[],
  find: FindHosts,
  { report }: Surroundings,
): ((host: HostModel) => readonly Jump[]) => {
  const levels = new Map(reached.map(({ host, level }) => [host, level]));
  const meant = new Map<Via, HostModel | null>();
  const circles = new Set<Via>();

  const hostOf = (via: Via & { readonly reference: string }): HostModel | null => {
    if (meant.has(via)) return meant.get(via) ?? null;
    const found = find(via.reference, via.span);
    const [host = null] = found ?? [];
    const isOne = found?.length === 1 && host?.isLocal === false;
    if (found !== null && !isOne) {
      const why = found.length === 1 ? 'is this machine' : `means ${found.length} hosts`;
      report(finding(catalog.badJump, via.span, [via.reference, why]));
    }
    meant.set(via, isOne ? host : null);
    return isOne ? host : null;
  };

  const jumpsOf = (host: HostModel, behind: readonly HostModel[]): readonly Jump[] => {
    const via = viaOf(levels.get(host) ?? null, one => 'reference' in one && hostOf(one) === host);
    if (via === null || host.isLocal) return [];
    if ('address' in via) return [plainJump(via.address, host)];
    const next = hostOf(via);
    if (next === null || next.address === null || next.address.kind === 'local') return [];
    if (behind.includes(next)) {
      if (!circles.has(via)) report(finding(catalog.jumpCircle, via.span, [host.id, next.id]));
      circles.add(via);
      return [];
    }
    const { kind, ...place } = next.address;
    return [...jumpsOf(next, [...behind, host]), place];
  };

  return host => jumpsOf(host, []);
};

/** The innermost that is not to be passed over. */
const viaOf = (level: Level | null, isPassed: (via: Via) => boolean): Via | null => {
  if (level === null) return null;
  return level.via !== null && !isPassed(level.via) ? level.via : viaOf(level.parent, isPassed);
};

const plainJump = (address: Address, { address: there }: HostModel): Jump => {
  const { config, base = '' }: Partial<SshPlace> = there === null || there.kind === 'local' ? {} : there;
  return { ...address, ...(config === undefined ? { base: '' } : { config, base }) };
};
