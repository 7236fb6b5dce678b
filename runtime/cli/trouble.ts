// What doctor says is wrong with a host or a folder of it.
import { HostError, isRefusal } from '../host/host-error.js';
import { displayMessage } from '../ui/display.js';

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

/** The message as it may be shown where its host stands above it already. */
export const withoutHost = (message: string, host: string): string => {
  const rest = message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
  const words = rest.split(' ');
  const at = words.findIndex((word, i) => words[i - 1] === 'on' && word.replace(/[:,]$/, '') === host);
  if (at < 0) return displayMessage(rest);
  const before = words.slice(0, at - 1).join(' ');
  return displayMessage([`${before}${words[at]!.slice(host.length)}`, ...words.slice(at + 1)].join(' '));
};
