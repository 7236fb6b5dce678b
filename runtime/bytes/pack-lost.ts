// Says what is lost in a chunk of a pack in other words; all else in it stays as it is.
import { type PackRecord, readRecords, writeRecord } from './pack.js';
import { makeWriter } from './wire.js';

type Lost = PackRecord & { readonly is: 'lost' };

export const mapLost = (chunk: Uint8Array, change: (record: Lost) => Lost): Uint8Array => {
  const writer = makeWriter(chunk.length + MORE);
  for (const record of readRecords(chunk)) writeRecord(writer, record.is === 'lost' ? change(record) : record);
  return writer.copy();
};

const MORE = 1024;
