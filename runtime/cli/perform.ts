// What plan and apply share: compile, connect, run, show; and the exit code out of the run's summary.
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Preview, RunEvent, Summary } from '../engine/events.js';
import { run } from '../engine/run.js';
import { hasChanges } from '../engine/summary.js';
import { displayMessage } from '../ui/display.js';
import { previewText } from '../ui/preview-text.js';
import { summaryText } from '../ui/summary-text.js';
import { type Call, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { recordRun, stateFolder } from './history.js';
import { catchInterrupts, INTERRUPTED } from './interrupts.js';
import { loadPlan } from './load-plan.js';
import { openShow, type RunShow, textOptions } from './show.js';

export const perform = async (call: Call, command: 'plan' | 'apply'): Promise<number> => {
  const { terminal, options } = call;
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  const verbose = options.flag('verbose');
  const judge = <S extends Summary>(summary: S): S =>
    options.flag('exit-code') && summary.exitCode === EXIT.done && hasChanges(summary)
      ? { ...summary, exitCode: EXIT.changes }
      : summary;
  const started = new Date();
  const show = await openShow(call);
  /** A line between two pictures: the live screen counts its own lines, and would leave some behind. */
  const sayAside = (text: string, last = false): void => {
    show.pause();
    terminal.say(text);
    if (!last) show.resume();
  };
  const interrupts = catchInterrupts(call.process, sayAside);
  let preview: Preview | null = null;
  const connecting = prepareConnect(call, dirname(loaded.file), interrupts.signal);
  const confirm = async (seen: Preview): Promise<boolean> => {
    show.pause();
    terminal.say(previewText(seen, { ...textOptions(terminal, 'say'), verbose }));
    const yes = await terminal.ask('\napply this? [y/N] ', interrupts.signal);
    show.resume();
    return yes;
  };
  // The stream's summary and the program's exit code are the same value.
  const emit = (event: RunEvent): void => show.event(event.type === 'summary' ? judge(event) : event);
  let summary: Summary;
  try {
    const outcome = await run({
      plan: loaded.plan,
      command,
      ...connecting,
      clock: Date.now,
      runId: newRunId(started),
      version: SYNCPLAN_VERSION,
      signal: interrupts.signal,
      emit,
      previewed: seen => {
        preview = seen;
      },
      confirm: command === 'apply' && terminal.interactive && !options.flag('yes') ? confirm : null,
      ...(verbose ? { internal: (error: unknown) => sayAside(stackOf(error)) } : {}),
      allowDelete: options.flag('allow-delete'),
      parallel: options.value('parallel') === null ? null : Number(options.value('parallel')),
    });
    summary = judge(outcome);
  } finally {
    show.stop();
    interrupts.release();
  }
  if (command === 'plan') sayPreview(call, show, preview, summary.exitCode === INTERRUPTED);
  else if (show.kind === 'ink' && !terminal.streams.out.isTTY)
    terminal.print(summaryText(summary, textOptions(terminal, 'print')));
  const record = { run: summary.run, command, file: loaded.file, started, summary };
  const fault = await recordRun(stateFolder(terminal.environment, homedir()), record);
  if (fault !== null)
    terminal.say(`syncplan: the history of runs could not be written: ${displayMessage(fault.message)}\n`);
  return summary.exitCode;
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

/** Sorts by time, and two runs of one second still differ: `20260131T235959-1a2b3c4d`. */
const newRunId = (started: Date): string =>
  `${started.toISOString().replace(/[-:]/g, '').slice(0, 15)}-${randomBytes(4).toString('hex')}`;
