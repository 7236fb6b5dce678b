// What plan and apply share: compile, connect, run, show; and the exit code out of the run's summary.
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import type { Preview, Summary } from '../engine/events.js';
import { run } from '../engine/run.js';
import { displayMessage } from '../ui/display.js';
import { previewText, summaryText } from '../ui/preview-text.js';
import { type Call, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { recordRun, stateFolder } from './history.js';
import { catchInterrupts } from './interrupts.js';
import { loadPlan } from './load-plan.js';
import { openShow } from './show.js';

export const perform = async (call: Call, command: 'plan' | 'apply'): Promise<number> => {
  const { terminal, options } = call;
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  const started = new Date();
  const interrupts = catchInterrupts(call.process, terminal.say);
  const show = await openShow(call, command);
  let preview: Preview | null = null;
  const connecting = prepareConnect(call, loaded, interrupts.signal);
  const confirm = async (seen: Preview): Promise<boolean> => {
    show.pause();
    terminal.say(previewText(seen, { colour: terminal.colour.say, width: terminal.width }));
    const yes = await terminal.ask('\napply this? [y/N] ', interrupts.signal);
    show.resume();
    return yes;
  };
  let summary: Summary;
  try {
    summary = await run({
      plan: loaded.plan,
      command,
      ...connecting,
      clock: Date.now,
      runId: newRunId(started),
      version: SYNCPLAN_VERSION,
      signal: interrupts.signal,
      emit: show.event,
      previewed: seen => {
        preview = seen;
      },
      confirm: command === 'apply' && terminal.interactive && !options.flag('yes') ? confirm : null,
      allowDelete: options.flag('allow-delete'),
      parallel: options.value('parallel') === null ? null : Number(options.value('parallel')),
    });
  } finally {
    show.stop();
    interrupts.release();
  }
  sayResult(call, command, show.kind, preview, summary);
  const record = { run: summary.run, command, file: loaded.file, started, summary };
  const fault = await recordRun(stateFolder(terminal.environment, homedir()), record);
  if (fault !== null) terminal.say(`syncplan: the history of runs could not be written: ${displayMessage(fault.message)}\n`);
  if (command === 'plan' && !options.flag('exit-code') && summary.exitCode === 2) return EXIT.done;
  return summary.exitCode;
};

/** Results go to standard output; the stream has told them already, and quiet wants none. */
const sayResult = (
  { terminal }: Call,
  command: 'plan' | 'apply',
  kind: 'ink' | 'lines' | 'json' | 'quiet',
  preview: Preview | null,
  summary: Summary,
): void => {
  if (kind === 'json' || kind === 'quiet') return;
  if (command === 'plan' && preview !== null) {
    terminal.print(previewText(preview, { colour: terminal.colour.print, width: terminal.width }));
  }
  if (command === 'apply') terminal.print(summaryText(summary));
};

/** Sorts by time, and two runs of one second still differ: `20260131T235959-1a2b3c4d`. */
const newRunId = (started: Date): string =>
  `${started.toISOString().replace(/[-:]/g, '').slice(0, 15)}-${randomBytes(4).toString('hex')}`;
