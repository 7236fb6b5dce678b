// syncplan unlock: takes the lease of a run that is gone away on every host of a plan; never a lock that is held.
import { dirname } from 'node:path';
import { type Unlocked, unlockExitCode, unlock as unlockHosts } from '../engine/unlock.js';
import { palette } from '../ui/colour.js';
import { displayMessage, displayPath, displayText } from '../ui/display.js';
import { objectLine } from '../ui/json.js';
import { type Command, complain } from './command.js';
import { prepareConnect } from './connecting.js';
import { catchInterrupts, INTERRUPTED } from './interrupts.js';
import { loadPlan } from './load-plan.js';
import { wantsJson, wantsQuiet } from './show.js';

export const unlock: Command = async call => {
  const { terminal, options } = call;
  const run = options.value('run');
  if (run === null)
    return complain(
      call,
      'unlock needs --run ID: the run that is gone (its id stands in the message that refused you)',
    );
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  const interrupts = catchInterrupts(call.process, terminal.say);
  try {
    const connecting = prepareConnect(call, dirname(loaded.file), interrupts.signal);
    const found = await unlockHosts({ plan: loaded.plan, ...connecting, clock: Date.now }, run);
    const exitCode = interrupts.signal.aborted ? INTERRUPTED : unlockExitCode(found);
    if (wantsJson(call)) {
      terminal.print(objectLine({ type: 'version', stream: 1, syncplan: SYNCPLAN_VERSION, command: 'unlock', run }));
      for (const one of found) terminal.print(objectLine({ type: 'unlock', ...one }));
      terminal.print(
        objectLine({ type: 'summary', exitCode, unlocked: count(found, 'unlocked'), held: count(found, 'held') }),
      );
    } else if (!wantsQuiet(call)) terminal.print(textOf(found, run, terminal.colour.print));
    return exitCode;
  } finally {
    interrupts.release();
  }
};

/** What held nothing is only counted. */
const textOf = (found: readonly Unlocked[], run: string, colour: boolean): string => {
  const paint = palette(colour);
  const lines = found
    .filter(({ result }) => result !== 'not-locked')
    .flatMap(({ host, path, block, result, message, help }) => {
      const word = result === 'unlocked' ? paint.green('unlocked') : paint.red(result);
      const why = message === undefined ? '' : `: ${displayMessage(message)}`;
      const advice = help === undefined || help === '' ? [] : [`  help: ${displayMessage(help)}`];
      return [`${displayText(block)} on ${displayText(host)} (${displayPath(path)}): ${word}${why}`, ...advice];
    });
  const unlocked = count(found, 'unlocked');
  const closing =
    lines.length === 0
      ? `run ${displayText(run)} holds no lock on any host of this plan`
      : `${unlocked} of run ${displayText(run)} taken away`;
  return `${[...lines, closing].join('\n')}\n`;
};

const count = (found: readonly Unlocked[], result: Unlocked['result']): number =>
  found.filter(one => one.result === result).length;
