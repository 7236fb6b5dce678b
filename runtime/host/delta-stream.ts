// Reads listed files as a pack stream of what is new in them: the rest is told as copies out of the receivers' old files.
//
// As in content-stream.ts every byte is read once, digested while it is read, and lost where the file is not what was seen.
// Never more than one window of a file and one signature are in memory.
import { makeSearch } from '../bytes/delta.js';
import { type Hasher, openDigests } from '../bytes/digest.js';
import { makePacker, type Packer } from '../bytes/pack-writer.js';
import { readSignatures, type Signature } from '../bytes/signature.js';
import { WireError } from '../bytes/wire.js';
import { addLost, CHANGED, openSeen, problemOfReading, readContents } from './content-stream.js';
import { isSame, remember } from './file-digest.js';
import { type Fault, isFault, type Source } from './file-verbs.js';
import type { Wanted } from './host.js';
import { reachFrom, type ScanState } from './scan-state.js';

/** `signatures` are of the same files, in the same order, as `Scan.sign` of the receiver tells them. */
export async function* readDeltas(
  state: ScanState,
  wanted: readonly Wanted[],
  signatures: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const reach = reachFrom(state);
  const hashers = { whole: await openDigests(state.selection.algorithm), strong: await openDigests('xxh64') };
  const packer = makePacker();
  let next = 0;
  try {
    for await (const { index, signature } of readSignatures(signatures)) {
      const one = wanted[next++];
      if (one?.index !== index) throw new WireError('a signature came of a file that is not sent');
      const moment = state.table.moment();
      const source = signature === null ? null : await openSeen(state, reach, one.path);
      if (signature === null || source === null || (!('code' in source) && source.stat.size === 0)) {
        if (source !== null && !('code' in source)) await source.close();
        const before = packer.take();
        if (before !== null) yield before;
        yield* readContents(state, [one]);
      } else if ('code' in source) addLost(packer, one, source);
      else {
        try {
          const digest = yield* readNew(state, source, signature, hashers, packer);
          const after = isFault(digest) ? digest : await source.restat();
          const lost = isFault(after) ? after : isSame(source.stat, after) ? null : CHANGED;
          if (lost !== null || typeof digest !== 'string') addLost(packer, one, problemOfReading(one.path, lost!));
          else {
            remember(state.table, source.stat, digest, moment);
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
    await reach.close();
    state.table.flush();
  }
}

async function* readNew(
  state: ScanState,
  source: Source,
  signature: Signature,
  { whole, strong }: { readonly whole: Hasher; readonly strong: Hasher },
  packer: Packer,
): AsyncGenerator<Uint8Array, string | Fault> {
  const { index } = signature;
  const { size } = source.stat;
  const search = makeSearch(signature, strong);
  const window = Buffer.allocUnsafeSlow(Math.min(Math.max(WINDOW, 2 * signature.block), size));
  let read = 0;
  let filled = 0;
  let told = 0;
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
    const view = window.subarray(0, filled);
    const done = search(view, read === size, {
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
    const full = packer.isFull() ? packer.take() : null;
    if (full !== null) yield full;
    const pause = state.pace(count / 1024);
    if (pause !== null) await pause;
  }
  finishCopy();
  return whole.digest();
}

const WINDOW = 524_288;
const LITERAL = 262_144;
