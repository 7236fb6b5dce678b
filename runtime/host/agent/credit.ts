// The payload of a CREDIT frame: how many bytes of a stream have been used.
import { makeReader, makeWriter, WireError } from '../../bytes/wire.js';

export const packCredit = (bytes: number): Buffer => {
  const writer = makeWriter(8);
  writer.varint(bytes);
  return writer.copy();
};

export const unpackCredit = (payload: Buffer): number => {
  const reader = makeReader(payload);
  const bytes = reader.varint();
  if (!reader.done) throw new WireError('a credit is longer than a number');
  return bytes;
};
