// One attempt at a lock through a shell, and the records beside it: what the far side answers, read with suspicion.
import { hostErrorOf } from '../faults.js';
import type { Fault, Folder } from '../file-verbs.js';
import type { LockMode } from '../host.js';
import { HostError, WAIT_FOR_RUN } from '../host-error.js';
import { describeLease, type Holder, type Lease, parseLease } from '../lock/lease.js';
import { unrecorded } from '../lock/waiting.js';
import { answerFault } from './complaints.js';
import { pathOf } from './folder.js';
import type { ShellSession } from './session.js';

export type Held = {
  readonly is: 'held';
  /** The process there that holds it; the lock ends with it. */
  readonly keeper: number;
  /** What it holds, to be told whether that is still what others find. */
  readonly grasp: string;
  /** Seconds since that system started. */
  readonly uptime: number;
  /** `modes`, `release`: what an earlier holder did not give back. */
  readonly owed: readonly string[];
  /** The last exclusive holder's record. */
  readonly lease: Lease | null;
  /** Runs of shared holders that have left their records. */
  readonly sharers: readonly string[];
};

export type Got = Held | { readonly is: 'busy'; readonly runs: readonly string[]; readonly refusal: HostError };

/** Throws HostError where it cannot be locked at all. */
export const attemptLock = async (
  session: ShellSession,
  folder: Folder,
  block: string,
  mode: LockMode,
  where: string,
  boot: string,
): Promise<Got> => {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const answer = await session.ask('lock', [pathOf(folder), `./${block}`, mode]);
    const fault = answerFault(answer);
    if (fault === null) return parseAttempt(answer.output.toString('latin1'), block, where, boot);
    // The lock file was replaced between opening and locking it.
    if (fault.fault !== 'ESTALE') throw lockFault(where, fault);
  }
  throw new HostError(
    'failed',
    `lock ${where}: its lock file is replaced again and again`,
    'Look what removes files there, and stop it.',
  );
};

/** Lines `held KEEPER GRASP`, or `busy` and `claim NAME`, `now SECONDS`, `owed WHAT`, and `./NAME RECORD` for each record. */
export const parseAttempt = (text: string, block: string, where: string, boot: string): Got => {
  const lines = text.split('\n');
  const records = lines.flatMap(line => {
    const [, name, record] = /^\.\/(\S+) (.+)$/.exec(line) ?? [];
    const lease = record === undefined ? null : parseLease(record);
    return lease === null ? [] : [{ exclusive: name === `${block}.lease`, lease }];
  });
  const uptime = Number(/^now ([\d.]+)$/m.exec(text)?.[1] ?? 0);
  const lease = records.find(({ exclusive }) => exclusive)?.lease ?? null;
  const sharers = records.filter(({ exclusive }) => !exclusive).map(one => one.lease);
  const [, keeper, grasp] = /^held (\d+) (\S+)$/.exec(lines[0]!) ?? [];
  if (keeper !== undefined) {
    const owed = lines.flatMap(line => /^owed (\w+)$/.exec(line)?.[1] ?? []);
    return {
      is: 'held',
      keeper: Number(keeper),
      grasp: grasp!,
      uptime,
      owed,
      lease,
      sharers: sharers.map(({ run }) => run),
    };
  }
  if (lines[0] !== 'busy') throw lockFault(where, { fault: 'EPROTO', message: 'its shell answers something else' });
  const holders = [...(lease === null || lease.released ? [] : [lease]), ...sharers];
  const runs = holders.map(({ run }) => run);
  if (runs.length > 0) return { is: 'busy', runs, refusal: refusal(holders, where, { boot, uptime }) };
  const claims = lines.flatMap(line => /^claim (.+)$/.exec(line)?.[1] ?? []);
  return { is: 'busy', runs, refusal: unrecorded(where, block, claims) };
};

/** Null where it is written; only while the lock is still held. */
export const writeNote = async (
  session: ShellSession,
  folder: Folder,
  block: string,
  { keeper, grasp }: Held,
  record: string,
  lease: Lease,
): Promise<Fault | null> => {
  const words = [pathOf(folder), `./${block}`, String(keeper), grasp, `./${record}`];
  return answerFault(await session.ask('note', words, { data: [Buffer.from(`${JSON.stringify(lease)}\n`)] }));
};

export const lockFault = (where: string, fault: Fault): HostError => {
  if (fault.fault !== 'ENOSYS') return hostErrorOf(`lock ${where}`, fault);
  return new HostError(
    'unsupported',
    `lock ${where}: its shell has neither mktemp nor mkfifo to hold a lock with`,
    'Install GNU coreutils or BusyBox there, and see that its temporary folder can be written to.',
  );
};

const refusal = (
  holders: readonly Lease[],
  where: string,
  { boot, uptime }: { readonly boot: string; readonly uptime: number },
): HostError => {
  const here: Holder = { name: '', process: 0, boot, monotonic: () => uptime, now: () => 0 };
  return new HostError(
    'locked',
    `${where} is locked by ${holders.map(one => describeLease(one, here)).join('; ')}`,
    WAIT_FOR_RUN,
  );
};

const MAX_ATTEMPTS = 5;
