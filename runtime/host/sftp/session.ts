// One SFTP session: requests in flight, each with a deadline, all of them settled when the connection is lost.
//
// ssh2 forgets requests that are made after the connection is gone, and those a server never answers, so:
//  1. Every request is known here from when it is sent until it is answered; the end of the connection answers them all.
//  2. A server that answers nothing for `patience`, or one request not for HARD_LIMIT, is given up with its connection.
//  3. At most WINDOW requests are under way; the others wait their turn.
import type { SFTPWrapper } from 'ssh2';
import { HostError } from '../host-error.js';

/** The status that a server answered with, and its words. */
export type Refusal = { readonly status: number; readonly words: string };

export type Session = {
  /** Sends one request and waits for its answer; throws HostError where the connection is lost or the server silent. */
  readonly ask: <T>(send: (sftp: SFTPWrapper, answer: Answer<T>) => void) => Promise<T | Refusal>;
  /** Does the server offer this extension of the protocol? */
  readonly offers: (extension: string) => boolean;
  /** Ends it; what is under way is answered as lost. */
  readonly end: (why: HostError) => void;
};

export type Answer<T> = (error: Error | null | undefined, value?: T) => void;

export type SessionOptions = {
  readonly label: string;
  /** Milliseconds of silence. */
  readonly patience?: number;
  readonly now?: () => number;
  /** Cuts the connection. */
  readonly cut: () => void;
};

export const openSession = (
  sftp: SFTPWrapper,
  { label, patience = PATIENCE, now = () => performance.now(), cut }: SessionOptions,
): Session => {
  const pending = new Set<Pending>();
  const waiting: (() => void)[] = [];
  let heard = now();
  let lost: HostError | null = null;

  const end = (why: HostError): void => {
    if (lost !== null) return;
    lost = why;
    clearInterval(watch);
    cut();
    for (const { fail } of pending) fail(why);
    pending.clear();
    for (const go of waiting.splice(0)) go();
  };

  const watch = setInterval(
    () => {
      const [oldest] = pending;
      if (oldest === undefined) return;
      const moment = now();
      const silent = moment - Math.max(heard, oldest.sent) > patience;
      if (silent || moment - oldest.sent > Math.max(HARD_LIMIT, patience)) end(silentServer(label));
    },
    Math.min(patience / 4, LOOK_EVERY),
  );
  watch.unref();

  const turn = async (): Promise<void> => {
    while (lost === null && pending.size >= WINDOW) await new Promise<void>(resolve => waiting.push(resolve));
  };

  sftp.on('close', () => end(lostConnection(label, '')));
  sftp.on('error', (error: Error) => end(brokenServer(label, error.message)));

  return {
    async ask<T>(send: (sftp: SFTPWrapper, answer: Answer<T>) => void): Promise<T | Refusal> {
      await turn();
      if (lost !== null) throw lost;
      return new Promise<T | Refusal>((resolve, reject) => {
        const one: Pending = { sent: now(), fail: reject };
        pending.add(one);
        const answer: Answer<T> = (error, value) => {
          if (!pending.delete(one)) return;
          heard = now();
          waiting.shift()?.();
          if (!error) return resolve(value as T);
          const status = (error as { code?: unknown }).code;
          if (typeof status === 'number') return resolve({ status, words: error.message });
          const why = UNANSWERED.test(error.message) ? lostConnection(label, '') : brokenServer(label, error.message);
          reject(why);
          end(why);
        };
        try {
          send(sftp, answer);
        } catch (error) {
          answer(error as Error);
        }
      });
    },
    offers: extension => Object.hasOwn((sftp as unknown as Extended)._extensions ?? {}, extension),
    end,
  };
};

export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'status' in answer && 'words' in answer;

export const lostConnection = (label: string, why: string): HostError =>
  new HostError(
    'lost',
    `${label}: the SFTP connection was lost${why === '' ? '' : `: ${why}`}`,
    'Run the same command again: it goes on from what has arrived.',
  );

type Pending = { readonly sent: number; readonly fail: (why: HostError) => void };

/** What the server announced when the session began; ssh2 has no other way to ask for it. */
type Extended = { readonly _extensions?: Readonly<Record<string, string>> };

const silentServer = (label: string): HostError =>
  new HostError(
    'silent',
    `${label}: the SFTP server has stopped answering`,
    'Look at the machine and the network between; then run the same command again.',
  );

const brokenServer = (label: string, why: string): HostError =>
  new HostError(
    'protocol',
    `${label}: the SFTP server does not keep to its protocol: ${why}`,
    'See which SFTP server runs there, and whether anything writes into its connection.',
  );

/** What ssh2 says when the channel ended with requests under way. */
const UNANSWERED = /^No response from server/;
const WINDOW = 64;
const PATIENCE = 60_000;
const HARD_LIMIT = 600_000;
const LOOK_EVERY = 5_000;
