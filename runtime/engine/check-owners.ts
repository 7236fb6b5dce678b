// Refuses owners by name where a host has no names, once and before anything is written, instead of file by file.
//
// That is an SFTP server in a chroot, as a rule: what it has no passwd for has a number and nothing else.
import type { BlockPlan } from '../../compiler/plan.js';
import type { Host } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import type { Relation } from './relation.js';

/** Throws HostError 'unsupported'. A master without names lists numbers, which can be given. */
export const checkOwners = ({ block }: Relation, remote: Host, master: Host): void => {
  if (remote.facts.nameless !== true || (fixedByName(block) === null && master.facts.nameless === true)) return;
  const what = ownersByName(block);
  if (what === null) return;
  const message = `${remote.label} cannot give the files of block ${block.name} their ${what} by name: ${NAMELESS}`;
  throw new HostError('unsupported', message, NAMELESS_HELP);
};

/** `owner`, `group` or both, where the block gives them by name. */
export const ownersByName = ({ attributes, set }: BlockPlan): string | null => {
  const asked = (['owner', 'group'] as const).filter(one => {
    const fixed = set?.[one] ?? null;
    return fixed === null ? attributes.includes(one) : !isNumber(fixed);
  });
  return asked.length === 0 ? null : asked.join(' and ');
};

export const NAMELESS = 'it has no list of users that may be read (in a chroot that is etc/passwd), only numbers';

export const NAMELESS_HELP =
  'leave `owner` and `group` out of `attributes`, or fix numbers: `set { owner "1000"; group "1000" }`; or put etc/passwd and etc/group with their names and numbers into the chroot';

const fixedByName = ({ set }: BlockPlan): string | null =>
  [set?.owner, set?.group].find(name => typeof name === 'string' && !isNumber(name)) ?? null;

export const isNumber = (name: string): boolean => /^\d{1,10}$/.test(name);
