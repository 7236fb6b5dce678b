// Owner and group of what is put in place: by name where this machine knows it, else by number – or named as impossible.
//
// Only root gives files to others. Everybody may give what is his to a group that he is in. What cannot be given is told
// before anything is staged, never left out in silence.

import { readPortable, TAG } from '../../tree/access-list.js';
import type { Action } from '../../tree/action.js';
import type { Problem } from '../../tree/entry.js';
import { ACCESS_LIST, DEFAULT_LIST, decodeExtras } from '../../tree/extra.js';
import type { FileVerbs } from '../file-verbs.js';

/** As numbers; null leaves it as it is. */
export type Owners = { readonly owner: number | null; readonly group: number | null };

type Here = { readonly verbs: Pick<FileVerbs, 'names'>; readonly privileged: boolean };

/** Of a step that was not refused. */
export const givenOwners = (
  { verbs: { names }, privileged }: Here,
  { owner, group }: { readonly owner: string | null; readonly group: string | null },
): Owners => ({
  owner: privileged && isAsked(owner) ? idOf(owner, names.userId) : null,
  group: isAsked(group) ? idOf(group, names.groupId) : null,
});

/** Why the step cannot be done here as it is asked for, or null. */
export const refuseOwners = (here: Here, action: Action): Problem | null => {
  if (action.do !== 'file' && action.do !== 'folder' && action.do !== 'link' && action.do !== 'adjust') return null;
  const { path, owner, group } = action;
  const { names } = here.verbs;
  if (isAsked(owner)) {
    const id = idOf(owner, names.userId);
    if (id === null) return unknown(path, 'user', owner);
    // What is already somebody's stays his; what is made here is ours.
    const possible = here.privileged || (action.do !== 'adjust' && id === names.self().user);
    if (!possible) return denied(path, 'owner', owner, 'not root there');
  }
  if (isAsked(group)) {
    const id = idOf(group, names.groupId);
    if (id === null) return unknown(path, 'group', group);
    const possible = here.privileged || names.self().groups.includes(id);
    if (!possible) return denied(path, 'group', group, 'neither root there nor in that group');
  }
  const extra = action.do === 'link' ? null : action.extra;
  return isAsked(extra) ? refuseLists(here, path, extra) : null;
};

/** Everybody whom an access list names must be known. */
const refuseLists = ({ verbs: { names } }: Here, path: string, extra: string): Problem | null => {
  for (const { name, value } of decodeExtras(extra)) {
    if (name !== ACCESS_LIST && name !== DEFAULT_LIST) continue;
    for (const { tag, who } of readPortable(value)) {
      if (tag === TAG.user && idOf(who, names.userId) === null) return unknown(path, 'user', who);
      if (tag === TAG.group && idOf(who, names.groupId) === null) return unknown(path, 'group', who);
    }
  }
  return null;
};

export const idOf = (name: string, find: (name: string) => number | null): number | null =>
  find(name) ?? (/^\d{1,10}$/.test(name) ? Number(name) : null);

const isAsked = (value: string | null): value is string => value !== null && value !== '';

const denied = (path: string, what: 'owner' | 'group', who: string, why: string): Problem => ({
  path,
  code: 'denied',
  message: `cannot change ${what} to ${who}: ${why}`,
  help: `log in as root there, or leave \`${what}\` out of the attributes and the \`set\` of the block`,
});

const unknown = (path: string, what: 'user' | 'group', who: string): Problem => {
  const attribute = what === 'user' ? '`owner`' : '`group`';
  return {
    path,
    code: 'unsupported',
    message: `cannot give it to ${what} ${who}: there is no such ${what} there`,
    help: `make the ${what} there, or leave ${attribute} and \`acl\` out of the attributes, and ${attribute} out of the \`set\`, of the block`,
  };
};
