// syncplan restore: brings back from the trash what a run removed or replaced; shows it first and asks on a terminal. Of no
// run, it lists those that can be chosen.
import { dirname } from 'node:path';
import { openTrash, restoreExitCode, type Trash } from '../engine/restore.js';
import { fromText } from '../tree/path.js';
import { displayMessage, displayPath, displayText, shellQuote } from '../ui/display.js';
import { objectLine } from '../ui/json.js';
import { afterwardsText, failureText, restoredText, trashText } from '../ui/trash-text.js';
import { type Call, type Command, complain, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { catchInterrupts, INTERRUPTED, type Interrupts } from './interrupts.js';
import { loadPlan } from './load-plan.js';
import { listTrash } from './restorable.js';
import { newRunId } from './run-id.js';
import { wantsJson, wantsQuiet } from './show.js';

export const restore: Command = async call => {
  const { terminal, options, operands } = call;
  const run = options.value('run');
  if (run === null && options.flag('yes'))
    return complain(
      call,
      'restore --yes needs --run ID: the run whose trash is meant (without --yes, they are listed)',
    );
  const paths = operands.slice(1).map(cleanPath);
  const odd = paths.indexOf(null);
  if (odd >= 0) {
    return complain(
      call,
      `${JSON.stringify(operands[odd + 1])} is no path below a root: relative, without "." and ".."`,
    );
  }
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  const interrupts = catchInterrupts(call.process, terminal.say);
  const connecting = prepareConnect(call, dirname(loaded.file), interrupts.signal);
  const visiting = { plan: loaded.plan, ...connecting, clock: Date.now, paths: paths.flatMap(path => path ?? []) };
  if (run === null) return listTrash(call, visiting, interrupts);
  const by = newRunId(new Date());
  const trash = await openTrash({ ...visiting, run, by });
  try {
    return await bringBack(trash, run, by, call, interrupts);
  } finally {
    await trash.close();
    interrupts.release();
  }
};

const bringBack = async (
  trash: Trash,
  run: string,
  by: string,
  call: Call,
  { signal }: Interrupts,
): Promise<number> => {
  const { terminal, options } = call;
  const json = wantsJson(call);
  const quiet = wantsQuiet(call);
  const style = { colour: terminal.colour.say, width: terminal.width, verbose: options.flag('verbose') };
  const say = (text: string): void => {
    if (!json && !quiet) terminal.say(text);
  };
  if (json) {
    terminal.print(objectLine({ type: 'version', stream: 1, syncplan: SYNCPLAN_VERSION, command: 'restore', run: by }));
    for (const { host, items } of trash.places)
      for (const item of items) terminal.print(objectLine({ type: 'trashed', host, ...item }));
  }
  say(trashText(trash.places, run, style));
  say(failureText(trash.failures, style));
  for (const path of trash.missing)
    say(`${displayPath(path)} is not in the trash of run ${displayText(run)} on any host\n`);
  const end = (exitCode: number, restored: number, failed: number): number => {
    if (json) terminal.print(objectLine({ type: 'summary', exitCode, run: by, restored, failed }));
    return exitCode;
  };
  if (trash.places.length === 0) {
    const help = 'its time may be over, or that run removed and replaced nothing of this plan';
    say(`nothing in the trash of run ${displayText(run)}: ${displayMessage(help)}\n`);
    say(
      `${displayMessage(`help: list the runs that it holds something of:  syncplan restore ${shellQuote(call.operands[0]!)}`)}\n`,
    );
    return end(restoreExitCode([], trash.failures, trash.missing), 0, trash.failures.length);
  }
  const mustAsk = terminal.interactive && !options.flag('yes') && !json;
  if (mustAsk && !(await terminal.ask('\nbring this back? [y/N] ', signal))) {
    return end(signal.aborted ? INTERRUPTED : EXIT.failed, 0, 0);
  }
  if (signal.aborted) return end(INTERRUPTED, 0, 0);
  const { restored, failures } = await trash.restore();
  if (json) {
    for (const { host, outcomes } of restored)
      for (const outcome of outcomes) terminal.print(objectLine({ type: 'restored', host, ...outcome }));
    for (const failure of [...trash.failures, ...failures]) terminal.print(objectLine({ type: 'problem', ...failure }));
  } else if (!quiet) {
    terminal.print(restoredText(restored, failures, { ...style, colour: terminal.colour.print }));
    terminal.say(afterwardsText(by, style));
  }
  const outcomes = restored.flatMap(one => one.outcomes);
  const back = outcomes.filter(({ result }) => result === 'done').length;
  const failed = outcomes.filter(({ result }) => result === 'failed').length;
  return end(restoreExitCode(restored, [...trash.failures, ...failures], trash.missing), back, failed);
};

/** A trailing slash is a habit, not a mistake. */
const cleanPath = (text: string): string | null => {
  const path = text.replace(/\/+$/, '');
  const parts = path.split('/');
  return parts.some(part => part === '' || part === '.' || part === '..') ? null : fromText(path);
};
