// Of problems that differ only in their path, or in their host where that was lost, a log tells the first ones, and how many more there were; advice is given once.
import type { RunEvent, Summary } from '../engine/events.js';
import { kindOf } from './host-fault.js';

type Told = Extract<RunEvent, { type: 'problem' | 'inconsistent' }>;

export type FewOfAKind = {
  /** Is this one told by name, and with its advice? It is counted otherwise. */
  readonly take: (event: Told) => { readonly named: boolean; readonly advised: boolean };
  /** The host that was lost before and of which the same was told, but for its names; null where this one is to be told. */
  readonly sameAs: (lost: Summary['hosts'][number]) => string | null;
  /** What was only counted for a relation since it was asked last. */
  readonly counted: (at: { readonly block: string; readonly host: string }) => readonly Counted[];
};

export type Counted = { readonly message: string; readonly count: number };

export const fewOfAKind = (most = MOST_NAMED): FewOfAKind => {
  const kinds = new Map<string, Map<string, { named: number; more: number; readonly message: string }>>();
  const advised = new Set<string>();
  const hosts = new Map<string, string>();
  return {
    take(event) {
      const message = event.type === 'problem' ? event.message : event.why;
      const help = event.type === 'problem' ? event.help : '';
      const place = placeOf(event);
      const ofPlace = kinds.get(place) ?? new Map();
      kinds.set(place, ofPlace);
      const key = `${event.type} ${message}\0${help}`;
      const kind = ofPlace.get(key) ?? { named: 0, more: 0, message };
      ofPlace.set(key, kind);
      if (kind.named >= most) {
        kind.more++;
        return { named: false, advised: false };
      }
      kind.named++;
      const isFirst = !advised.has(key);
      advised.add(key);
      return { named: true, advised: isFirst };
    },
    sameAs(lost) {
      const kind = kindOf(lost);
      const first = most === Number.POSITIVE_INFINITY ? undefined : hosts.get(kind);
      if (first === undefined) hosts.set(kind, lost.host);
      return first ?? null;
    },
    counted(at) {
      const found: Counted[] = [];
      for (const kind of kinds.get(placeOf(at))?.values() ?? []) {
        if (kind.more > 0) found.push({ message: kind.message, count: kind.more });
        kind.more = 0;
      }
      return found;
    },
  };
};

const placeOf = ({ block, host }: { readonly block: string; readonly host: string }): string => `${block} ${host}`;

const MOST_NAMED = 5;
