// What plan and apply share: compile, connect, run, show; and the exit code out of the run's summary.
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Preview, RunEvent, Summary } from '../engine/events.js';
import { type RunOptions, run } from '../engine/run.js';
import { hasChanges } from '../engine/summary.js';
import { openPrograms } from '../host/programs.js';
import { displayMessage } from '../ui/display.js';
import { previewText } from '../ui/preview-text.js';
import { summaryText } from '../ui/summary-text.js';
import { type Call, complain, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { recordRun, stateFolder } from './history.js';
import { catchInterrupts, INTERRUPTED } from './interrupts.js';
import { beginJournal, lastJournal, resume } from './journal.js';
import { type Loaded, loadPlan } from './load-plan.js';
import { openRootMemory } from './root-memory.js';
import { newRunId } from './run-id.js';
import { claimUse, useOf } from './saved-use.js';
import { prepareSaving, type Saving } from './saving.js';
import { openShow, type RunShow, textOptions } from './show.js';
import { showSaved } from './show-saved.js';

export const perform = async (call: Call, command: 'plan' | 'apply'): Promise<number> => {
  const { terminal, options } = call;
  const state = stateFolder(terminal.environment, homedir());
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  if (loaded.saved !== null) {
    const use = await useOf(state, loaded.saved.id);
    if (command === 'plan') return showSaved(call, loaded.saved, use);
    if (use !== null) {
      const message = `this saved plan was used by run ${use.run} at ${use.time}, and each is used once`;
      return say(call, message, 'make a new one: syncplan plan FILE -o SAVED', EXIT.refused);
    }
  }
  const strange = options.values('accept-root').find(name => !loaded.plan.hosts.some(({ id }) => id === name));
  if (strange !== undefined) {
    return complain(call, `--accept-root: ${JSON.stringify(strange)} is no host of this plan or of what is left of it`);
  }
  const output = options.value('output');
  const saving = output === null ? null : await prepareSaving(call, loaded, loaded.inputs, output);
  if (saving !== null && 'complaint' in saving) return complain(call, saving.complaint);
  if (!options.flag('resume')) return performLoaded(call, command, loaded, saving, state);
  const found = resume(lastJournal({ stateFolder: state, file: loaded.file }), loaded.whole, loaded.plan);
  if ('refused' in found) return say(call, found.refused, found.help, EXIT.failed);
  if (found.left === null) return say(call, `run ${found.run} left nothing undone`, '', EXIT.done);
  return performLoaded(call, command, { ...loaded, plan: found.left }, saving, state);
};

const performLoaded = async (
  call: Call,
  command: 'plan' | 'apply',
  loaded: Loaded,
  saving: Saving | null,
  state: string,
): Promise<number> => {
  const { terminal, options } = call;
  const { plan, saved } = loaded;
  const verbose = options.flag('verbose');
  const judge = <S extends Summary>(summary: S): S =>
    options.flag('exit-code') && summary.exitCode === EXIT.done && hasChanges(summary)
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
  const mustAsk = command === 'apply' && saved === null && terminal.interactive && !options.flag('yes');
  const journal = command === 'apply' ? openJournal(call, state, loaded, runId) : () => undefined;
  // The stream's summary and the program's exit code are the same value.
  const emit = (event: RunEvent): void => {
    journal(event);
    show.event(event.type === 'summary' ? judge(event) : event);
  };
  const warn = (message: string): void => terminal.say(`syncplan: ${displayMessage(message)}\n`);
  const server = openPrograms({ environment: terminal.environment, home: homedir() });
  const exactly: Partial<RunOptions> =
    saved === null
      ? {}
      : {
          expected: {
            saved,
            claim: () => claimUse(state, saved.id, { run: runId, time: new Date().toISOString() }),
          },
        };
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
      previewed: seen => {
        preview = seen;
      },
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
  if (fault !== null) warn(`the history of runs could not be written: ${fault.message}`);
  const isSaved = saving === null || (await saving.finish(summary, started));
  return isSaved ? summary.exitCode : EXIT.failed;
};

/** A run that cannot keep a journal goes on: only --resume will know nothing of it. */
const openJournal = ({ terminal }: Call, state: string, loaded: Loaded, run: string): ((event: RunEvent) => void) => {
  const warn = (error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error);
    terminal.say(
      `syncplan: the journal could not be written, so --resume will not know of this run: ${displayMessage(why)}\n`,
    );
  };
  let write: (event: RunEvent) => void;
  try {
    write = beginJournal({ stateFolder: state, file: loaded.file }, run, loaded.whole, loaded.plan);
  } catch (error) {
    warn(error);
    return () => undefined;
  }
  return event => {
    try {
      write(event);
    } catch (error) {
      write = () => undefined;
      warn(error);
    }
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

const say = ({ terminal }: Call, message: string, help: string, exitCode: number): number => {
  terminal.say(`syncplan: ${displayMessage(message)}\n${help === '' ? '' : `  ${displayMessage(help)}\n`}`);
  return exitCode;
};
