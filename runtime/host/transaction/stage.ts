// Stages content: takes a pack stream apart, writes every file where it waits for its commit, and believes only the digest.
//
// Invariants:
//  1. Content counts as staged only when size and digest are what the step and the sender say, both checked here.
//  2. Nothing that was not asked for is written: an unknown index, or parts out of order, end the connection.
//  3. At most one chunk is in memory, and one file is open for parts.
//  4. Whatever ends the stream, no half-written file stays behind as staged.
import type { Hasher } from '../../bytes/digest.js';
import { type PackRecord, readRecords } from '../../bytes/pack.js';
import { giveBack } from '../../bytes/pool.js';
import { WireError } from '../../bytes/wire.js';
import type { Action, Outcome } from '../../tree/action.js';
import { PROBLEM_CODES, type ProblemCode } from '../../tree/entry.js';
import { isFault, type Sink } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { performOne } from './one-deed.js';
import { discard, discardUnfinished, stagedFolder, stagedName } from './staged.js';
import { failed, failedOrStopped, inconsistent, modeOf, openHashers, ownersOf, type Work } from './work.js';

/** Outcomes of steps whose content could not be staged. */
export const stagePack = async (work: Work, pack: AsyncIterable<Uint8Array>): Promise<Outcome[]> => {
  const hashers = await openHashers(new Set(work.parts.map(({ scan }) => scan.selection.algorithm)));
  const receiving: Receiving = { work, hashers, open: null, troubles: [] };
  try {
    for await (const chunk of pack) {
      for (const record of recordsOf(chunk)) await receive(receiving, record);
      giveBack(chunk);
      await work.breathe();
    }
    if (receiving.open !== null) throw protocolFault(work, 'the content ended in the middle of a file');
    return receiving.troubles;
  } finally {
    await receiving.open?.sink?.discard();
  }
};

type Receiving = {
  readonly work: Work;
  readonly hashers: Awaited<ReturnType<typeof openHashers>>;
  /** The file that comes in parts; without a sink when it has failed and the rest of it is passed over. */
  open: { readonly index: number; sink: Sink | null; received: number } | null;
  readonly troubles: Outcome[];
};

type FileStep = { readonly index: number; readonly part: number; readonly action: Action & { do: 'file' } };

const receive = async (receiving: Receiving, record: PackRecord): Promise<void> => {
  const step = askedFor(receiving.work, record.index);
  if (receiving.work.refused.has(record.index)) return;
  switch (record.is) {
    case 'whole':
      return receiveWhole(receiving, step, record.content, record.digest);
    case 'part':
      return receivePart(receiving, step, record.offset, record.content);
    case 'end':
      return receiveEnd(receiving, step, record.size, record.digest);
    case 'lost': {
      if (receiving.open?.index === record.index) await abandonOpen(receiving);
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
  const sink = await openSink(work, step);
  if ('result' in sink) return trouble(receiving, sink);
  const written = content.length === 0 ? null : await sink.write(content);
  if (isFault(written)) {
    await sink.discard();
    return trouble(receiving, failedOrStopped(work, index, action.path, 'write', written));
  }
  return finish(receiving, step, sink);
};

const receivePart = async (receiving: Receiving, step: FileStep, offset: number, content: Buffer): Promise<void> => {
  const { work, hashers } = receiving;
  const { index, action } = step;
  if (receiving.open === null) {
    if (offset !== 0) throw protocolFault(work, 'the first part of a file does not begin at 0');
    await discard(work, index);
    const sink = await openSink(work, step);
    const failing = 'result' in sink;
    receiving.open = { index, sink: failing ? null : sink, received: 0 };
    if (failing) trouble(receiving, sink);
    hasherOf(work, hashers, step).parts.init();
  }
  const { open } = receiving;
  if (open.index !== index || open.received !== offset) throw protocolFault(work, 'parts of a file came out of order');
  open.received += content.length;
  if (open.sink === null) return;
  if (open.received > action.size) {
    trouble(receiving, wrongSize(step, open.received));
    await open.sink.discard();
    open.sink = null;
    return;
  }
  hasherOf(work, hashers, step).parts.update(content);
  const written = await open.sink.write(content);
  if (!isFault(written)) return;
  const { sink } = open;
  open.sink = null;
  await sink.discard();
  trouble(receiving, failedOrStopped(work, index, action.path, 'write', written));
};

const receiveEnd = async (receiving: Receiving, step: FileStep, size: number, digest: string): Promise<void> => {
  const { work, hashers, open } = receiving;
  if (open === null || open.index !== step.index) throw protocolFault(work, 'the end came of a file that is not open');
  receiving.open = null;
  if (open.sink === null) return;
  const right = size === open.received && size === step.action.size;
  const same = right && hasherOf(work, hashers, step).parts.digest() === digest;
  if (same) return finish(receiving, step, open.sink);
  await open.sink.discard();
  trouble(receiving, right ? corrupt(step) : wrongSize(step, open.received));
};

const finish = async (receiving: Receiving, { index, part, action }: FileStep, sink: Sink): Promise<void> => {
  const { work } = receiving;
  const mode = modeOf(work.parts[part]!, action.mode);
  const finished = await sink.finish({ mode, modified: action.modified });
  const { owner, group } = ownersOf(work, action);
  if (finished === null && owner === null && group === null) return settled(work, index);
  const at = await stagedFolder(work, index);
  if (isFault(at)) return trouble(receiving, failedOrStopped(work, index, action.path, 'write', at));
  const name = stagedName(work, index);
  // Changing the owner takes special bits away, so the mode is said again.
  const fault = finished ?? (await performOne(work.verbs, { do: 'set', at, name, mode, modified: null, owner, group }));
  if (fault === null) return settled(work, index);
  await discardUnfinished(work, index, at);
  trouble(receiving, failedOrStopped(work, index, action.path, 'write', fault));
};

const settled = (work: Work, index: number): void => {
  work.table.setStaged(index, true);
  work.table.setWaiting(index);
};

const openSink = async (work: Work, { index, action }: FileStep): Promise<Sink | Outcome> => {
  const at = await stagedFolder(work, index);
  if (isFault(at)) return failedOrStopped(work, index, action.path, 'make the staging folder', at);
  const name = stagedName(work, index);
  let sink = await work.verbs.write(at, name);
  if (isFault(sink) && sink.fault === 'EEXIST') {
    // An attempt at it that failed half-way was not removed.
    await performOne(work.verbs, { do: 'remove', at, name });
    sink = await work.verbs.write(at, name);
  }
  return isFault(sink) ? failedOrStopped(work, index, action.path, 'create', sink) : sink;
};

const askedFor = (work: Work, index: number): FileStep => {
  const step = work.table.step(index);
  const state = work.table.state(index);
  if (step === null || step.action.do !== 'file' || state === 'done' || state === 'kept') {
    throw protocolFault(work, 'content came that was not asked for');
  }
  return { index, part: step.part, action: step.action };
};

const abandonOpen = async (receiving: Receiving): Promise<void> => {
  await receiving.open?.sink?.discard();
  receiving.open = null;
};

const trouble = (receiving: Receiving, outcome: Outcome): void => {
  receiving.work.table.settle(outcome);
  receiving.troubles.push(outcome);
};

const hasherOf = (
  work: Work,
  hashers: Receiving['hashers'],
  { part }: FileStep,
): { readonly whole: Hasher; readonly parts: Hasher } => hashers.get(work.parts[part]!.scan.selection.algorithm)!;

const lost = ({ index, action: { path } }: FileStep, record: PackRecord & { is: 'lost' }): Outcome => {
  if (record.code === 'changed') return inconsistent(index, record.message);
  const known = (PROBLEM_CODES as readonly string[]).includes(record.code);
  const code = known ? (record.code as ProblemCode) : 'io';
  return failed(index, { path, code, message: record.message, help: record.help });
};

const corrupt = ({ index, action: { path } }: FileStep): Outcome =>
  failed(index, {
    path,
    code: 'corrupt',
    message: 'receive: the content does not have the digest that its sender computed',
    help: 'run the same command again; if it happens again, check memory and network of both machines',
  });

const wrongSize = ({ index, action: { path, size } }: FileStep, received: number): Outcome =>
  failed(index, {
    path,
    code: 'corrupt',
    message: `receive: ${received} bytes came of a file of ${size}`,
    help: 'run the same command again',
  });

const protocolFault = ({ label }: Work, what: string): HostError =>
  new HostError(
    'protocol',
    `staging on ${label}: ${what}`,
    'this is a fault in syncplan, or in what passes content on',
  );

function* recordsOf(chunk: Uint8Array): Generator<PackRecord> {
  try {
    yield* readRecords(chunk);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new HostError('protocol', `staging: damaged content: ${error.message}`, 'run the same command again', error);
  }
}
