// Verbs whose calls come to pass in another order each time: what several do at one moment gets mixed as it does on a machine.
import type { FileVerbs, Maybe } from '../../runtime/host/file-verbs.js';
import type { Random } from './seeded.js';

/** Each call waits some turns of the event loop before it is done, as a whole: promises alone would let one go on to its end. */
export const scattered = (verbs: FileVerbs, random: Random): FileVerbs => {
  const late =
    <A extends readonly unknown[], T>(call: (...given: A) => Maybe<T>) =>
    async (...given: A): Promise<T> => {
      for (let turns = random.below(MOST_TURNS); turns > 0; turns--)
        await new Promise(resolve => setImmediate(resolve));
      return call(...given);
    };
  const { open, enter, list, stat, read, write, perform } = verbs;
  return {
    ...verbs,
    open: late(open),
    enter: late(enter),
    list: late(list),
    stat: late(stat),
    read: late(read),
    write: late(write),
    perform: late(perform),
  };
};

const MOST_TURNS = 4;
