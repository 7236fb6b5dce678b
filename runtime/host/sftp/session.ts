// One SFTP session: requests in flight, each with a deadline, all of them settled when the connection is lost.
//
// ssh2 forgets requests that are made after the connection is gone, and those a server never answers, so:
//  1. Every request is known here from when it is sent until it is answered; the end of the connection answers them all.
//  2. A server that answers nothing for `patience`, or one request not for HARD_LIMIT, is given up with its connection.
//  3. At most WINDOW requests are under way; the others wait their turn. All are sent in the order in which they were made.
import type { SFTPWrapper } from 'ssh2';
import { HostError } from '../host-error.js';
import { sleep } from '../sleep.js';
import { gatherRequests } from './gather-requests.js';
import { quickenCipher } from './quick-cipher.js';

/** The status that a server answered with, and its words. */
export type Refusal = { readonly status: number; readonly words: string };

export type Session = {
  /** Sends one request and waits for its answer; throws HostError where the connection is lost or the server silent. */
  readonly ask: <T>(send: (sftp: SFTPWrapper, answer: Answer<T>) => void) => Promise<T | Refusal>;
  /** Itself and further sessions of the same login, as many as the server lets be opened: one waits for its disk while others go
   * on. The first call has them opened, and waits for that a moment: what begins on one session ends later than all others. */
  readonly abreast: () => Promise<readonly Session[]>;
  /** Requests that are under way or wait their turn. */
  readonly load: () => number;
  /** The next request has to wait its turn: then what it is to carry is read later. */
  readonly isBusy: () => boolean;
  /** Bytes that the server takes by one request. */
  readonly longestWrite: () => number;
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
  /** Opens a further channel of the same connection; fails where the server does not want it. */
  readonly open?: () => Promise<SFTPWrapper>;
};

export const openSession = (
  sftp: SFTPWrapper,
  { label, patience = PATIENCE, now = () => performance.now(), cut, open }: SessionOptions,
): Session => {
  quickenCipher(sftp);
  gatherRequests(sftp);
  const pending = new Set<Pending>();
  const waiting: (() => void)[] = [];
  let heard = now();
  let lost: HostError | null = null;
  const others: Session[] = [];
  let opening: Promise<void> | null = null;

  const openOthers = async (another: () => Promise<SFTPWrapper>): Promise<void> => {
    const openOne = async (): Promise<void> => {
      const session = openSession(await another(), { label, patience, now, cut });
      others.push(session);
      if (lost !== null) session.end(lost);
    };
    // Where it has no more sessions to give, the ones that are there do.
    await Promise.allSettled(Array.from({ length: ABREAST - 1 }, openOne));
  };

  const end = (why: HostError): void => {
    if (lost !== null) return;
    lost = why;
    clearInterval(watch);
    cut();
    for (const { fail } of pending) fail(why);
    pending.clear();
    for (const go of waiting.splice(0)) go();
    for (const session of others) session.end(why);
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

  sftp.on('close', () => end(lostConnection(label, '')));
  sftp.on('error', (error: Error) => end(brokenServer(label, error.message)));

  const self: Session = {
    ask<T>(send: (sftp: SFTPWrapper, answer: Answer<T>) => void): Promise<T | Refusal> {
      return new Promise<T | Refusal>((resolve, reject) => {
        const go = (): void => {
          if (lost !== null) {
            reject(lost);
            return;
          }
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
        };
        if (lost === null && pending.size >= WINDOW) waiting.push(go);
        else go();
      });
    },
    async abreast() {
      if (open !== undefined) {
        opening ??= Promise.race([openOthers(open), sleep(OPENING_MS)]);
        await opening;
      }
      return [self, ...others];
    },
    load: () => pending.size + waiting.length,
    isBusy: () => pending.size >= WINDOW,
    longestWrite: () => Math.min(LONGEST_WRITE, (sftp as unknown as Extended)._maxWriteLen ?? SAFE_WRITE),
    offers: extension => Object.hasOwn((sftp as unknown as Extended)._extensions ?? {}, extension),
    end,
  };
  return self;
};

export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'status' in answer && 'words' in answer;

export const lostConnection = (label: string, why: string): HostError =>
  new HostError(
    'lost',
    `${label}: the SFTP connection was lost${why === '' ? '' : `: ${why}`}`,
    'Run the same command again: it goes on from what has arrived.',
  );

export const brokenServer = (label: string, why: string): HostError =>
  new HostError(
    'protocol',
    `${label}: the SFTP server does not keep to its protocol: ${why}`,
    'See which SFTP server runs there, and whether anything writes into its connection.',
  );

type Pending = { readonly sent: number; readonly fail: (why: HostError) => void };

/** What the server announced when the session began; ssh2 has no other way to ask for it. */
type Extended = { readonly _extensions?: Readonly<Record<string, string>>; readonly _maxWriteLen?: number };

const silentServer = (label: string): HostError =>
  new HostError(
    'silent',
    `${label}: the SFTP server has stopped answering`,
    'Look at the machine and the network between; then run the same command again.',
  );

/** What ssh2 says when the channel ended with requests under way. */
const UNANSWERED = /^No response from server/;
const WINDOW = 256;
/** Sessions of one login; servers of OpenSSH allow ten. */
const ABREAST = 8;
const OPENING_MS = 1_000;
const LONGEST_WRITE = 261_120;
/** Which every server takes. */
const SAFE_WRITE = 32_768;
const PATIENCE = 60_000;
const HARD_LIMIT = 600_000;
const LOOK_EVERY = 5_000;
