// What a receiver tells of content that comes over a link, each piece decodable by itself.
//
//   chunk    = 0:u8 files:varint literal:varint zeros:varint copied:varint bytes:varint
//   outcomes = 1:u8 outcome… (answers.ts)
import { makeReader, makeWriter, WireError } from '../../bytes/wire.js';
import type { Received } from '../host.js';
import { decodeOutcomes, encodeOutcomes } from './answers.js';

export async function* encodeReceived(received: AsyncIterable<Received>): AsyncGenerator<Buffer> {
  for await (const one of received) {
    switch (one.is) {
      case 'chunk':
        yield encodeChunk(one);
        break;
      case 'outcomes':
        for (const piece of encodeOutcomes(one.outcomes)) yield Buffer.concat([OUTCOMES, piece]);
    }
  }
}

export const decodeReceived = (piece: Buffer): Received => {
  if (piece[0] === OUTCOMES[0]) return { is: 'outcomes', outcomes: decodeOutcomes(piece.subarray(1)) };
  const reader = makeReader(piece);
  if (reader.u8() !== CHUNK) throw new WireError('something of unknown kind was received');
  const [files, literal, zeros] = [reader.varint(), reader.varint(), reader.varint()];
  const [copied, bytes] = [reader.varint(), reader.varint()];
  return { is: 'chunk', counts: { files, literal, zeros, copied }, bytes };
};

const encodeChunk = ({ counts, bytes }: Received & { readonly is: 'chunk' }): Buffer => {
  const writer = makeWriter(48);
  writer.u8(CHUNK);
  for (const count of [counts.files, counts.literal, counts.zeros, counts.copied, bytes]) writer.varint(count);
  return writer.copy();
};

const CHUNK = 0;
const OUTCOMES = Buffer.from([1]);
