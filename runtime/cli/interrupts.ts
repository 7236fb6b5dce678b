// Ctrl-C, TERM and HUP: the first asks for a stop at the next safe point, the second ends the program at once.
import { displayMessage } from '../ui/display.js';

export type Interrupts = {
  readonly signal: AbortSignal;
  readonly release: () => void;
  /** From now on it is this command that finishes what was begun, not just any next run. */
  readonly goOnBy: (command: string) => void;
};

export const INTERRUPTED = 130;

export const catchInterrupts = (process: NodeJS.Process, say: (text: string, last?: boolean) => void): Interrupts => {
  const controller = new AbortController();
  let finishes = 'the next run finishes what was begun';
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      say(`syncplan: stopped at once; ${finishes}\n`, true);
      process.exit(INTERRUPTED);
    }
    say('syncplan: stopping at the next safe point; once more to stop at once\n');
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    goOnBy(command) {
      finishes = `a saved plan is used once; to go on: ${displayMessage(command)}`;
    },
    // A run that is being stopped ends at once at the second word, however far it has come by then.
    release: () => {
      if (controller.signal.aborted) return;
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
