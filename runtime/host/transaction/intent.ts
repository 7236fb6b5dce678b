// The intent record: all that a transaction is about to do on a host, so that whoever comes after a crash can finish it.
//
//   intent/RUN-BLOCK = record `intent` 1, body:
//   body   = run:string block:string owed:string flags:u8 trash:varint parts:varint part* steps:varint step*
//            flags: 1 durability strict, 2 the baseline takes it in, 4 not under a lock; trash: seconds; steps: those that were ready, of `size` in the list
//   part   = root:string device:varint inode:varint state:string base:string staging:string bin:string
//            attributes:varint algorithm:u8 flags:u8
//            state: '' for .syncplan in the root; staging: its folder below staging/; bin: below trash/RUN, '' for none
//            attributes: a bit for each that the selection carries; flags: 1 the take's folder was there
//   step   = gap:varint part:varint kind:u8 path rest                        (paths and numbers as in columns.ts)
//            gap: steps left out before it; kind: 0 folder … 6 remove-folder, and bits WHOLE/SEEN 16, KEEP 32, LINKED 64,
//            STAGED 128
//   rest   = folder         mode:varint owner:string group:string extra:string
//            file           size mode:varint modified digest:string
//            link           target:string modified
//            hard           leader:string
//            adjust         bits:u8 [mode:varint] [modified] [owner:string] [group:string] [extra:string]
//            remove, remove-folder  nothing
//            then with SEEN what must stand there (for hard also with STAGED what its leader was), with STAGED for all others
//            what lies in staging under the step's index (or INDEX.d)
//   stood  = kind:u8 size modified changed inode
//   lies   = inode
//
// 1. It is written in one go when everything in it is durable in staging, and nothing at a final path changes before it is.
// 2. From there the transaction only goes forward: new content in place – done; old content as expected – switched; anything
//    else – that path is left alone and named.
// 3. It lies in the state folder of the first part's root and names the other roots. The first part's root is where it is
//    looked for.
// 4. When all is done and durable it is renamed to RUN-BLOCK.done, or removed where no hook is owed.
import { ALGORITHMS, type Algorithm, type Attribute } from '../../../compiler/plan.js';
import { makeWriter, type Reader, WireError } from '../../bytes/wire.js';
import type { Path } from '../../tree/path.js';
import { readColumns, writeColumns } from './columns.js';
import { type IntentStep, readIntentStep, writeIntentStep } from './intent-step.js';
import type { RecordKind } from './record.js';

export const INTENT: RecordKind = { name: 'intent', version: 1 };

export type Intent = {
  readonly run: string;
  readonly block: string;
  readonly owed: string;
  readonly strict: boolean;
  readonly remembers: boolean;
  readonly locked: boolean;
  readonly trash: number;
  readonly parts: readonly IntentPart[];
  /** By index in the transaction's list; null where a step was not ready. */
  readonly steps: readonly (IntentStep | null)[];
};

export type IntentPart = {
  readonly root: Path;
  readonly device: number;
  readonly inode: number;
  readonly elsewhere: Path | null;
  readonly base: Path;
  readonly staging: string;
  readonly bin: string;
  readonly attributes: readonly Attribute[];
  readonly algorithm: Algorithm;
  readonly exists: boolean;
};

/** The body of the record. */
export const encodeIntent = (intent: Intent): Buffer => {
  const writer = makeWriter(64 * intent.steps.length + 1024);
  writer.string(intent.run);
  writer.string(intent.block);
  writer.string(intent.owed);
  writer.u8((intent.strict ? STRICT : 0) | (intent.remembers ? REMEMBERS : 0) | (intent.locked ? 0 : UNLOCKED));
  writer.varint(intent.trash);
  writer.varint(intent.parts.length);
  for (const part of intent.parts) {
    writer.string(part.root);
    writer.varint(part.device);
    writer.varint(part.inode);
    writer.string(part.elsewhere ?? '');
    writer.string(part.base);
    writer.string(part.staging);
    writer.string(part.bin);
    writer.varint(ATTRIBUTES.reduce((bits, name, i) => bits + (part.attributes.includes(name) ? 2 ** i : 0), 0));
    writer.u8(ALGORITHMS.indexOf(part.algorithm));
    writer.u8(part.exists ? 1 : 0);
  }
  writer.varint(intent.steps.reduce((count, step) => count + (step === null ? 0 : 1), 0));
  const columns = writeColumns(writer);
  let gap = 0;
  for (const step of intent.steps) {
    if (step === null) {
      gap++;
      continue;
    }
    writer.varint(gap);
    writer.varint(step.part);
    writeIntentStep(writer, columns, step);
    gap = 0;
  }
  return writer.copy();
};

/** Throws WireError. */
export const decodeIntent = (reader: Reader): Intent => {
  const [run, block, owed] = [reader.string(), reader.string(), reader.string(MAX_OWED)];
  const flags = reader.u8();
  const [strict, remembers, locked] = [(flags & STRICT) !== 0, (flags & REMEMBERS) !== 0, (flags & UNLOCKED) === 0];
  const trash = reader.varint();
  const parts = Array.from({ length: capped(reader.varint(), MAX_PARTS) }, () => readPart(reader));
  const steps: (IntentStep | null)[] = [];
  const count = reader.varint();
  const columns = readColumns(reader);
  for (let read = 0; read < count; read++) {
    for (let gap = capped(reader.varint(), MAX_STEPS - steps.length); gap > 0; gap--) steps.push(null);
    const part = reader.varint();
    if (parts[part] === undefined) throw new WireError(`a step names part ${part} of ${parts.length}`);
    steps.push(readIntentStep(reader, columns, part));
  }
  return { run, block, owed, strict, remembers, locked, trash, parts, steps };
};

const readPart = (reader: Reader): IntentPart => {
  const [root, device, inode] = [reader.string(), reader.varint(), reader.varint()];
  const [elsewhere, base, staging, bin] = [reader.string(), reader.string(), reader.string(), reader.string()];
  const bits = reader.varint();
  const algorithm = ALGORITHMS[reader.u8()];
  if (algorithm === undefined) throw new WireError('an algorithm is not known');
  return {
    root,
    device,
    inode,
    elsewhere: elsewhere === '' ? null : elsewhere,
    base,
    staging,
    bin,
    attributes: ATTRIBUTES.filter((_, i) => Math.floor(bits / 2 ** i) % 2 === 1),
    algorithm,
    exists: reader.u8() === 1,
  };
};

const capped = (count: number, most: number): number => {
  if (count <= most) return count;
  throw new WireError(`a count of ${count} is over its cap of ${most}`);
};

/** In the order of their bits. */
const ATTRIBUTES: readonly Attribute[] = ['mode', 'modified', 'owner', 'group', 'acl', 'xattr', 'special'];
const STRICT = 1;
const REMEMBERS = 2;
const UNLOCKED = 4;
const MAX_PARTS = 10_000;
const MAX_STEPS = 100_000_000;
const MAX_OWED = 16_777_216;
