// What plan and apply share: compile, connect, run, show; and the exit code out of the run's summary.
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Preview, RunEvent, Summary } from '../engine/events.js';
import { run } from '../engine/run.js';
import { hasChanges } from '../engine/summary.js';
import { openPrograms } from '../host/programs.js';
import { displayMessage } from '../ui/display.js';
import { previewText } from '../ui/preview-text.js';
import { summaryText } from '../ui/summary-text.js';
import { type Call, complain, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { recordRun, stateFolder } from './history.js';
import { catchInterrupts } from './interrupts.js';
import { loadPlan } from './load-plan.js';
import { openRootMemory } from './root-memory.js';
import { newRunId } from './run-id.js';
import { openShow, type RunShow, textOptions } from './show.js';

export const perform = async (call: Call, command: 'plan' | 'apply'): Promise<number> => {
  const { terminal, options } = call;
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  const strange = options.values('accept-root').find(name => !loaded.plan.hosts.some(({ id }) => id === name));
  if (strange !== undefined) {
    return complain(call, `--accept-root: ${JSON.stringify(strange)} is no host of this plan or of what is left of it`);
  }
  const verbose = options.flag('verbose');
  const judge = <S extends Summary>(summary: S): S =>
    options.flag('exit-code') && summary.exitCode === EXIT.done && hasChanges(summary)
      ? { ...summary, exitCode: EXIT.changes }
      : summary;
  const state = stateFolder(terminal.environment, homedir());
  const started = new Date();
  const interrupts = catchInterrupts(call.process, terminal.say);
  const show = await openShow(call);
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
  const memory = openRootMemory(state, loaded.plan.hosts, message =>
    terminal.say(`syncplan: ${displayMessage(message)}\n`),
  );
  const server = openPrograms({ environment: terminal.environment, home: homedir() });
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
      acceptRoots: options.values('accept-root'),
      memory,
      server,
      allowDelete: options.flag('allow-delete'),
      parallel: options.value('parallel') === null ? null : Number(options.value('parallel')),
    });
    summary = judge(outcome);
  } finally {
    server.close();
    show.stop();
    interrupts.release();
  }
  if (command === 'plan') sayPreview(call, show, preview);
  else if (show.kind === 'ink' && !terminal.streams.out.isTTY)
    terminal.print(summaryText(summary, textOptions(terminal, 'print')));
  const record = { run: summary.run, command, file: loaded.file, started, summary };
  const fault = await recordRun(state, record);
  if (fault !== null)
    terminal.say(`syncplan: the history of runs could not be written: ${displayMessage(fault.message)}\n`);
  return summary.exitCode;
};

/** The preview is the result of plan; the stream has told it already, and quiet wants none. */
const sayPreview = ({ terminal, options }: Call, show: RunShow, preview: Preview | null): void => {
  if (preview === null || show.kind === 'json' || show.kind === 'quiet') return;
  terminal.print(previewText(preview, { ...textOptions(terminal, 'print'), verbose: options.flag('verbose') }));
};
