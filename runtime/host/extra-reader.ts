// Reads extended attributes and access lists of one side as what travels, and remembers the digest of each by its path.
import type { Hasher } from '../bytes/digest.js';
import { portable } from '../tree/access-list.js';
import { ACCESS_LIST, DEFAULT_LIST, digestExtras, type Extra, encodeExtras, managesExtra } from '../tree/extra.js';
import type { Path } from '../tree/path.js';
import { type ExtraAt, type ExtraVerbs, type Fault, type FileVerbs, isFault } from './file-verbs.js';
import type { Selection } from './host.js';
import { HostError } from './host-error.js';
import type { Managed } from './managed.js';

export type ExtraReader = {
  readonly verbs: ExtraVerbs;
  /** Canonical (tree/extra.ts); one answer for each. */
  readonly read: (batch: readonly ExtraAt[]) => Promise<readonly (string | Fault)[]>;
  readonly digest: (extras: string) => string;
  /** Digests of what was listed or looked up; nothing for what has none. */
  readonly known: Map<Path, string>;
};

/** Null where the selection manages none; throws where it does and this host cannot. */
export const makeExtraReader = (
  verbs: FileVerbs,
  { attributes }: Selection,
  managed: Pick<Managed, 'listedUser' | 'listedGroup'>,
  hasher: Hasher,
): ExtraReader | null => {
  if (managesExtra(attributes) === null) return null;
  const { extras } = verbs;
  if (extras === null) throw withoutExtras();
  const naming = { user: managed.listedUser, group: managed.listedGroup };
  return {
    verbs: extras,
    async read(batch) {
      const answers = await extras.read(batch, attributes);
      return answers.map(answer => (isFault(answer) ? answer : canonical(answer, naming)));
    },
    digest: text => digestExtras(text, hasher),
    known: new Map(),
  };
};

export const withoutExtras = (): HostError =>
  new HostError(
    'unsupported',
    'extended attributes and access lists can be carried only where an agent on Linux drives the files',
    'leave `acl` and `xattr` out of the attributes of the block, or leave this host out of it',
  );

const canonical = (extras: readonly Extra[], naming: Parameters<typeof portable>[2]): string | Fault => {
  const carried: Extra[] = [];
  for (const extra of extras) {
    const list = extra.name === ACCESS_LIST ? 'access' : extra.name === DEFAULT_LIST ? 'default' : null;
    const value = list === null ? extra.value : portable(extra.value, list, naming);
    if (value === null) return { fault: 'EINVAL', message: 'its access list has a form that is not known' };
    carried.push({ name: extra.name, value });
  }
  return encodeExtras(carried);
};
