// `commit together`: no host of a block switches before every host of it is ready, and none does when one is not.

export type Barrier = {
  /** True once all have arrived; false as soon as one has failed. */
  readonly arrive: () => Promise<boolean>;
  /** Who cannot get ready says so; it does no harm after all have arrived. */
  readonly fail: () => void;
  /** One has failed: who has not begun need not. */
  readonly hasFailed: () => boolean;
};

export const makeBarrier = (count: number): Barrier => {
  let missing = count;
  let failed = false;
  let open: (all: boolean) => void = () => undefined;
  const all = new Promise<boolean>(resolve => {
    open = resolve;
  });
  return {
    arrive() {
      missing -= 1;
      if (missing === 0) open(true);
      return all;
    },
    fail() {
      // Some may have gone through by now.
      if (missing > 0) failed = true;
      open(false);
    },
    hasFailed: () => failed,
  };
};

/** For blocks whose hosts switch each by itself. */
export const noBarrier: Barrier = { arrive: async () => true, fail: () => undefined, hasFailed: () => false };
