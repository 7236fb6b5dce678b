// Ctrl-C, TERM and HUP: the first asks for a stop at the next safe point, the second ends the program at once.

export type Interrupts = { readonly signal: AbortSignal; readonly release: () => void };

export const INTERRUPTED = 130;

export const catchInterrupts = (process: NodeJS.Process, say: (text: string, last?: boolean) => void): Interrupts => {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      say('syncplan: stopped at once; the next run finishes what was begun\n', true);
      process.exit(INTERRUPTED);
    }
    say('syncplan: stopping at the next safe point; once more to stop at once\n');
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    // A run that is being stopped ends at once at the second word, however far it has come by then.
    release: () => {
      if (controller.signal.aborted) return;
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
