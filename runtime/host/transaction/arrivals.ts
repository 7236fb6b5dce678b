// What comes into staging, told step by step to those who pass it on while it is still arriving.

/** One file on its way into staging, as it grows. */
export type Arrival = {
  /** So much of its content is written. */
  bytes: number;
  /** Null while it is arriving. `whole` with its digest: it is staged. `gone`: nothing of it is there any more. */
  end: { readonly is: 'whole'; readonly digest: string } | { readonly is: 'gone' } | null;
};

export type Arrivals = {
  readonly grew: (index: number, bytes: number) => void;
  /** It is staged, with this digest; null: it is not, or not any more. */
  readonly ended: (index: number, digest: string | null) => void;
  /** The transaction ends: nothing more comes. */
  readonly close: () => void;
  readonly isClosed: () => boolean;
  /** Null where nothing of this step is arriving. */
  readonly of: (index: number) => Arrival | null;
  /** How often something was said. */
  readonly count: () => number;
  /** Calls back whenever something is said of a step, with -1 when all ends; returns what ends that. */
  readonly watch: (watcher: (index: number) => void) => () => void;
};

export const makeArrivals = (): Arrivals => {
  const watchers = new Set<(index: number) => void>();
  const arriving = new Map<number, Arrival>();
  let closed = false;
  let count = 0;
  const tell = (index: number): void => {
    count++;
    for (const watcher of watchers) watcher(index);
  };
  return {
    grew(index, bytes) {
      const arrival = arriving.get(index);
      if (arrival === undefined) arriving.set(index, { bytes, end: null });
      else arrival.bytes = bytes;
      tell(index);
    },
    ended(index, digest) {
      const arrival = arriving.get(index);
      if (arrival !== undefined) arrival.end = digest === null ? { is: 'gone' } : { is: 'whole', digest };
      arriving.delete(index);
      tell(index);
    },
    close() {
      closed = true;
      for (const arrival of arriving.values()) arrival.end = { is: 'gone' };
      arriving.clear();
      tell(-1);
    },
    isClosed: () => closed,
    of: index => arriving.get(index) ?? null,
    count: () => count,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
};
