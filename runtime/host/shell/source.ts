// Reads a file through a shell: its facts, first bytes and facts again in one request, the rest in pieces that are asked for ahead.
import { type Fault, type Folder, isFault, type Source, type Stat } from '../file-verbs.js';
import { notFile } from '../kind.js';
import { answerFault, faultOf, followedTo, UNREADABLE } from './complaints.js';
import { pathOf, wordFor } from './folder.js';
import { parseLooked } from './records.js';
import type { ShellSession } from './session.js';
import { BROKEN } from './statuses.js';

export const openSource = async (
  session: ShellSession,
  at: Folder,
  name: string,
  follow: boolean,
): Promise<Source | Fault> => {
  const word = wordFor(name);
  if (isFault(word)) return word;
  const folder = pathOf(at);
  const how = follow ? 'follow' : 'own';
  const answer = await session.ask('start', [folder, word, how, String(FIRST)], { most: FIRST + FACTS_ROOM });
  const unable = answerFault(answer);
  if (unable !== null) return unable;
  const begun = beginning(answer.output, session.mark);
  if (isFault(begun)) return begun;
  const { stat, content, after } = begun;
  const led = follow ? followedTo(stat) : stat;
  if (isFault(led)) return led;
  if (stat.kind !== 'file') return notFile(stat.kind);
  const whole = stat.size <= FIRST;
  const pieces = makePieces(session, folder, word, stat.size);
  let position = 0;

  const readAt = async (into: Uint8Array, from: number, ahead: number): Promise<number | Fault> => {
    for (let filled = 0; ; ) {
      const place = from + filled;
      if (filled === into.length || place >= stat.size) return filled;
      const [bytes, start] =
        place < content.length || whole ? [content, 0] : [await pieces.at(place, ahead), place - (place % PIECE)];
      if (isFault(bytes)) return bytes;
      const some = bytes.subarray(place - start, place - start + into.length - filled);
      // The file has become shorter.
      if (some.length === 0) return filled;
      into.set(some, filled);
      filled += some.length;
    }
  };

  return {
    stat,
    async read(into) {
      const count = await readAt(into, position, AHEAD);
      if (!isFault(count)) position += count;
      return count;
    },
    readAt: (into, from) => readAt(into, from, 0),
    async restat() {
      if (whole) return after;
      const again = await session.ask(follow ? 'follow' : 'look', [folder, word]);
      const fault = answerFault(again);
      const now = statIn(again.output.toString('latin1').split('\0')[0]!, session.mark);
      return fault ?? (now === null ? GONE : follow ? followedTo(now) : now);
    },
    close: () => pieces.drop(),
  };
};

/** Pieces of a file by where they begin, a few of them on their way. */
const makePieces = (session: ShellSession, folder: string, word: string, size: number) => {
  const coming = new Map<number, Promise<Buffer | Fault>>();
  const ask = async (number: number): Promise<Buffer | Fault> => {
    const words = [folder, word, String(PIECE), String(number)];
    const { status, output } = await session.ask('piece', words, { most: PIECE + FACTS_ROOM });
    if (status === 0) return output;
    const said = output.subarray(Math.max(0, output.lastIndexOf(`\0${session.mark}\0`, undefined, 'latin1')));
    if (status === BROKEN) return faultOf(said.toString('latin1', session.mark.length + 2));
    return answerFault({ status, output }) ?? UNREADABLE;
  };
  return {
    at(place: number, ahead: number): Promise<Buffer | Fault> {
      const number = Math.floor(place / PIECE);
      for (const old of coming.keys()) if (old < number || old > number + AHEAD) coming.delete(old);
      for (let next = number; next <= number + ahead && next * PIECE < size; next++) {
        if (coming.has(next)) continue;
        const piece = ask(next);
        // Whoever waits for it is told; one that nobody waits for any more must not end the program.
        piece.catch(() => undefined);
        coming.set(next, piece);
      }
      return coming.get(number)!;
    },
    drop: () => coming.clear(),
  };
};

type Beginning = { readonly stat: Stat; readonly content: Buffer; readonly after: Stat | Fault };

const beginning = (output: Buffer, mark: string): Beginning | Fault => {
  const first = output.indexOf(0);
  const stat = statIn(output.toString('latin1', 0, Math.max(0, first)), mark);
  if (stat === null) return UNREADABLE;
  if (stat.kind !== 'file') return { stat, content: Buffer.alloc(0), after: stat };
  const rest = output.subarray(first + 1);
  const end = rest.lastIndexOf(`\0${mark}\0`, undefined, 'latin1');
  if (end < 0) return UNREADABLE;
  const facts = rest.toString('latin1', end + mark.length + 2);
  const after = statIn(facts, mark);
  if (after === null) return faultOf(facts);
  return { stat, content: rest.subarray(0, end), after };
};

const statIn = (text: string, mark: string): Stat | null => parseLooked(text, mark)?.[0]?.stat ?? null;

const GONE: Fault = { fault: 'ENOENT', message: 'it vanished meanwhile' };
/** What is read with the facts; a file of more is read in pieces. */
const FIRST = 262_144;
const FACTS_ROOM = 8_192;
const PIECE = 1_048_576;
/** Pieces asked for beyond the one that is wanted. */
const AHEAD = 4;
