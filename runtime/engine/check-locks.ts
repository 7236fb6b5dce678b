// Refuses what a host cannot lock in the way that `consistency lock` asks for, before anything is written anywhere.
//
// `then lock` is what may become necessary: it is refused when it does.
import type { LockBy } from '../../compiler/plan.js';
import type { Host } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { consistencyOf, type Relation } from './relation.js';

/** Throws HostError 'unsupported'. */
export const checkLocks = (relation: Relation, remote: Host, master: Host): void => {
  const consistency = consistencyOf(relation);
  if (consistency.strategy !== 'lock') return;
  const { name } = relation.block;
  check(remote, name, consistency.by.kind);
  check(master, name, lockOnMaster(consistency.by).kind);
};

/** Others may go on reading a master, so its folders are not closed. */
export const lockOnMaster = (by: LockBy): LockBy => (by.kind === 'permissions' ? ADVISORY : by);

export const ADVISORY: LockBy = { kind: 'advisory' };

type Way = NonNullable<Host['locks']>['ways'][number];

const check = ({ label, kind, locks }: Host, block: string, way: Way): void => {
  if (locks?.ways.includes(way) === true) return;
  const by = locks === null ? '' : ` by ${way}`;
  const advisory = locks === null ? '' : ', such as `lock { by advisory }`';
  throw new HostError(
    'unsupported',
    `${label} cannot lock block ${block}${by}: it is driven by ${kind === 'sftp' ? 'SFTP' : 'its shell'}`,
    `Choose another consistency for this host${advisory} (\`for ${label} { consistency … }\`), or have it driven by an agent: install Node.js 18 or later there.`,
  );
};
