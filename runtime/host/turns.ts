// Turns: work on one thing waits until all that was begun on it before has ended; work on other things does not.

export type Turns = <T>(thing: string, work: () => Promise<T>) => Promise<T>;

export const makeTurns = (): Turns => {
  const last = new Map<string, Promise<unknown>>();
  return (thing, work) => {
    // However that ended: whoever began it is told.
    const mine = (last.get(thing) ?? Promise.resolve()).then(work);
    const ended = mine.then(
      () => forget(),
      () => forget(),
    );
    const forget = (): void => {
      if (last.get(thing) === ended) last.delete(thing);
    };
    last.set(thing, ended);
    return mine;
  };
};
