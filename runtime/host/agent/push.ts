// How the agent gets to another machine: the conversation with the command that `ssh` runs there (remote-command.ts).
//
// The command is a constant text; what varies travels on standard input:
//
//   client → PREAMBLE bytes: JSON {sha256, size, label}, filled up with spaces to one line
//   remote → `MAGIC need vX`      the bundle is missing or damaged; client → its bytes, exactly `size`
//   remote → `MAGIC ready …`      the agent itself speaks (protocol.ts); frames follow
//   remote → `MAGIC none PATH=vX …`   no Node.js, or only these, all too old: from here on it is a shell (shell/scripts.ts)
//   remote → `MAGIC failed why`       it cannot be put anywhere
//   remote → `MAGIC refused why`      the key of this connection serves an agent of its own (forced-command.ts), and not this
//
// With `agent push-runtime` a line `SHA256 SIZE` of this machine's Node.js goes before the preamble, and in the place of `none`:
//
//   remote → `MAGIC bare KERNEL MACHINE LIBCS PATH=vX …`   no copy of it there either; client → a line `copy`, its bytes, exactly SIZE,
//                                                or a line `shell`: `MAGIC shell`, and from here on it is one; nothing is written
//
// Each side reads exactly what is meant for it, so nothing of the next part is lost, and what is there already costs no round
// trip. Bundle and Node.js lie under their hashes in `~/.cache/syncplan`, and are put in place by rename, as hosts may share a
// home. The bundle is verified at every start; where it cannot be kept it goes to a temporary folder, which the agent removes.
// A copied Node.js is verified when it arrives, and again where it is there but does not run.
// SYNCPLAN_NODE in the remote environment names the one Node.js of that machine to be used.
import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { HostError } from '../host-error.js';
import { MAGIC, MAX_CHATTER } from './protocol.js';
import { PREAMBLE } from './remote-command.js';
import { type Runtime, refuseRuntime, sendRuntime } from './runtime.js';

export type Bundle = { readonly bytes: Buffer; readonly sha256: string };

export const makeBundle = (bytes: Buffer): Bundle => ({
  bytes,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

export type Greeting = { readonly sent: number; readonly received: number; readonly pushed: boolean };

/** What is at hand for the other machine. */
export type Baggage = {
  readonly bundle: Bundle;
  /** To be copied where there is no Node.js; null where nobody asked for it. */
  readonly runtime: Runtime | null;
  /** Else it is only looked whether it is there already, and where it is not a shell is taken. */
  readonly copies: boolean;
  /** Called as bytes of it go out. */
  readonly progress: () => void;
};

/** A shell waits for what BOOT takes; `why` there is no agent, where one was looked for, and not only put off. */
export type Bare = { readonly why: HostError | null };

/**
 * Talks until the agent is ready; what came after that line is left in `input`. Without baggage the agent was started
 * directly, and only its line is awaited. Null when the input ended first: why, only the process can tell.
 */
export const greet = async (
  { input, output }: { readonly input: Readable; readonly output: Writable },
  label: string,
  baggage: Baggage | null,
): Promise<Greeting | Bare | { readonly chatter: string }> => {
  let sent = 0;
  const write = (bytes: Buffer): void => {
    sent += bytes.length;
    output.write(bytes);
  };
  const bundle = baggage?.bundle ?? null;
  const runtime = baggage?.runtime ?? null;
  if (runtime !== null) write(Buffer.from(`${runtime.sha256} ${runtime.size}\n`, 'latin1'));
  if (bundle !== null) write(preamble(bundle, label));
  const lines = readLines(input);
  let copying: Promise<never> | null = null;
  for (let pushed = false; ; ) {
    // Read also while something goes out: what was said last by a process that ends is lost where nobody listens.
    const line: string | null = await Promise.race([lines.next(label), ...(copying === null ? [] : [copying])]);
    if (line === null) return { chatter: lines.chatter() };
    const [word, ...rest] = line.split(' ');
    switch (word) {
      case 'ready':
        return { sent, received: lines.received(), pushed };
      case 'need':
        if (bundle === null || pushed) throw misunderstood(label, line);
        pushed = true;
        write(bundle.bytes);
        continue;
      case 'none':
        return { why: noNode(label, rest) };
      case 'shell':
        return { why: null };
      case 'bare': {
        if (runtime === null || baggage === null || copying !== null) throw misunderstood(label, line);
        const [kernel = '', machine = '', libcs = '', ...old] = rest;
        const why = refuseRuntime(runtime, { kernel, machine, libcs });
        if (why !== null) throw noRuntime(label, old, why);
        if (!baggage.copies) {
          write(SHELL);
          continue;
        }
        write(COPY);
        sent += runtime.size;
        copying = sendRuntime(runtime, output, baggage.progress).then(forever);
        continue;
      }
      case 'failed':
        throw notPlaced(label, rest.join(' '), runtime !== null && !pushed);
      case 'refused':
        throw refusedByKey(label, rest.join(' '));
      default:
        throw misunderstood(label, line);
    }
  }
};

/** Exactly PREAMBLE bytes. */
const preamble = (bundle: Bundle, label: string): Buffer => {
  const text = JSON.stringify({ sha256: bundle.sha256, size: bundle.bytes.length, label: label.slice(0, 255) });
  return Buffer.from(`${text.padEnd(PREAMBLE - 1)}\n`, 'latin1');
};

/** Lines that begin with the magic, one at a time; the rest of the input is put back. */
const readLines = (input: Readable) => {
  let received = 0;
  let skipped = '';
  let held = Buffer.alloc(0);
  const take = (): string | null => {
    const start = held.indexOf(MAGIC);
    const end = start < 0 ? -1 : held.indexOf(10, start);
    if (end < 0) return null;
    const line = held.toString('utf8', start + MAGIC.length + 1, end);
    received += end + 1;
    skipped += held.toString('utf8', 0, start);
    held = held.subarray(end + 1);
    return line;
  };
  return {
    received: () => received,
    chatter: () => (skipped + held.toString('utf8')).trim(),
    async next(label: string): Promise<string | null> {
      for (;;) {
        const line = take();
        if (line !== null) {
          if (held.length > 0) input.unshift(held);
          held = Buffer.alloc(0);
          return line;
        }
        if (held.length > MAX_CHATTER) throw tooChatty(label, held);
        const chunk = await nextChunk(input);
        if (chunk === null) return null;
        held = Buffer.concat([held, chunk]);
      }
    },
  };
};

/** The next bytes, leaving the stream paused with whatever is behind them; null at its end. */
const nextChunk = (input: Readable): Promise<Buffer | null> =>
  new Promise(resolve => {
    const done = (): void => {
      input.off('readable', look).off('end', finish).off('close', finish).off('error', finish);
    };
    const look = (): void => {
      const chunk: Buffer | null = input.read();
      if (chunk === null) return;
      done();
      resolve(chunk);
    };
    const finish = (): void => {
      done();
      resolve(null);
    };
    if (input.destroyed || input.readableEnded) resolve(null);
    else {
      input.on('readable', look).on('end', finish).on('close', finish).on('error', finish);
      look();
    }
  });

/** Only its failure is of interest. */
const forever = (): Promise<never> => new Promise(() => undefined);

const COPY = Buffer.from('copy\n', 'latin1');
const SHELL = Buffer.from('shell\n', 'latin1');

const noNode = (label: string, found: readonly string[]): HostError =>
  found.length === 0
    ? new HostError('no-node', `${label}: Node.js was not found there`, `${INSTALL} ${WHERE}`)
    : new HostError(
        'old-node',
        `${label}: Node.js there is too old: ${found.map(one => one.replace('=', ' is ')).join(', ')}`,
        `${INSTALL} ${WHERE}`,
      );
const INSTALL = 'Install Node.js 18 or later there, or say `agent push-runtime` to have this machine’s copied to it.';
const WHERE =
  'It is looked for in PATH and the usual folders; SYNCPLAN_NODE in that account’s SSH environment can name another.';

const noRuntime = (label: string, old: readonly string[], why: string): HostError =>
  new HostError(
    old.length === 0 ? 'no-node' : 'old-node',
    `${label}: there is no Node.js 18 or later there, and this machine’s would not run: ${why}`,
    'Install Node.js 18 or later there, or run syncplan from a machine of the same system.',
  );

const notPlaced = (label: string, why: string, isRuntime: boolean): HostError =>
  isRuntime
    ? new HostError(
        'no-agent',
        `${label}: Node.js cannot be copied there: ${why}`,
        'Make ~/.cache (or $XDG_CACHE_HOME) there writable, with room for 150 MB, on a file system that programs may run from; or install Node.js 18 or later there.',
      )
    : new HostError(
        'no-agent',
        `${label}: the agent cannot be put in place: ${why}`,
        'Make ~/.cache (or $XDG_CACHE_HOME) or the temporary folder there writable, with room for a megabyte.',
      );

const refusedByKey = (label: string, why: string): HostError =>
  new HostError(
    'no-agent',
    `${label}: the key that it is reached by is restricted there: ${why}`,
    'Say `agent auto` (or nothing) and no `become` for this host, or reach it by another key.',
  );

const misunderstood = (label: string, line: string): HostError =>
  new HostError(
    'protocol',
    `${label}: the agent greets with something unknown: ${line.slice(0, 200)}`,
    'Run the same command again.',
  );

const tooChatty = (label: string, held: Buffer): HostError =>
  new HostError(
    'protocol',
    `${label}: the login there writes more than ${MAX_CHATTER} bytes before the agent starts: ${held.toString('utf8', 0, 80)}…`,
    'Let the login script of that account be silent in sessions without a terminal.',
  );
