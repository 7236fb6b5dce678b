// What is told on the way, for one listener who takes it when he can.

export type Told<T> = {
  readonly tell: (item: T) => void;
  /** Nothing more is told; an error comes after what was. */
  readonly end: (error: unknown) => void;
  readonly isOver: () => boolean;
  readonly items: () => AsyncGenerator<T>;
};

export const makeTold = <T>(): Told<T> => {
  const waiting: T[] = [];
  let over = false;
  let fault: unknown = null;
  let wake: (() => void) | null = null;
  const wakeUp = (): void => {
    wake?.();
    wake = null;
  };
  return {
    tell(item) {
      waiting.push(item);
      wakeUp();
    },
    end(error) {
      over = true;
      fault = error;
      wakeUp();
    },
    isOver: () => over,
    async *items() {
      for (;;) {
        yield* waiting.splice(0);
        if (waiting.length > 0) continue;
        if (over) break;
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
      if (fault !== null) throw fault;
    },
  };
};
