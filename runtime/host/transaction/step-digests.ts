// Digests of the content that was staged for each step, side by side in one buffer: a million of them are 16 MB.

export type StepDigests = {
  readonly set: (index: number, digest: string) => void;
  /** '' where none is known. */
  readonly get: (index: number) => string;
  readonly forget: (index: number) => void;
};

/** For `count` steps. The first digest says how long all of them are; one of another length is not kept. */
export const makeStepDigests = (count: number): StepDigests => {
  let width = 0;
  let store = Buffer.alloc(0);
  const known = new Uint8Array(count);
  return {
    set(index, digest) {
      if (width === 0) {
        width = digest.length;
        store = Buffer.allocUnsafe(count * width);
      }
      known[index] = digest.length === width && width > 0 ? 1 : 0;
      if (known[index] === 1) store.write(digest, index * width, 'latin1');
    },
    get: index => (known[index] === 1 ? store.toString('latin1', index * width, (index + 1) * width) : ''),
    forget(index) {
      known[index] = 0;
    },
  };
};
