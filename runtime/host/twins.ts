// Twins, as the port knows them: content that a host need not be sent, because it holds it under another path of the same root.

/** A step by its index, and a digest by its selection's algorithm, as a byte string; of its first `bytes` where it was only
 * begun. */
export type Leftover = { readonly index: number; readonly digest: string; readonly bytes?: number };

export type Twins = {
  /** `file` steps without content for which some file may be a twin by what was listed (runtime/tree/twins.ts), ascending. Nothing
   * is read for it. Asked anew, it forgets what it told before. */
  readonly find: () => Promise<readonly number[]>;
  /** Digests the files that may serve at once, while the master's digests come in; then stages those of the steps just told
   * whose digest one of them has, verified and with its final attributes. What is not told of has to be sent. */
  readonly stage: (digests: AsyncIterable<readonly Leftover[]>) => Promise<readonly Twin[]>;
};

/** A step that is staged. `moved`: what it was made of loses its name by another step of the same list; else it was copied. */
export type Twin = { readonly index: number; readonly moved: boolean };
