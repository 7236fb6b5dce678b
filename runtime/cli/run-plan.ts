// One run of a plan whose hosts are being called: shown, journalled, recorded; and the exit code out of its summary.
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import type { Preview, RunEvent, Summary } from '../engine/events.js';
import { type RunOptions, run } from '../engine/run.js';
import type { SavedPlan } from '../engine/saved-plan.js';
import { hasChanges } from '../engine/summary.js';
import type { Claiming } from '../engine/used-once.js';
import { openPrograms } from '../host/programs.js';
import { displayMessage } from '../ui/display.js';
import { previewText } from '../ui/preview-text.js';
import { summaryText } from '../ui/summary-text.js';
import { type Call, EXIT } from './command.js';
import type { Connecting } from './connecting.js';
import { STATE_HELP, whyFailed } from './explain-error.js';
import { recordRun } from './history.js';
import { INTERRUPTED, type Interrupts } from './interrupts.js';
import { beginJournal } from './journal.js';
import type { Loaded } from './load-plan.js';
import { openRootMemory } from './root-memory.js';
import { newRunId } from './run-id.js';
import { commandAfter, wordsOf } from './saved-again.js';
import { claimUse } from './saved-use.js';
import type { Saving } from './saving.js';
import { openShow, type RunShow, textOptions } from './show.js';

export type Performing = {
  readonly loaded: Loaded;
  /** Where the preview is to be saved. */
  readonly saving: Saving | null;
  /** Folder of this user's history, journals and what is remembered of roots. */
  readonly state: string;
  readonly interrupts: Interrupts;
  /** From now on, what an interrupt says goes by this. */
  readonly sayBy: (say: (text: string, last?: boolean) => void) => void;
  readonly connecting: Connecting;
};

export const runPlan = async (
  call: Call,
  command: 'plan' | 'apply',
  { loaded, saving, state, interrupts, sayBy, connecting }: Performing,
): Promise<number> => {
  const { terminal, options } = call;
  const { plan, saved } = loaded;
  let preview: Preview | null = null;
  const verbose = options.flag('verbose');
  /** A hook that is owed is something to do as well. */
  const owes = (): boolean => preview?.relations.some(({ owed }) => owed.length > 0) === true;
  const judge = <S extends Summary>(summary: S): S =>
    options.flag('exit-code') && summary.exitCode === EXIT.done && (hasChanges(summary) || owes())
      ? { ...summary, exitCode: EXIT.changes }
      : summary;
  const started = new Date();
  const runId = newRunId(started);
  const show = await openShow(call);
  /** A line between two pictures: the live screen counts its own lines, and would leave some behind. */
  const sayAside = (text: string, last = false): void => {
    show.pause();
    terminal.say(text);
    if (!last) show.resume();
  };
  sayBy(sayAside);
  const keep = (seen: Preview): void => {
    preview = seen;
  };
  const confirm = async (seen: Preview): Promise<boolean> => {
    show.pause();
    terminal.say(previewText(seen, { ...textOptions(terminal, 'say'), verbose }));
    const yes = await terminal.ask('\napply this? [y/N] ', interrupts.signal);
    show.resume();
    return yes;
  };
  const mustAsk = command === 'apply' && saved === null && terminal.interactive && !options.flag('yes');
  const journal = command === 'apply' ? openJournal(call, state, loaded, runId) : NO_JOURNAL;
  // The stream's summary and the program's exit code are the same value.
  const emit = (event: RunEvent): void => {
    journal.write(event);
    show.event(event.type === 'summary' ? judge(event) : event);
  };
  const warn = (message: string): void => terminal.say(`syncplan: ${displayMessage(message)}\n`);
  const server = openPrograms({ environment: terminal.environment, home: homedir() });
  const exactly: Partial<RunOptions> =
    saved === null ? {} : { expected: await claimingOf(call, saved, { run: runId, state, interrupts, journal }) };
  let summary: Summary;
  try {
    const outcome = await run({
      plan,
      command,
      ...connecting,
      clock: Date.now,
      runId,
      newKey: () => randomBytes(32).toString('latin1'),
      version: SYNCPLAN_VERSION,
      signal: interrupts.signal,
      emit,
      previewed: command === 'plan' ? keep : null,
      confirm: mustAsk ? confirm : null,
      acceptRoots: saved?.options.acceptRoots ?? options.values('accept-root'),
      memory: openRootMemory(state, plan.hosts, warn),
      server,
      allowDelete: saved?.options.allowDelete ?? options.flag('allow-delete'),
      ...(verbose ? { internal: (error: unknown) => sayAside(stackOf(error)) } : {}),
      parallel: options.value('parallel') === null ? null : Number(options.value('parallel')),
      ...exactly,
      ...(saving === null ? {} : { observed: saving.observed }),
    });
    summary = judge(outcome);
  } finally {
    server.close();
    show.stop();
    interrupts.release();
  }
  if (command === 'plan') sayPreview(call, show, preview, summary.exitCode === INTERRUPTED);
  else if (show.kind === 'ink' && !terminal.streams.out.isTTY)
    terminal.print(summaryText(summary, textOptions(terminal, 'print')));
  const fault = await recordRun(state, { run: runId, command, file: loaded.file, started, summary });
  if (fault !== null) warn(`the history of runs could not be written: ${whyFailed(fault)}`);
  const isSaved = saving === null || (await saving.finish(summary, started));
  return isSaved ? summary.exitCode : EXIT.failed;
};

/** A run that cannot keep a journal goes on: only --resume will know nothing of it. */
const openJournal = ({ terminal }: Call, state: string, loaded: Loaded, run: string): Journalling => {
  const warn = (error: unknown): void => {
    const why = displayMessage(whyFailed(error));
    terminal.say(
      `syncplan: the journal could not be written, so --resume will not know of this run: ${why}\n  ${STATE_HELP}\n`,
    );
  };
  let write: (event: RunEvent) => void;
  try {
    write = beginJournal({ stateFolder: state, file: loaded.file }, run, loaded.whole, loaded.plan);
  } catch (error) {
    warn(error);
    return NO_JOURNAL;
  }
  return {
    kept: true,
    write(event) {
      try {
        write(event);
      } catch (error) {
        write = () => undefined;
        warn(error);
      }
    },
  };
};

type Journalling = { readonly kept: boolean; readonly write: (event: RunEvent) => void };

const NO_JOURNAL: Journalling = { kept: false, write: () => undefined };

const claimingOf = async (
  call: Call,
  saved: SavedPlan,
  { run, state, interrupts, journal }: { run: string; state: string; interrupts: Interrupts; journal: Journalling },
): Promise<Claiming> => {
  const goesOn = await commandAfter(call, saved, journal.kept ? 'resume' : 'apply');
  return {
    saved,
    words: wordsOf(call, saved),
    async claim() {
      const isMine = await claimUse(state, saved.id, { run, time: new Date().toISOString() });
      if (isMine) interrupts.goOnBy(goesOn);
      return isMine;
    },
    goesOn,
  };
};

const stackOf = (error: unknown): string =>
  `${(error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n').map(displayMessage).join('\n')}\n`;

/** The preview is the result of plan; the stream has told it already, and quiet wants none. */
const sayPreview = (
  { terminal, options }: Call,
  show: RunShow,
  preview: Preview | null,
  interrupted: boolean,
): void => {
  if (preview === null || show.kind === 'json' || show.kind === 'quiet') return;
  const shown = { ...textOptions(terminal, 'print'), verbose: options.flag('verbose'), interrupted };
  terminal.print(previewText(preview, shown));
};
