// Why a plan could not be saved, on which hosts, and what to do: leave these out, or finish first what an earlier run began.
import type { Relation } from '../engine/relation.js';
import { listText } from '../ui/amounts.js';
import { shellQuote } from '../ui/display.js';

export type Unsaved = { readonly why: string; readonly help: string };

/** `words` make the same plan again; `output` is the file it was to be saved in. */
export const unsaved = (
  relations: readonly Relation[],
  interrupted: boolean,
  { words, output }: { readonly words: string; readonly output: string },
): Unsaved => {
  const anew = `syncplan plan ${words} -o ${shellQuote(output)}`;
  if (interrupted) return { why: 'it was interrupted before everything was compared', help: `save it anew: ${anew}` };
  const refused = relations.filter(({ refused, guards }) => refused || guards.length > 0);
  // What another one only holds back goes on once that is left out.
  const uncompared = relations.filter(
    relation => !refused.includes(relation) && (!WELL.has(relation.state) || relation.problems.length > 0),
  );
  const bad = [...refused, ...uncompared];
  if (bad.length === 0) return unfinished(relations, words);
  const why = [
    ...(uncompared.length === 0 ? [] : [`not everything could be compared on ${hostsOf(uncompared)}`]),
    ...(refused.length === 0 ? [] : [`something was refused on ${hostsOf(refused)}`]),
  ].join('; ');
  const out = leavingOut(relations, bad);
  return {
    why,
    help:
      out === null
        ? 'mend that, then save it anew: nothing would be left of the plan without it'
        : `mend that, or leave it out: ${anew} --except ${shellQuote(out.join(','))}`,
  };
};

/** `apply` finishes that before it looks, and then finds other things than were saved. */
const unfinished = (relations: readonly Relation[], words: string): Unsaved => {
  const left = relations.filter(relation => relation.unfinished > 0);
  return {
    why: `an earlier run left something unfinished on ${hostsOf(left)}; apply finishes that before anything else, so that what was saved now would no longer fit`,
    help: `apply the plan first, then save it anew: syncplan apply ${words}`,
  };
};

/** Hosts whose leaving out leaves only what is well, or blocks; null where neither does. */
const leavingOut = (relations: readonly Relation[], bad: readonly Relation[]): readonly string[] | null => {
  for (const [nameOf, kind] of [
    [({ host }: Relation) => host, 'host'],
    [({ block }: Relation) => block.name, 'block'],
  ] as const) {
    const names = new Set(bad.map(nameOf));
    if (relations.every(relation => names.has(nameOf(relation)))) continue;
    return [...names].map(name => (isBoth(relations, name) ? `${kind}:${name}` : name));
  }
  return null;
};

/** A name of a host, or the last part of one, and of a block. */
const isBoth = (relations: readonly Relation[], name: string): boolean =>
  relations.some(({ block }) => block.name === name) &&
  relations.some(({ host, block }) => [host, block.master].some(id => id === name || id.endsWith(`.${name}`)));

const hostsOf = (relations: readonly Relation[]): string => listText([...new Set(relations.map(({ host }) => host))]);

const WELL: ReadonlySet<Relation['state']> = new Set(['compared', 'skipped']);
