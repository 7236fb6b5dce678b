// Stages content: takes a pack stream apart, writes every file where it waits for its commit, and believes only the digest.
//
// Invariants:
//  1. Content counts as staged only when size and digest are what the step and the sender say, both checked here.
//  2. Nothing that was not asked for is written: an unknown index, or parts out of order, end the connection.
//  3. At most one chunk is in memory, and one file is open for parts.
//  4. Whatever ends the stream, no half-written file stays behind as staged; what is worth it is kept aside (begun.ts).
import type { Hasher } from '../../bytes/digest.js';
import { type PackRecord, readRecords } from '../../bytes/pack.js';
import { giveBack } from '../../bytes/pool.js';
import { openChunk } from '../../bytes/squeeze.js';
import { WireError } from '../../bytes/wire.js';
import type { Outcome } from '../../tree/action.js';
import { type Attributes, type Fault, isFault, type Maybe } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { type Giving, givenOf, managesExtras, openGiving } from './attributes.js';
import { dropBegun, keepBegun, readBegun } from './begun.js';
import { createIn, openSink } from './create-staged.js';
import { type FileStep, type Finishing, type Gather, openGather } from './gather.js';
import { type OldFiles, openOldFiles } from './old-files.js';
import { digestPart, discardOpen, newOpen, type Open, writeOpen } from './open-part.js';
import { givenOwners } from './owners.js';
import { corrupt, failedToCreate, lost, protocolFault, wrongSize } from './stage-trouble.js';
import { discard, discardUnfinished, stagedFolder, stagedName } from './staged.js';
import { failedOrStopped, inconsistent, modeOf, openHashers, type Work } from './work.js';

/** Outcomes of steps whose content could not be staged. */
export const stagePack = async (work: Work, pack: AsyncIterable<Uint8Array>): Promise<Outcome[]> => {
  const hashers = await openHashers(new Set(work.parts.map(({ scan }) => scan.selection.algorithm)));
  const receiving: Receiving = {
    work,
    hashers,
    giving: openGiving(work),
    old: openOldFiles(work),
    open: null,
    gather: null,
    troubles: [],
  };
  receiving.gather = openGather(work, {
    done: (file, fault) => conclude(receiving, file.step, file.finishing, fault),
    refused: (file, fault) => void trouble(receiving, failedToCreate(work, file.step, fault)),
  });
  try {
    for await (const chunk of pack) {
      for (const record of recordsOf(chunk)) await receive(receiving, record);
      giveBack(chunk);
      await work.breathe();
    }
    if (receiving.open !== null) throw protocolFault(work, 'the content ended in the middle of a file');
    await receiving.gather?.settle();
    await receiving.giving.finish();
    return receiving.troubles;
  } finally {
    await receiving.gather?.abandon();
    await abandonOpen(receiving);
    await receiving.old.close();
    await receiving.giving.release();
  }
};

type Receiving = {
  readonly work: Work;
  readonly hashers: Awaited<ReturnType<typeof openHashers>>;
  readonly giving: Giving;
  readonly old: OldFiles;
  /** The file that comes in parts; without a sink when it has failed and the rest of it is passed over. */
  open: Open | null;
  /** Small files that are written together; null where each is written by itself. */
  gather: Gather | null;
  readonly troubles: Outcome[];
};

const receive = async (receiving: Receiving, record: PackRecord): Promise<void> => {
  const step = askedFor(receiving.work, record.index);
  if (receiving.work.refused.has(record.index)) return;
  if (receiving.gather?.holds(record.index)) await receiving.gather.settle();
  switch (record.is) {
    case 'whole':
      return receiveWhole(receiving, step, record.content, record.digest);
    case 'part':
      return receivePart(receiving, step, record.offset, record.content.length, record.content);
    case 'zeros':
      return receivePart(receiving, step, record.offset, record.length, null);
    case 'begun':
      return receiveBegun(receiving, step, record.length);
    case 'copy':
      return receiveCopy(receiving, step, record);
    case 'end':
      return receiveEnd(receiving, step, record.size, record.digest);
    case 'lost': {
      if (receiving.open?.index === record.index) await giveUpOpen(receiving);
      await receiving.giving.finish();
      await discard(receiving.work, record.index);
      return trouble(receiving, lost(step, record));
    }
  }
};

const receiveWhole = async (receiving: Receiving, step: FileStep, content: Buffer, digest: string): Promise<void> => {
  const { work, hashers } = receiving;
  const { index, action } = step;
  if (receiving.open?.index === index) throw protocolFault(work, 'a file came whole and in parts');
  await discard(work, index);
  if (content.length !== action.size) return trouble(receiving, wrongSize(step, content.length));
  if (hasherOf(work, hashers, step).whole.hash(content) !== digest) return trouble(receiving, corrupt(step));
  if (receiving.gather !== null) {
    return receiving.gather.add({ step, content: Buffer.from(content), finishing: finishingOf(work, step, digest) });
  }
  const { writeWhole } = work.verbs;
  if (writeWhole !== undefined) {
    return finish(receiving, step, digest, attributes =>
      createIn(work, step, (at, name) => writeWhole(at, name, content, attributes)),
    );
  }
  const sink = await openSink(work, step);
  if ('result' in sink) return trouble(receiving, sink);
  const written = content.length === 0 ? null : await sink.write(content);
  if (isFault(written)) {
    await sink.discard();
    return trouble(receiving, failedOrStopped(work, index, action.path, 'write', written));
  }
  return finish(receiving, step, digest, sink.finish);
};

/** The next bytes of a file in parts; without content they are zeros. */
const receivePart = async (
  receiving: Receiving,
  step: FileStep,
  offset: number,
  length: number,
  content: Buffer | null,
): Promise<void> => {
  const { work, hashers } = receiving;
  const { index, action } = step;
  if (receiving.open === null) {
    if (offset !== 0) throw protocolFault(work, 'the first part of a file does not begin at 0');
    await dropBegun(work, index);
  }
  const open = receiving.open ?? (await openParts(receiving, step));
  if (open.index !== index || open.received !== offset) throw protocolFault(work, 'parts of a file came out of order');
  open.received += length;
  if (open.sink === null) return;
  if (open.received > action.size) {
    trouble(receiving, wrongSize(step, open.received));
    return discardOpen(open);
  }
  await digestPart(work, hasherOf(work, hashers, step).parts, length, content);
  const fault = await writeOpen(work, open, length, content);
  if (fault !== null) trouble(receiving, failedOrStopped(work, index, action.path, 'write', fault));
};

const openParts = async (receiving: Receiving, step: FileStep): Promise<Open> => {
  const { work, hashers } = receiving;
  await discard(work, step.index);
  const sink = await openSink(work, step);
  const failing = 'result' in sink;
  const open = newOpen(step.index, failing ? null : sink);
  receiving.open = open;
  if (failing) trouble(receiving, sink);
  hasherOf(work, hashers, step).parts.init();
  return open;
};

/** The first bytes of a file in parts are those that came before its stream broke. */
const receiveBegun = async (receiving: Receiving, step: FileStep, length: number): Promise<void> => {
  const { work } = receiving;
  const { index } = step;
  if (receiving.open !== null || work.begun.get(index) !== length)
    throw protocolFault(work, 'a file was to go on that had not come so far');
  const open = await openParts(receiving, step);
  let done = 0;
  for await (const piece of readBegun(work, index)) {
    if (isFault(piece) || done + piece.length > length) break;
    await receivePart(receiving, step, done, piece.length, piece.content);
    done += piece.length;
  }
  await dropBegun(work, index);
  if (done === length) return;
  open.received = length;
  if (open.sink === null) return;
  await discardOpen(open);
  trouble(receiving, inconsistent(index, 'what had come of it before is gone'));
};

/** The next bytes of a file in parts, out of the file that stands at its path. */
const receiveCopy = async (
  receiving: Receiving,
  step: FileStep,
  { offset, from, length }: PackRecord & { is: 'copy' },
): Promise<void> => {
  let done = 0;
  const { index } = step;
  // What is passed over is not read either.
  if (receiving.open?.index === index && receiving.open.sink === null) {
    return receivePart(receiving, step, offset, length, null);
  }
  for await (const piece of receiving.old.read(step, from, length)) {
    const at = offset + done;
    // Nothing of it, where it cannot be read: that opens the file, or finds it where it should be.
    await receivePart(receiving, step, at, isFault(piece) ? 0 : piece.length, isFault(piece) ? null : piece);
    if (isFault(piece)) {
      const open = receiving.open!;
      open.received = offset + length;
      if (open.sink === null) return;
      await discardOpen(open);
      return trouble(receiving, inconsistent(index, 'the file that stands there is not what it was'));
    }
    done += piece.length;
  }
};

const receiveEnd = async (receiving: Receiving, step: FileStep, size: number, digest: string): Promise<void> => {
  const { work, hashers, open } = receiving;
  if (open === null || open.index !== step.index) throw protocolFault(work, 'the end came of a file that is not open');
  receiving.open = null;
  if (open.sink === null) return;
  const right = size === open.received && size === step.action.size;
  const same = right && hasherOf(work, hashers, step).parts.digest() === digest;
  if (same) return finish(receiving, step, digest, open.sink.finish);
  await open.sink.discard();
  trouble(receiving, right ? corrupt(step) : wrongSize(step, open.received));
};

const finish = async (
  receiving: Receiving,
  step: FileStep,
  digest: string,
  write: (attributes: Attributes) => Maybe<null | Fault>,
): Promise<void> => {
  const finishing = finishingOf(receiving.work, step, digest);
  const fault = await write({ mode: finishing.first, modified: step.action.modified });
  return conclude(receiving, step, finishing, fault);
};

const finishingOf = (work: Work, { part, action }: FileStep, digest: string): Finishing => {
  const at = work.parts[part]!;
  const mode = modeOf(at, action.mode);
  return { digest, mode, first: managesExtras(at) ? UNFINISHED : mode, owners: givenOwners(work, action) };
};

/** It is written, or was not: what it still needs is given to it. */
const conclude = async (
  receiving: Receiving,
  { index, part, action }: FileStep,
  { digest, mode, first, owners }: Finishing,
  fault: null | Fault,
): Promise<void> => {
  const { work, giving } = receiving;
  work.digests.set(index, digest);
  if (fault === null && first === mode && owners.owner === null && owners.group === null) return settled(work, index);
  const folder = await stagedFolder(work, index);
  if (isFault(folder)) return trouble(receiving, failedOrStopped(work, index, action.path, 'write', folder));
  const done = async (given: Fault | null): Promise<void> => {
    if (given === null) return settled(work, index);
    const there = await stagedFolder(work, index);
    if (!isFault(there)) await discardUnfinished(work, index, there);
    trouble(receiving, failedOrStopped(work, index, action.path, 'write', given));
  };
  if (fault !== null) return done(fault);
  // What changes it after it was made durable is not durable.
  work.synced.delete(index);
  return giving.give(work.parts[part]!, folder, stagedName(work, index), givenOf(action, owners, mode), done);
};

const settled = (work: Work, index: number): void => {
  work.table.setStaged(index, true);
  work.table.setWaiting(index);
  work.arrivals.ended(index, work.digests.get(index));
};

const askedFor = (work: Work, index: number): FileStep => {
  const step = work.table.step(index);
  const state = work.table.state(index);
  if (step === null || step.action.do !== 'file' || state === 'done' || state === 'kept') {
    throw protocolFault(work, 'content came that was not asked for');
  }
  return { index, part: step.part, action: step.action };
};

/** The stream ends in the middle of it. */
const abandonOpen = async (receiving: Receiving): Promise<void> => {
  const { open, work } = receiving;
  receiving.open = null;
  if (open === null) return;
  // Why the stream ended says more than why nothing could be kept of it.
  if (open.sink !== null) await keepBegun(work, open.index, open.sink, open.received).catch(() => undefined);
  work.arrivals.ended(open.index, null);
};

/** What came of it is void. */
const giveUpOpen = async (receiving: Receiving): Promise<void> => {
  const { open } = receiving;
  receiving.open = null;
  if (open === null) return;
  await discardOpen(open);
  receiving.work.arrivals.ended(open.index, null);
};

const trouble = (receiving: Receiving, outcome: Outcome): void => {
  receiving.work.table.settle(outcome);
  receiving.work.arrivals.ended(outcome.index, null);
  receiving.troubles.push(outcome);
};

const hasherOf = (
  work: Work,
  hashers: Receiving['hashers'],
  { part }: FileStep,
): { readonly whole: Hasher; readonly parts: Hasher } => hashers.get(work.parts[part]!.scan.selection.algorithm)!;

/** Open to nobody else, and to this user whatever its mode will be, until its extended attributes are there. */
const UNFINISHED = 0o600;

function* recordsOf(chunk: Uint8Array): Generator<PackRecord> {
  try {
    yield* readRecords(openChunk(chunk));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new HostError('protocol', `staging: damaged content: ${error.message}`, 'run the same command again', error);
  }
}
