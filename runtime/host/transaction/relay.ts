// Passes on what this transaction stages, while it is still arriving: each file as soon as there is something of it.
//
//  1. Files go in the order in which they come; nobody waits for one while another is there.
//  2. A file's bytes go no further than they are written here, and its digest only once it was verified here.
//  3. What goes away while it is arriving is void to its receiver, and begins anew when it comes again. What is not there in
//     the end is lost to this receiver alone: who asked takes it elsewhere.
//  4. Never more than one chunk is in memory. What the transaction does meanwhile is neither stopped nor slowed.
import { SMALL_FILE } from '../../bytes/pack.js';
import { makePacker, newPart, PART_ROOM, type Packer, partChunk } from '../../bytes/pack-writer.js';
import { stretchesOf } from '../../bytes/zeros.js';
import type { Problem } from '../../tree/entry.js';
import type { Path } from '../../tree/path.js';
import { addLost } from '../content-stream.js';
import type { DeltaFiles } from '../delta-stream.js';
import { type Fault, isFault, type Source, type Stat } from '../file-verbs.js';
import type { Wanted } from '../host.js';
import { HostError } from '../host-error.js';
import { makePace, OPENING, type Pace } from '../pace.js';
import { GONE, nextNews, openStagedSources, type StagedSource } from './staged-source.js';
import type { Work, WorkPart } from './work.js';

export async function* relayStaged(work: Work, number: number, wanted: readonly Wanted[]): AsyncGenerator<Uint8Array> {
  const part = partOf(work, number);
  const { mine, others } = sorted(work, number, wanted);
  if (others.length > 0) yield* readPlaced(part, others);
  const sources = openStagedSources(work, part);
  const packer = makePacker();
  const scratch = Buffer.allocUnsafeSlow(SMALL_FILE);
  const pace = makePace(work.breathe);
  let news: number[] = [...mine.keys()];
  const unwatch = work.arrivals.watch(index => {
    if (mine.has(index)) news.push(index);
  });
  try {
    while (mine.size > 0) {
      const isLast = work.arrivals.isClosed();
      const some = new Set(isLast ? [...mine.keys()] : news);
      news = [];
      for (const index of some) {
        const one = mine.get(index);
        const source = one === undefined ? null : await sources.open(index);
        if (one === undefined || source === null) continue;
        mine.delete(index);
        try {
          const passed = isFault(source) ? source : yield* passOn(source, one, packer, scratch, pace);
          if (passed !== null) lose(packer, one, passed);
          // What was arriving may come again.
          if (passed === GONE && !isFault(source)) mine.set(index, one);
        } finally {
          if (!isFault(source)) await source.close();
        }
        const pause = pace(OPENING);
        if (pause !== null) await pause;
      }
      if (isLast) {
        for (const one of mine.values()) lose(packer, one, GONE);
        mine.clear();
      }
      if (mine.size > 0 && (news.length > 0 || work.arrivals.isClosed())) continue;
      const rest = packer.take();
      if (rest !== null) yield rest;
      else if (mine.size > 0) await nextNews(work);
    }
  } finally {
    unwatch();
    await sources.close();
  }
}

/** The same files, for who looks for what is new in them: each read from its start to its end, in the order asked. */
export const relayedFiles = (work: Work, number: number): DeltaFiles => {
  const part = partOf(work, number);
  const steps = stepsIn(work, number);
  return {
    algorithm: part.scan.selection.algorithm,
    pace: makePace(work.breathe),
    async open(one) {
      const index = steps.get(one.path);
      const source = index === undefined ? GONE : await openStagedFile(work, part, index);
      return isFault(source) ? problemOf(one, source) : source;
    },
    whole: one => relayStaged(work, number, [one]),
    moment: () => 0,
    digested: () => undefined,
    close: async () => undefined,
  };
};

const openStagedFile = async (work: Work, part: WorkPart, index: number): Promise<Source | Fault> => {
  const sources = openStagedSources(work, part);
  let heard = work.arrivals.count();
  let source = await sources.open(index);
  while (source === null) {
    await nextNews(work, heard);
    heard = work.arrivals.count();
    source = await sources.open(index);
  }
  await sources.close();
  if (isFault(source)) return source;
  const found = source;
  const stat: Stat = { ...NO_STAT, size: found.size };
  let at = 0;
  const readAt = async (into: Uint8Array, position: number): Promise<number | Fault> => {
    const view = Buffer.from(into.buffer, into.byteOffset, Math.min(into.length, found.size - position));
    return (await found.readAt(view, position)) ?? view.length;
  };
  return {
    stat,
    readAt,
    async read(into) {
      const count = await readAt(into, at);
      if (!isFault(count)) at += count;
      return count;
    },
    async restat() {
      const digest = await found.digest();
      return isFault(digest) ? digest : stat;
    },
    close: found.close,
  };
};

const partOf = (work: Work, number: number): WorkPart => {
  const part = work.parts[number];
  if (part !== undefined) return part;
  throw new HostError('protocol', `part ${number} was asked for, which is none`, 'this is a fault in syncplan');
};

/** What the transaction has a step for, by that step; and what was there before it. */
const sorted = (work: Work, number: number, wanted: readonly Wanted[]) => {
  const steps = stepsIn(work, number);
  const mine = new Map<number, Wanted>();
  const others: Wanted[] = [];
  for (const one of wanted) {
    const index = steps.get(one.path);
    if (index === undefined) others.push(one);
    else mine.set(index, one);
  }
  return { mine, others };
};

const stepsIn = ({ table }: Work, number: number): ReadonlyMap<Path, number> => {
  const steps = new Map<Path, number>();
  for (let index = 0; index < table.size; index++) {
    const step = table.step(index);
    if (step?.part === number && step.action.do === 'file') steps.set(step.action.path, index);
  }
  return steps;
};

async function* readPlaced({ scan }: WorkPart, wanted: readonly Wanted[]): AsyncGenerator<Uint8Array> {
  if (scan.read !== undefined) return yield* scan.read(wanted);
  const packer = makePacker();
  for (const one of wanted) lose(packer, one, GONE);
  const lost = packer.take();
  if (lost !== null) yield lost;
}

/** Null, or why not all of it could be passed on. */
async function* passOn(
  source: StagedSource,
  one: Wanted,
  packer: Packer,
  scratch: Buffer,
  pace: Pace,
): AsyncGenerator<Uint8Array, Fault | null> {
  const isLarge = source.size > SMALL_FILE;
  const before = isLarge || packer.isFull() ? packer.take() : null;
  if (before !== null) yield before;
  return isLarge ? yield* passParts(source, one, packer, pace) : passWhole(source, one, packer, scratch);
}

const passWhole = async (
  source: StagedSource,
  { index }: Wanted,
  packer: Packer,
  scratch: Buffer,
): Promise<Fault | null> => {
  const content = scratch.subarray(0, source.size);
  const digest = await source.digest();
  const fault = isFault(digest) ? digest : await source.readAt(content, 0);
  if (fault === null && !isFault(digest)) packer.add({ is: 'whole', index, digest, content });
  return fault;
};

async function* passParts(
  source: StagedSource,
  { index }: Wanted,
  packer: Packer,
  pace: Pace,
): AsyncGenerator<Uint8Array, Fault | null> {
  const { size } = source;
  let zeros = 0;
  for (let offset = 0; offset < size; ) {
    const length = Math.min(AT_ONCE, size - offset);
    const part = newPart(length);
    const fault = await source.readAt(part.subarray(PART_ROOM, PART_ROOM + length), offset);
    if (fault !== null) return fault;
    const stretches = stretchesOf(part.subarray(PART_ROOM, PART_ROOM + length));
    for (const { zeros: isZeros, start, end } of stretches) {
      const run = end - start;
      if (isZeros) zeros += run;
      else {
        if (zeros > 0) packer.add({ is: 'zeros', index, offset: offset + start - zeros, length: zeros });
        zeros = 0;
        const before = packer.take();
        if (before !== null) yield before;
        const chunk = partChunk(part.subarray(start), index, offset + start, run);
        // Whoever is done with one chunk gives its memory back: two of them must not share it.
        yield stretches.length === 1 ? chunk : Buffer.from(chunk);
      }
    }
    offset += length;
    const pause = pace(length / 1024);
    if (pause !== null) await pause;
  }
  if (zeros > 0) packer.add({ is: 'zeros', index, offset: size - zeros, length: zeros });
  const digest = await source.digest();
  if (isFault(digest)) return digest;
  packer.add({ is: 'end', index, size, digest });
  return null;
}

const lose = (packer: Packer, one: Wanted, fault: Fault): void => addLost(packer, one, problemOf(one, fault));

const problemOf = ({ path }: Wanted, { message }: Fault): Problem => ({
  path,
  code: 'changed',
  message: `pass it on: ${message}`,
  help: 'run the same command again',
});

/** A chunk goes on when all of it has come: small ones come sooner to the end of a long line. Still smaller ones would not be
 * read into memory that is used again (bytes/pool.ts). */
const AT_ONCE = 589_824;
const NO_STAT: Stat = {
  kind: 'file',
  size: 0,
  mode: 0,
  modified: 0,
  changed: 0,
  inode: 0,
  device: 0,
  names: 1,
  owner: 0,
  group: 0,
};
