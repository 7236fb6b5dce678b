// Hosts of which doctor would say the same stand together: what differs from one to the next by its nature keeps none apart.
//
// That is: their names and addresses within a message, how exactly a clock is known that is as ours, and free space.
import type { HostPlan } from '../../compiler/plan.js';
import { isAlike } from './doctor-about.js';
import { type Row, rowsOf } from './doctor-rows.js';
import type { Examined } from './examine.js';
import type { ExaminedAbout } from './examine-about.js';
import type { Trouble } from './trouble.js';

export type Seen = { readonly found: Examined; readonly host: HostPlan };
export type Fold = { readonly hosts: readonly HostPlan[]; readonly rows: readonly Row[] };

/** In the order of the first of each. */
export const foldAlike = (all: readonly Seen[]): Fold[] => {
  const folds = new Map<string, Seen[]>();
  for (const seen of all) {
    const key = JSON.stringify(rowsOf(blurred(seen), { atLeast: false }));
    const known = folds.get(key);
    if (known === undefined) folds.set(key, [seen]);
    else known.push(seen);
  }
  return [...folds.values()].map(seen => ({
    hosts: seen.map(({ host }) => host),
    rows: rowsOf(seen.map(({ found }) => found).reduce(worstOf), { atLeast: seen.length > 1 }),
  }));
};

const blurred = ({ found, host }: Seen): Examined => {
  const { address } = host;
  const blur = (text: string): string => {
    const words = [host.id, ...(address.kind === 'local' ? [] : [address.host])];
    return words.reduce((left, word) => left.replaceAll(word, '*'), text).replace(/\bport \d+|-p \d+/g, '*');
  };
  const dim = (trouble: Trouble | undefined): { trouble?: Trouble } =>
    trouble === undefined ? {} : { trouble: { ...trouble, message: blur(trouble.message), help: blur(trouble.help) } };
  return {
    ...found,
    ...(found.about === undefined ? {} : { about: withClock(found.about, blurredClock(found.about.clock)) }),
    roots: found.roots.map(root => ({ ...root, space: root.space === null ? null : NO_SPACE, ...dim(root.trouble) })),
    ...dim(found.trouble),
  };
};

/** Two of which the same is said: the less exact clock, the smaller space. Names are the first one's. */
const worstOf = (one: Examined, other: Examined): Examined => ({
  ...one,
  ...(one.about === undefined || other.about === undefined
    ? {}
    : { about: withClock(one.about, lessExact(one.about.clock, other.about.clock)) }),
  roots: one.roots.map((root, i) => ({ ...root, space: smaller(root.space, other.roots[i]?.space ?? null) })),
});

type Clock = ExaminedAbout['clock'];
type Space = Examined['roots'][number]['space'];

const withClock = (about: ExaminedAbout, clock: Clock): ExaminedAbout => ({ ...about, clock });

const blurredClock = (clock: Clock): Clock =>
  clock !== null && clock !== 'ours' && isAlike(clock) ? { ahead: 0, within: 0 } : clock;

const lessExact = (one: Clock, other: Clock): Clock =>
  one === null || one === 'ours' || other === null || other === 'ours' || one.within >= other.within ? one : other;

const smaller = (one: Space, other: Space): Space =>
  one === null || other === null
    ? one
    : { bytes: Math.min(one.bytes, other.bytes), inodes: Math.min(one.inodes, other.inodes) };

const NO_SPACE = { bytes: 0, inodes: 0 };
