// Reads listed files as a pack stream of what is new in them: the rest is told as copies out of the receivers' old files.
//
// As in content-stream.ts every byte is read once, digested while it is read, and lost where the file is not what was seen.
// Never more than one window of a file and one signature are in memory. The receiver makes its new file while the search goes on.
import type { Algorithm } from '../../compiler/plan.js';
import { openSearches } from '../bytes/delta.js';
import { type Hasher, openDigests } from '../bytes/digest.js';
import { makePacker, type Packer } from '../bytes/pack-writer.js';
import { readSignatures, type Signature } from '../bytes/signature.js';
import { WireError } from '../bytes/wire.js';
import type { Problem } from '../tree/entry.js';
import { addLost, CHANGED, openSeen, problemOfReading, readContents } from './content-stream.js';
import { isSame, remember } from './file-digest.js';
import { type Fault, isFault, type Source } from './file-verbs.js';
import type { Wanted } from './host.js';
import type { Pace } from './pace.js';
import { reachFrom, type ScanState } from './scan-state.js';

/** `signatures` are of the same files, in the same order, as `Scan.sign` of the receiver tells them. */
export const readDeltas = (
  state: ScanState,
  wanted: readonly Wanted[],
  signatures: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> => {
  const reach = reachFrom(state);
  const files: DeltaFiles = {
    algorithm: state.selection.algorithm,
    pace: state.pace,
    open: ({ path }) => openSeen(state, reach, path),
    whole: one => readContents(state, [one]),
    moment: () => state.table.moment(),
    digested: (source, digest, moment) => remember(state.table, source.stat, digest, moment),
    async close() {
      await reach.close();
      state.table.flush();
    },
  };
  return deltasOf(files, wanted, signatures);
};

/** Where files are read from. */
export type DeltaFiles = {
  readonly algorithm: Algorithm;
  readonly pace: Pace;
  readonly open: (one: Wanted) => Promise<Source | Problem>;
  /** The whole of it, where there is nothing to look for. */
  readonly whole: (one: Wanted) => AsyncIterable<Uint8Array>;
  readonly moment: () => number;
  /** It was read to its end, and was the same before and after. */
  readonly digested: (source: Source, digest: string, moment: number) => void;
  readonly close: () => Promise<void>;
};

export async function* deltasOf(
  files: DeltaFiles,
  wanted: readonly Wanted[],
  signatures: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const whole = await openDigests(files.algorithm);
  const search = openSearches(WINDOW);
  const packer = makePacker();
  let next = 0;
  try {
    for await (const { index, signature } of readSignatures(signatures)) {
      const one = wanted[next++];
      if (one?.index !== index) throw new WireError('a signature came of a file that is not sent');
      const moment = files.moment();
      const source = signature === null ? null : await files.open(one);
      if (signature === null || source === null || (!('code' in source) && source.stat.size === 0)) {
        if (source !== null && !('code' in source)) await source.close();
        const before = packer.take();
        if (before !== null) yield before;
        yield* files.whole(one);
      } else if ('code' in source) addLost(packer, one, source);
      else {
        try {
          const digest = yield* readNew(files, source, signature, { whole, search }, packer);
          const after = isFault(digest) ? digest : await source.restat();
          const lost = isFault(after) ? after : isSame(source.stat, after) ? null : CHANGED;
          if (lost !== null || typeof digest !== 'string') addLost(packer, one, problemOfReading(one.path, lost!));
          else {
            files.digested(source, digest, moment);
            packer.add({ is: 'end', index, size: source.stat.size, digest });
          }
        } finally {
          await source.close();
        }
      }
    }
    if (next !== wanted.length) throw new WireError('the signatures ended before all files were sent');
    const rest = packer.take();
    if (rest !== null) yield rest;
  } finally {
    await files.close();
  }
}

async function* readNew(
  files: DeltaFiles,
  source: Source,
  signature: Signature,
  { whole, search }: { readonly whole: Hasher; readonly search: ReturnType<typeof openSearches> },
  packer: Packer,
): AsyncGenerator<Uint8Array, string | Fault> {
  const { index } = signature;
  const { size } = source.stat;
  const { window, next } = search(signature);
  let read = 0;
  let filled = 0;
  let told = 0;
  let sent = 0;
  let copy: { from: number; length: number } | null = null;
  const finishCopy = (): void => {
    if (copy !== null) packer.add({ is: 'copy', index, offset: told - copy.length, ...copy });
    copy = null;
  };
  whole.init();
  while (told < size) {
    const fresh = window.subarray(filled, Math.min(window.length, filled + size - read));
    const count = fresh.length === 0 ? 0 : await source.read(fresh);
    if (isFault(count)) return count;
    if (count < fresh.length) return CHANGED;
    whole.update(fresh);
    read += count;
    filled += count;
    const done = await next(filled, read === size, {
      copy(from, length) {
        if (copy !== null && copy.from + copy.length === from) copy.length += length;
        else {
          finishCopy();
          copy = { from, length };
        }
        told += length;
      },
      literal(start, end) {
        finishCopy();
        for (let at = start; at < end; at += LITERAL) {
          const content = window.subarray(at, Math.min(at + LITERAL, end));
          packer.add({ is: 'part', index, offset: told, content });
          told += content.length;
        }
      },
    });
    window.copyWithin(0, done, filled);
    filled -= done;
    if (packer.isFull() || told - sent >= WORTHWHILE) {
      finishCopy();
      const full = packer.take();
      if (full !== null) yield full;
      sent = told;
    }
    const pause = files.pace(count / 1024);
    if (pause !== null) await pause;
  }
  finishCopy();
  return whole.digest();
}

const WINDOW = 524_288;
const LITERAL = 262_144;
/** So much the receiver can make of what was told: it need not wait for more. */
const WORTHWHILE = 4_194_304;
