// Sleeps, but not through an interrupt.

/** Milliseconds; sooner where the signal is aborted meanwhile, which whoever slept has to ask for. */
export const sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal?.addEventListener('abort', wake);
  });
