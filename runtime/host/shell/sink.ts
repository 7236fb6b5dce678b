// Writes files through a shell: a small one in one go (write-many.ts), a large one in pieces that are appended to it.
import { giveBack, hold } from '../../bytes/pool.js';
import { type Fault, type Folder, isFault, type Sink } from '../file-verbs.js';
import { answerFault, deedFaults } from './complaints.js';
import { modeText, SYNC_PATIENCE_MS, timeText } from './deeds.js';
import { pathOf, wordFor } from './folder.js';
import type { Verb } from './scripts.js';
import type { Asking, ShellSession } from './session.js';
import { type Means, writeMany } from './write-many.js';

/** The name is looked at first; what then stands there is not replaced. */
export const openSink = async (
  session: ShellSession,
  means: Means,
  at: Folder,
  name: string,
): Promise<Sink | Fault> => {
  const word = wordFor(name);
  if (isFault(word)) return word;
  const fault = answerFault(await session.ask('vacant', [pathOf(at), word]));
  return fault ?? sinkOn(session, means, at, word);
};

const sinkOn = (session: ShellSession, means: Means, at: Folder, word: string): Sink => {
  const folder = pathOf(at);
  /** What waits to be sent. */
  let gathered: Buffer[] = [];
  let held = 0;
  let end = 0;
  let created = false;
  let fault: Fault | null = null;
  let lost: unknown = null;
  const under = new Set<Promise<void>>();

  const put = async (verb: Verb, words: readonly string[], asking: Asking = {}): Promise<void> => {
    try {
      const said = answerFault(await session.ask(verb, [folder, word, ...words], asking));
      fault ??= said;
    } catch (error) {
      lost ??= error;
    }
  };

  const append = async (data: readonly Buffer[]): Promise<void> => {
    await put('append', [], { data });
    // The far side has read it all.
    if (lost === null) for (const bytes of data) giveBack(bytes);
  };

  const send = (request: Promise<void>): void => {
    const sent = request.finally(() => under.delete(sent));
    under.add(sent);
  };

  /** What is gathered goes out; the file is made first. */
  const flush = (): void => {
    if (!created) send(put('create', []));
    created = true;
    if (held > 0) send(append(gathered));
    gathered = [];
    held = 0;
  };

  const settle = async (most: number): Promise<Fault | null> => {
    while (under.size > most) await Promise.race(under);
    if (lost !== null) throw lost;
    return fault;
  };

  const persist = (): void => {
    if (created) void put('persist', [], WAITS);
  };

  return {
    write(bytes) {
      if (fault !== null) return fault;
      // What is under way when this returns must not change with the caller's buffer: it is held, or else copied.
      gathered.push(hold(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.from(bytes));
      held += bytes.length;
      end += bytes.length;
      if (created ? held < PIECE : held <= SMALL) return null;
      flush();
      return settle(UNDER_WAY);
    },
    skip(length) {
      flush();
      end += length;
      send(put('stretch', [String(end)]));
      return settle(UNDER_WAY);
    },
    // Answered before the last request is: nobody waits for it alone.
    ...(means.syncFile ? { persist } : {}),
    async finish({ mode, modified }) {
      if (!created) {
        const content = Buffer.concat(gathered);
        for (const bytes of gathered) giveBack(bytes);
        const file = { at, name: word.slice(2), content, attributes: { mode, modified }, durable: false };
        return (await writeMany(session, [file], means))[0]!;
      }
      if (held > 0) flush();
      const time = modified === null ? '' : timeText(modified, means.times);
      send(put('finish', [String(end), modeText(mode), time], WAITS));
      return settle(0);
    },
    async discard() {
      await settle(0);
      if (created) deedFaults(await session.ask('perform', [folder, 'remove', word]), 1);
    },
  };
};

/** For what may wait for a disk. */
const WAITS: Asking = { patience: SYNC_PATIENCE_MS };
/** Files of up to so many bytes travel whole. */
const SMALL = 262_144;
/** Whole blocks of the script, so that one program takes it. */
const PIECE = 8_388_608;
/** Requests for one file. */
const UNDER_WAY = 2;
