// A conversation with one long-lived POSIX sh: requests name a verb of the far side's and carry its words and data as frames.
//
//   client → `MARK\n`                              once: 32 hexadecimal digits, new for every session
//   client → `VERB WORD-BYTES DATA-BYTES WORDS\n`, words, data    quoted words stand in the line or, if they are many, behind it
//   remote → what the verb wrote, `\0MARK:STATUS\n`     bytes of any kind; nothing that lies on a disk knows the mark
//
// The verbs are constant text (scripts.ts); no name ever becomes part of a script. A verb need not read its data: the rest
// is read for it, so the next request begins where it should. Requests are answered in the order they were made.
//  1. Every answer is bounded, and none is looked through more than once.
//  2. A shell that is silent for as long as its oldest request may take is given up, with its connection.
//  3. The end of the connection answers all that wait.
import type { Readable, Writable } from 'node:stream';
import { HostError } from '../host-error.js';
import { quoteWords } from './quote.js';
import type { Verb } from './scripts.js';

export type Answer = { readonly status: number; readonly output: Buffer };

export type Asking = {
  readonly data?: readonly Uint8Array[];
  /** Bytes of the answer at most. */
  readonly most?: number;
  /**
   * Given what has come of the answer, again and again, and says how many bytes of that it is done with: they are no part of the
   * answer any more, and may be overwritten.
   */
  readonly take?: (bytes: Buffer) => number;
  /** Milliseconds of silence before the shell is given up. */
  readonly patience?: number;
};

export type ShellSession = {
  /** Known to nobody else: what a script prints it around is the script's. */
  readonly mark: string;
  /** May be called before earlier requests are answered. Throws HostError where the shell has ended or is given up. */
  readonly ask: (verb: Verb, words: readonly string[], asking?: Asking) => Promise<Answer>;
  readonly traffic: () => { readonly sent: number; readonly received: number };
  /** No further request; the far side ends by itself. */
  readonly close: () => void;
};

export type SessionOptions = {
  readonly label: string;
  readonly mark: string;
  /** Ends the connection at once. */
  readonly cut?: () => void;
  /** Milliseconds of silence, where a request does not say. */
  readonly patience?: number;
  /** Why the connection ended, as far as its carrier can tell. */
  readonly diagnose?: () => Promise<HostError>;
};

export const openSession = (
  { input, output }: { readonly input: Readable; readonly output: Writable },
  { label, mark, cut = () => {}, patience: usual = PATIENCE_MS, diagnose }: SessionOptions,
): ShellSession => {
  const waiting: Waiting[] = [];
  const end = Buffer.from(`\0${mark}:`, 'latin1');
  const answers = makeGathering(end);
  let heard = performance.now();
  /** Bytes of the oldest request's answer that were taken. */
  let taken = 0;
  let sent = 0;
  let received = 0;
  let lost: Promise<HostError> | null = null;

  const lose = (why: HostError | null): void => {
    if (lost !== null) return;
    lost = why === null && diagnose !== undefined ? diagnose() : Promise.resolve(why ?? lostShell(label));
    clearInterval(watch);
    cut();
    const left = waiting.splice(0);
    void lost.then(error => {
      for (const { reject } of left) reject(error);
    });
  };

  const settle = (chunk: Buffer): void => {
    answers.add(chunk);
    for (let answer = answers.take(); answer !== null; answer = answers.take()) {
      const next = waiting.shift();
      taken = 0;
      if (next === undefined) lose(unasked(label));
      else next.resolve(answer);
    }
    const [oldest] = waiting;
    if (oldest?.take !== undefined) taken += answers.pass(oldest.take);
    if (taken + answers.held() > (oldest?.most ?? MOST_UNASKED) + end.length + STATUS_ROOM) lose(tooMuch(label));
  };

  input.on('data', (chunk: Buffer) => {
    received += chunk.length;
    heard = performance.now();
    if (lost === null) settle(chunk);
  });
  input.once('end', () => lose(null));
  input.once('close', () => lose(null));
  input.once('error', () => lose(null));

  const watch = setInterval(() => {
    const [oldest] = waiting;
    if (oldest === undefined) return;
    if (performance.now() - Math.max(heard, oldest.asked) > oldest.patience) lose(silentShell(label, oldest.verb));
  }, LOOK_EVERY_MS);
  watch.unref();

  const write = (bytes: Uint8Array): void => {
    sent += bytes.length;
    output.write(bytes);
  };
  write(Buffer.from(`${mark}\n`, 'latin1'));

  return {
    mark,
    async ask(verb, words, { data = [], most = MOST_ANSWERED, patience = usual, take } = {}) {
      if (lost !== null) throw await lost;
      const quoted = quoteWords(words);
      const inline = quoted.length <= LONGEST_LINE;
      const bytes = data.reduce((sum, piece) => sum + piece.length, 0);
      const answer = new Promise<Answer>((resolve, reject) => {
        waiting.push({ verb, resolve, reject, asked: performance.now(), most, patience, take });
      });
      const head = Buffer.from(`${verb} ${inline ? 0 : quoted.length} ${bytes} `, 'latin1');
      write(Buffer.concat([head, inline ? quoted : NOTHING, LINE_END, inline ? NOTHING : quoted]));
      for (const piece of data) write(piece);
      return answer;
    },
    traffic: () => ({ sent, received }),
    close() {
      clearInterval(watch);
      output.end();
    },
  };
};

type Waiting = {
  readonly verb: Verb;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: HostError) => void;
  readonly asked: number;
  readonly most: number;
  readonly patience: number;
  readonly take: Asking['take'];
};

/** What has come and is no whole answer yet, in one buffer that grows, searched from where the last search ended. */
const makeGathering = (end: Buffer) => {
  let store = Buffer.allocUnsafe(FIRST_ROOM);
  let start = 0;
  let filled = 0;
  let searched = 0;
  return {
    held: () => filled - start,
    add(chunk: Buffer): void {
      if (filled + chunk.length > store.length) {
        const wanted = filled - start + chunk.length;
        const room = wanted > store.length / 2 ? Buffer.allocUnsafe(Math.max(store.length, wanted) * 2) : store;
        store.copy(room, 0, start, filled);
        store = room;
        searched -= start;
        filled -= start;
        start = 0;
      }
      filled += chunk.copy(store, filled);
    },
    /** Hands on what surely is no end, and says how much of it was taken. */
    pass(take: (bytes: Buffer) => number): number {
      const done = searched > start ? take(store.subarray(start, searched)) : 0;
      start += done;
      return done;
    },
    take(): Answer | null {
      const at = store.subarray(0, filled).indexOf(end, Math.max(start, searched));
      const line = at < 0 ? -1 : store.subarray(0, filled).indexOf(10, at + end.length);
      if (line < 0) {
        searched = at < 0 ? Math.max(start, filled - end.length + 1) : at;
        return null;
      }
      const status = Number(store.toString('latin1', at + end.length, line));
      const output = Buffer.from(store.subarray(start, at));
      start = line + 1;
      searched = start;
      if (start === filled) {
        start = filled = searched = 0;
        if (store.length > MOST_KEPT) store = Buffer.allocUnsafe(FIRST_ROOM);
      }
      return { status, output };
    },
  };
};

const lostShell = (label: string): HostError =>
  new HostError(
    'lost',
    `${label}: the shell there ended before it had answered`,
    'Run the same command again: it goes on from what has arrived.',
  );

const silentShell = (label: string, verb: string): HostError =>
  new HostError(
    'silent',
    `${label}: the shell there has stopped answering (${verb})`,
    'Look at the machine and the network between; then run the same command again.',
  );

const tooMuch = (label: string): HostError =>
  new HostError(
    'protocol',
    `${label}: the shell there answers with more than was asked for`,
    'See whether a program there was replaced by one that never ends, or a root holds more files than can be listed.',
  );

const unasked = (label: string): HostError =>
  new HostError(
    'protocol',
    `${label}: the shell there answers what was not asked`,
    'See whether anything else writes into its connection.',
  );

const NOTHING = Buffer.alloc(0);
const LINE_END = Buffer.from('\n');
const FIRST_ROOM = 262_144;
const MOST_KEPT = 16_777_216;
/** The status and the line end behind the mark. */
const STATUS_ROOM = 8;
/** A shell reads a line byte by byte: what is longer is cheaper to hand over as a block. */
const LONGEST_LINE = 1024;
const MOST_ANSWERED = 67_108_864;
const MOST_UNASKED = 65_536;
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
