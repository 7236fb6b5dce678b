// The one exception: a whole host is lost or refuses. Everything smaller is a Problem value.

export const HOST_ERROR_CODES = [
  'unreachable',
  'refused-key',
  'refused-user',
  'unknown-host-key',
  'changed-host-key',
  'no-node',
  'old-node',
  'no-agent',
  'lost',
  'silent',
  'protocol',
  'missing-root',
  'bad-root',
  'locked',
  'no-space',
  'unsupported',
  /** A data link could not be opened, or broke; neither of its hosts is lost. */
  'link',
  'cancelled',
  'failed',
] as const;
export type HostErrorCode = (typeof HOST_ERROR_CODES)[number];

/** `message` says what was being done on which host and why it failed; `help` what to do. */
export class HostError extends Error {
  readonly code: HostErrorCode;
  readonly help: string;

  constructor(code: HostErrorCode, message: string, help: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HostError';
    this.code = code;
    this.help = help;
  }
}

/** The help of a lock that a run holds; who knows that the plan can have it waited for longer says that as well. */
export const WAIT_FOR_RUN = 'Wait until that run has ended, then run the same command again.';

/** Data to protect, not a machine out of order: such a failure exits 4. */
export const isRefusal = (error: HostError): boolean =>
  error.code === 'unknown-host-key' ||
  error.code === 'changed-host-key' ||
  error.code === 'missing-root' ||
  error.code === 'bad-root';
