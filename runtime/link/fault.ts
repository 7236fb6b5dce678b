// How a link fails, as an error of the port: the link is lost, neither of its hosts is.
import { HostError } from '../host/host-error.js';

export const linkFault = (message: string, cause?: unknown): HostError =>
  new HostError(
    'link',
    `the data link ${message}`,
    'content goes through the machine that runs syncplan instead',
    cause,
  );

/** What the system, or the cipher, says in few words. */
export const shortly = (error: unknown): string => {
  const { code, reason, message } = error as { code?: string; reason?: string; message?: string };
  return reason ?? code ?? message ?? String(error);
};
