// What a connection has opened, by number, and the order in which calls on one thing happen.
import { WireError } from '../../bytes/wire.js';
import { HostError } from '../host-error.js';

/** Numbered things of this connection; a number that was never given, or was given back, is refused. */
export const makeShelf = <T>(what: string) => {
  const shelf = new Map<number, T>();
  let last = 0;
  const get = (id: number): T => {
    const thing = shelf.get(id);
    if (thing === undefined) throw new WireError(`there is no ${what} ${id} on this connection`);
    return thing;
  };
  return {
    get,
    put(thing: T): number {
      if (shelf.size === MAX_HELD) {
        throw new HostError('failed', `more than ${MAX_HELD} of a kind (${what}) are open`, 'Close some first.');
      }
      shelf.set(++last, thing);
      return last;
    },
    take(id: number): T {
      const thing = get(id);
      shelf.delete(id);
      return thing;
    },
  };
};

/** Calls on one thing, one after another: `next` waits for all before it, `after` too but lets later ones pass. */
export const makeOrder = () => {
  const tails = new Map<string, Promise<unknown>>();
  return {
    after: async <T>(key: string, work: () => Promise<T>): Promise<T> => {
      await tails.get(key);
      return work();
    },
    next: <T>(key: string, work: () => Promise<T>): Promise<T> => {
      const before = tails.get(key);
      const result = before === undefined ? work() : before.then(work);
      // A call that fails does not stop the next; the last one to end cleans up.
      const tail: Promise<unknown> = result
        .catch(() => {})
        .then(() => {
          if (tails.get(key) === tail) tails.delete(key);
        });
      tails.set(key, tail);
      return result;
    },
  };
};

const MAX_HELD = 100_000;
