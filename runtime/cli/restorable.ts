// syncplan restore without a run: which runs left something in the trash of the plan's remotes, for somebody who has to choose.
import { findTrash, findTrashExitCode, type TrashFinding, type TrashFound } from '../engine/trash-runs.js';
import { displayMessage, displayPath, shellQuote } from '../ui/display.js';
import { objectLine } from '../ui/json.js';
import { trashRunsText } from '../ui/trash-runs-text.js';
import { failureText } from '../ui/trash-text.js';
import type { Call } from './command.js';
import { INTERRUPTED, type Interrupts } from './interrupts.js';
import { textOptions, wantsJson, wantsQuiet } from './show.js';

/** Writes nothing on any host; the exit code. */
export const listTrash = async (call: Call, finding: TrashFinding, interrupts: Interrupts): Promise<number> => {
  try {
    const all = await findTrash(finding);
    const exitCode = interrupts.signal.aborted ? INTERRUPTED : findTrashExitCode(all, finding.plan);
    if (wantsJson(call)) tellObjects(call, all, exitCode);
    else if (!wantsQuiet(call)) tell(call, all, finding);
    return exitCode;
  } finally {
    interrupts.release();
  }
};

const tell = (
  { terminal, options, operands }: Call,
  { found, failures }: TrashFound,
  { paths }: TrashFinding,
): void => {
  const verbose = options.flag('verbose');
  terminal.print(trashRunsText(found, { ...textOptions(terminal, 'print'), verbose }));
  terminal.say(failureText(failures, { ...textOptions(terminal, 'say'), verbose }));
  if (found.length === 0 && failures.length > 0) return;
  const of = paths.length === 0 ? '' : ` of ${paths.map(displayPath).join(', ')}`;
  const words = operands.map(word => ` ${shellQuote(word)}`);
  const closing =
    found.length === 0
      ? `nothing${of} is in the trash of a remote of this plan: no run removed or replaced it, or its time is over`
      : `to bring back what a run put there:  syncplan restore${words[0]} --run ID${words.slice(1).join('')}`;
  terminal.say(`${displayMessage(closing)}\n`);
};

const tellObjects = ({ terminal }: Call, { found, failures }: TrashFound, exitCode: number): void => {
  terminal.print(objectLine({ type: 'version', stream: 1, syncplan: SYNCPLAN_VERSION, command: 'restore' }));
  for (const { since, until, ...one } of found) {
    terminal.print(objectLine({ type: 'trash', ...one, since: timeOf(since), until: timeOf(until) }));
  }
  for (const failure of failures) terminal.print(objectLine({ type: 'problem', ...failure }));
  terminal.print(objectLine({ type: 'summary', exitCode, found: found.length, failed: failures.length }));
};

const timeOf = (micros: number): string => new Date(micros / 1000).toISOString();
