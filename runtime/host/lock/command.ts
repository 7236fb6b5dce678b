// Lock commands: one takes what a plan wants blocked by a program of its own, the other gives it back, whatever happened meanwhile.
//
//   lock/BLOCK.release   0600   {release: 1, run, command, environment}; there from before the first command is run until
//                               the second has run without failing
//
// 1. The record is durable before the first command runs, so a killed holder's release is run by the next one. The second
//    command may therefore run where the first did not come to its end, and more than once.
// 2. A first command that says no (ends with anything but 0) has blocked nothing: nothing is owed then.
// 3. A record is only believed that this user wrote and nobody else could read or write; a policy applies to both commands.
import * as z from 'zod/mini';
import type { LockBy } from '../../../compiler/plan.js';
import type { Problem } from '../../tree/entry.js';
import type { Folder } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import { ADDED_VARIABLE } from '../program-verbs.js';
import type { LocalPrograms } from '../programs.js';
import { type Closing, distrustRecord, unreadable } from './closing.js';
import { readRecord, removeRecord, writeRecord } from './record.js';

export type Commanding = Closing & {
  readonly programs: LocalPrograms;
  /** Ends a first command that still runs; never a second one. */
  readonly signal: AbortSignal;
};

const strings = z.array(z.string());
const RELEASE = z.strictObject({
  release: z.literal(1),
  run: z.string().check(z.maxLength(256)),
  command: strings.check(z.minLength(1)),
  environment: z.record(z.string().check(z.regex(ADDED_VARIABLE)), z.string()),
});

/** Throws HostError where the command refuses or cannot run; then nothing is blocked. */
export const runLockCommand = async (
  commanding: Commanding,
  { command, release }: Extract<LockBy, { kind: 'command' }>,
  environment: Readonly<Record<string, string>>,
  run: string,
): Promise<void> => {
  const { folder, block, where, programs, signal } = commanding;
  writeRecord(
    folder,
    releaseName(block),
    { release: 1, run, command: release, environment },
    { mode: 0o600, durable: true },
  );
  const ended = await programs.runFor(command, { purpose: 'lock command', timeout: TIMEOUT, environment, signal });
  if (ended.code === 0) return;
  const said = ended.output === '' ? '' : `: ${ended.output}`;
  const why =
    ended.code === null ? (ended.started ? 'did not end by itself' : 'was not started') : `ended with ${ended.code}`;
  const left = ended.code === null && ended.started ? await runRelease(commanding) : [];
  if (left.length === 0) removeRecord(folder, releaseName(block));
  throw new HostError(
    ended.code === null ? 'failed' : 'locked',
    `lock ${where}: the lock command ${command.join(' ')} ${why}${said}`,
    'See what it says; the block is left as it is until that command ends with 0.',
  );
};

/** Runs what is owed. What could not be done is a Problem, and is owed on. */
export const runRelease = async (commanding: Omit<Commanding, 'signal'>): Promise<readonly Problem[]> => {
  const { verbs, folder, block, programs } = commanding;
  const read = readRecord(folder, releaseName(block), RELEASE);
  if (read.is === 'absent') return [];
  const distrusted = read.is === 'damaged' ? read.why : distrustRecord(verbs, read);
  if (distrusted !== null || read.is === 'damaged') return [unreadable(releaseName(block), distrusted ?? '')];
  const { command, environment } = read.value;
  const { code, output } = await programs.runFor(command, { purpose: 'lock command', timeout: TIMEOUT, environment });
  if (code === 0) {
    removeRecord(folder, releaseName(block));
    return [];
  }
  const how = code === null ? 'did not run to its end' : `ended with ${code}`;
  return [
    {
      path: '',
      code: 'hook',
      message: `release the lock: ${command.join(' ')} ${how}${output === '' ? '' : `: ${output}`}`,
      help: `see what it says; it is run again by the next run, or by syncplan unlock FILE --run ${read.value.run}`,
    },
  ];
};

/** The run whose release is still owed, or null. */
export const releaseOwedBy = (folder: Folder, block: string): string | null => {
  const read = readRecord(folder, releaseName(block), RELEASE);
  return read.is === 'absent' ? null : read.is === 'there' ? read.value.run : '';
};

const releaseName = (block: string): string => `${block}.release`;

/** Seconds. */
const TIMEOUT = 60;
