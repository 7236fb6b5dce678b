// The far side of a greeting (push.ts) where a restricted key forces the command: nothing that is asked for is run.
//
// `SSH_ORIGINAL_COMMAND` says what the client wanted. Where that is an agent, what the client sends for it first is read and
// set aside, and the agent that the operator chose speaks in its place. Anything else is refused: in a greeting where the
// client is syncplan, else in plain words, since nobody knows what would become of a greeting.
import type { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { AGENT_PATIENCE_MS, MAGIC } from './protocol.js';
import { askedFor, PREAMBLE } from './remote-command.js';

export type Asked =
  /** `label` is how the client names this machine. */
  | { readonly is: 'agent'; readonly label: string }
  | { readonly is: 'refused'; readonly greeting: string; readonly words: string };

export const receiveAsked = async (command: string | undefined, input: Readable): Promise<Asked> => {
  const asked = askedFor(command ?? '');
  if (asked === null || asked === 'shell') return refuse(command, asked);
  const timer = setTimeout(() => input.destroy(), AGENT_PATIENCE_MS);
  try {
    if (asked === 'agent with runtime') await takeLine(input);
    const preamble = PREAMBLE_WORDS.safeParse(JSON.parse((await take(input, PREAMBLE)).toString('utf8')));
    return { is: 'agent', label: preamble.success ? preamble.data.label : 'host' };
  } catch {
    return { is: 'refused', greeting: '', words: 'what came before the agent cannot be understood' };
  } finally {
    clearTimeout(timer);
  }
};

const refuse = (command: string | undefined, asked: 'shell' | null): Asked => {
  const words =
    command === undefined
      ? 'this command is for a key in authorized_keys, as restrict,command="syncplan agent --root PATH"; it serves syncplan and nothing else'
      : 'this key serves syncplan and nothing else: no shell, no other command, no sftp';
  const why =
    asked === 'shell'
      ? 'it serves an agent, not a shell'
      : 'it serves an agent of its own account, and no other command';
  const fromUs = command?.includes(MAGIC) ?? false;
  return { is: 'refused', greeting: fromUs ? `${MAGIC} refused ${why}\n` : '', words };
};

const PREAMBLE_WORDS = z.object({ label: z.string().check(z.maxLength(255)) });

/** Exactly so many bytes; what is behind them stays in the stream. Throws where it ends first. */
const take = async (input: Readable, count: number): Promise<Buffer> => {
  for (;;) {
    const bytes: Buffer | null = input.read(count);
    if (bytes?.length === count) return bytes;
    if (bytes !== null || input.readableEnded || input.destroyed) throw new Error('the input has ended');
    await new Promise<void>(resolve => {
      const wake = (): void => {
        input.off('readable', wake).off('end', wake).off('close', wake).off('error', wake);
        resolve();
      };
      input.on('readable', wake).on('end', wake).on('close', wake).on('error', wake);
    });
  }
};

const takeLine = async (input: Readable): Promise<void> => {
  for (let length = 0; (await take(input, 1))[0] !== 10; length++)
    if (length > MAX_LINE) throw new Error('a line too long');
};

const MAX_LINE = 256;
