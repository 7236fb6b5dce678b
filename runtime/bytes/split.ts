// A pack stream in smaller chunks, for what may only trickle: records stay in order, large ones come in more parts.
import { type PackRecord, readRecords, writeRecord } from './pack.js';
import { giveBack } from './pool.js';
import { makeWriter } from './wire.js';

/** No chunk holds much more than `grain` bytes. */
export async function* splitPack(pack: AsyncIterable<Uint8Array>, grain: number): AsyncGenerator<Uint8Array> {
  const writer = makeWriter(grain + 1024);
  for await (const chunk of pack) {
    for (const record of readRecords(chunk)) {
      for (const piece of pieces(record, grain)) {
        writeRecord(writer, piece);
        if (writer.length < grain) continue;
        yield writer.copy();
        writer.clear();
      }
    }
    if (writer.length > 0) yield writer.copy();
    writer.clear();
    giveBack(chunk);
  }
}

function* pieces(record: PackRecord, grain: number): Generator<PackRecord> {
  if ((record.is !== 'part' && record.is !== 'whole') || record.content.length <= grain) {
    yield record;
    return;
  }
  const { index, content } = record;
  const first = record.is === 'part' ? record.offset : 0;
  for (let at = 0; at < content.length; at += grain)
    yield { is: 'part', index, offset: first + at, content: content.subarray(at, at + grain) };
  if (record.is === 'whole') yield { is: 'end', index, size: content.length, digest: record.digest };
}
