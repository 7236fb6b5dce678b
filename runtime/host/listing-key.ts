// What the pages of a take depend on beside the files themselves, as one text: the same text, and the same files have the same pages.
import type { FileTest } from '../../compiler/plan.js';
import type { Path } from '../tree/path.js';
import type { FileVerbs, Stat } from './file-verbs.js';
import type { Selection } from './host.js';

/** Where syncplan's own folder lies, which is never listed. */
export type OwnPlace = {
  readonly state: Path | null;
  readonly stateFolder: Pick<Stat, 'device' | 'inode'> | null;
};

/** `top` is the folder taken. Null where it depends on more: on how old a file is now, on extended attributes, on names that nothing tells the state of. */
export const listingKey = (
  { side, folder, terms, attributes, set, numbers, times, timeStep, links }: Selection,
  { state, stateFolder }: OwnPlace,
  names: FileVerbs['names'],
  top: Pick<Stat, 'owner' | 'group'>,
): string | null => {
  const tests = terms.flatMap(({ include, except }) => (except === null ? [include] : [include, except]));
  if (tests.some(test => mentions(test, ['age']))) return null;
  if (attributes.some(attribute => attribute === 'acl' || attribute === 'xattr')) return null;
  const byName =
    attributes.some(attribute => attribute === 'owner' || attribute === 'group') ||
    (set !== null && (set.owner !== null || set.group !== null)) ||
    tests.some(test => mentions(test, ['owner', 'group']));
  const known = byName ? names.state?.() : '';
  if (known === undefined) return null;
  // The way it is mounted may give everything another owner, and no file another time.
  const owners = byName ? [known, numbers, top.owner, top.group] : [];
  const place = [state, stateFolder?.device ?? null, stateFolder?.inode ?? null];
  // Who asks may not be allowed to look for names that another was told.
  const { user, groups } = names.self();
  return JSON.stringify([side, folder, terms, attributes, set, times, timeStep, links, place, owners, user, groups]);
};

const mentions = (test: FileTest, kinds: readonly FileTest['is'][]): boolean => {
  if (test.is === 'not') return mentions(test.test, kinds);
  if (test.is === 'and' || test.is === 'or') return test.tests.some(one => mentions(one, kinds));
  return kinds.includes(test.is);
};
