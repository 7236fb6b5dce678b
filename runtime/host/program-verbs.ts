// Programs, as the port knows them: what hooks and lock commands run on a host, and what became of it.

/** Programs of hooks and lock commands, run on that host in `/` without a shell, with standard input closed; `timeout` in
 * seconds. An operator's policy there may refuse: then `code` is null and `output` names its file. */
export type Programs = {
  readonly run: (
    command: readonly string[],
    options: { readonly timeout: number; readonly environment: Readonly<Record<string, string>> },
  ) => Promise<Ended>;
};

/** All that is added to their environment by whoever runs a plan: whatever else could be named there, such as a library to be
 * loaded first, would make an allowed program do what a policy forbids. */
export const ADDED_VARIABLE = /^SYNCPLAN_(?:RUN|BLOCK|HOST|ROOT)$/;

/** `code` null: could not be started or was killed; `output` is the tail of both streams, at most 4 KiB. */
export type Ended = { readonly code: number | null; readonly output: string };
