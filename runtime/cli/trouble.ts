// What doctor says is wrong with a host or a folder of it.
import { HostError, isRefusal } from '../host/host-error.js';

export type Trouble = {
  readonly code: string;
  readonly message: string;
  readonly help: string;
  /** A protection, not a machine out of order. */
  readonly refusal: boolean;
};

/** Why nothing may be written there, by the fault that says so. */
export const whyNot = (fault: string): string =>
  fault === 'EROFS' ? 'its file system is mounted read-only' : fault === 'EACCES' ? 'permission denied' : fault;

/** The host is gone, not one of its folders amiss. */
export const LOST: ReadonlySet<string> = new Set(['lost', 'silent', 'protocol', 'cancelled']);

export const troubleOf = (error: unknown): Trouble => {
  if (!(error instanceof HostError)) throw error;
  return { code: error.code, message: error.message, help: error.help, refusal: isRefusal(error) };
};
