// `commit together`: no host of a block switches before every host of it is ready, and none does when one is not.

export type Barrier = {
  /** True once all have arrived; false as soon as one has failed. */
  readonly arrive: () => Promise<boolean>;
  /** Who cannot get ready says so, and whether that is because the run was interrupted; it does no harm after all have arrived. */
  readonly fail: (host: string, interrupted?: boolean) => void;
  /** One has failed: who has not begun need not. */
  readonly hasFailed: () => boolean;
  /** The first that failed; '' where none has. */
  readonly firstFailed: () => string;
  /** It did so because the run was interrupted. */
  readonly wasInterrupted: () => boolean;
  /** Who arrives now waits for others. */
  readonly mustWait: () => boolean;
};

export const makeBarrier = (count: number): Barrier => {
  let missing = count;
  let failed = '';
  let interruption = false;
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
    fail(host, interrupted = false) {
      // Some may have gone through by now.
      if (missing > 0 && failed === '') {
        failed = host;
        interruption = interrupted;
      }
      open(false);
    },
    hasFailed: () => failed !== '',
    firstFailed: () => failed,
    wasInterrupted: () => interruption,
    mustWait: () => missing > 1 && failed === '',
  };
};

/** For blocks whose hosts switch each by itself. */
export const noBarrier: Barrier = {
  arrive: async () => true,
  fail: () => undefined,
  hasFailed: () => false,
  firstFailed: () => '',
  wasInterrupted: () => false,
  mustWait: () => false,
};
