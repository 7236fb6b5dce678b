// Hosts of which doctor would say the same stand together: what differs from one to the next by its nature keeps none apart.
//
// That is: their names, addresses and ports within what failed, how exactly a clock is known that is as ours, and free space.
// Where such a word differs, a word in capitals stands in its place, and it is said what that is for whom.
import type { HostPlan } from '../../compiler/plan.js';
import { displayText } from '../ui/display.js';
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
    const key = sayingOf(seen, WORDS);
    const known = folds.get(key);
    if (known === undefined) folds.set(key, [seen]);
    else known.push(seen);
  }
  return [...folds.values()].map(seen => ({ hosts: seen.map(({ host }) => host), rows: rowsFor(seen) }));
};

/** With as few words in capitals as it takes for all of them to be told the same. */
const rowsFor = (seen: readonly Seen[]): Row[] => {
  const words = CHOICES.find(choice => new Set(seen.map(one => sayingOf(one, choice))).size === 1) ?? WORDS;
  const found = seen.map(one => named(one, words)).reduce(worstOf);
  return rowsOf(found, { atLeast: seen.length > 1 }).map(row => ({ ...row, ...legendOf(row, words, seen) }));
};

/** What its words in capitals stand for, and for whom. */
const legendOf = (row: Row, words: readonly Word[], seen: readonly Seen[]): Pick<Row, 'where'> => {
  const used = words.filter(word => new RegExp(`\\b${word}\\b`).test(`${row.text} ${row.help ?? ''}`));
  return used.length === 0 ? {} : { where: used.map(word => `${word} is ${standsFor(word, seen)}`).join('; ') };
};

const standsFor = (word: Word, seen: readonly Seen[]): string => {
  const values = seen.map(one => ({ name: displayText(one.host.id), value: displayText(meaningOf(word, one)) }));
  if (values.every(({ name, value }) => name === value)) return 'the name of each';
  const shown = values.slice(0, NAMED).map(({ name, value }) => `${value} for ${name}`);
  const more = values.length > NAMED ? [`so on for ${values.length - NAMED} more`] : [];
  const all = [...shown, ...more];
  return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
};

type Word = 'HOST' | 'NAME' | 'ADDRESS' | 'PORT';

/** What ssh calls a host by itself, and its port, stand in what failed alone: they may be of the SSH configuration. */
const meaningOf = (word: Word, { found, host }: Seen): string => {
  if (word === 'NAME') return host.id;
  if (word === 'HOST') return hostOf(host);
  const said = [found.trouble, ...found.roots.map(({ trouble }) => trouble)].map(one => one?.message ?? '').join(' ');
  return (word === 'ADDRESS' ? CALLED : PORT).exec(said)?.[0] ?? '?';
};

const hostOf = ({ address, id }: HostPlan): string => (address.kind === 'local' ? id : address.host);

/** All that would be said of a host, but for what differs by its nature. */
const sayingOf = (seen: Seen, words: readonly Word[]): string => {
  const { about, roots, ...found } = named(seen, words);
  const blurred = {
    ...found,
    ...(about === undefined ? {} : { about: withClock(about, blurredClock(about.clock)) }),
    roots: roots.map(root => ({ ...root, space: root.space === null ? null : NO_SPACE })),
  };
  return JSON.stringify(rowsOf(blurred, { atLeast: false }));
};

/** With these words in the place of its own. */
const named = ({ found, host }: Seen, words: readonly Word[]): Examined => {
  const say = (text: string): string =>
    words.reduce((left, word) => {
      if (word === 'PORT') return left.replace(new RegExp(PORT, 'g'), word);
      if (word === 'ADDRESS') return left.replace(new RegExp(CALLED, 'g'), word);
      return swap(left, word === 'HOST' ? hostOf(host) : host.id, word);
    }, text);
  const dim = (trouble: Trouble | undefined): { trouble?: Trouble } => {
    if (trouble === undefined) return {};
    // The name before a message is not shown.
    const label = `${host.id}: `;
    const message = trouble.message.startsWith(label) ? trouble.message.slice(label.length) : trouble.message;
    return { trouble: { ...trouble, message: say(message), help: say(trouble.help) } };
  };
  return { ...found, roots: found.roots.map(root => ({ ...root, ...dim(root.trouble) })), ...dim(found.trouble) };
};

/** A name where it stands by itself, not within another one. */
const swap = (text: string, name: string, word: Word): string => {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w.-])${literal}(?![\\w-]|\\.\\w)`, 'g'), word);
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
/** In the order in which they are put in. */
const WORDS: readonly Word[] = ['HOST', 'NAME', 'ADDRESS', 'PORT'];
/** Some of them, the fewest first. */
const CHOICES: readonly (readonly Word[])[] = Array.from({ length: 2 ** WORDS.length }, (_, bits) =>
  WORDS.filter((_word, at) => (bits >> at) % 2 === 1),
).sort((a, b) => a.length - b.length);
const PORT = /(?<=\bport |-p )\d+/;
/** As ssh says it of a connection or a login. */
const CALLED = /[^\s@]+(?= port (?:\d|PORT)|: Permission denied)|(?<=resolve hostname )[^\s:]+/;
/** Of so many it is said what a word stands for. */
const NAMED = 8;
