// What goes on where a saved plan has been used: the command that finishes what its run left, and what is said of it.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { SavedPlan } from '../engine/saved-plan.js';
import { shellQuote } from '../ui/display.js';
import type { Call } from './command.js';
import { leftBy } from './journal.js';
import { wordsAgain } from './plan-again.js';
import type { Use } from './saved-use.js';

/** The command line that finishes what the run of a saved plan left: of its plan's file as it was given then, with --resume
 * where that knows of the run. Where the file is no longer what was saved, it is to be looked at first. */
export const commandAfter = async (call: Call, saved: SavedPlan, how: 'resume' | 'apply'): Promise<string> => {
  const { there, gone } = await changedSources(saved);
  if (there.length + gone.length > 0) return anew(call, saved);
  return `syncplan apply ${wordsOf(call, saved)}${how === 'resume' ? ' --resume' : ''}`;
};

/** Of a saved plan that is to be applied once more. */
export const usedText = async (
  call: Call,
  saved: SavedPlan,
  { run, time }: Use,
  stateFolder: string,
): Promise<{ readonly message: string; readonly help: string }> => {
  const message = `this saved plan was used by run ${run} at ${time}, and each is used once`;
  const left = leftBy({ stateFolder, file: saved.file }, run);
  if (left === null) return { message, help: `make a new one: ${anew(call, saved)}` };
  return {
    message: `${message}; that run left something undone, or is still at it`,
    help: `to go on: ${await commandAfter(call, saved, left)}`,
  };
};

/** Paths of the plan's text that is no longer what was saved: of those that are `there` to be read, and of those that are not. */
export const changedSources = async ({
  plan,
  file,
}: SavedPlan): Promise<{ readonly there: readonly string[]; readonly gone: readonly string[] }> => {
  const [there, gone]: [string[], string[]] = [[], []];
  for (const { path, sha256 } of plan.sources) {
    const bytes = await readFile(resolve(dirname(file), path)).catch(() => null);
    if (bytes === null) gone.push(path);
    else if (createHash('sha256').update(bytes).digest('hex') !== sha256) there.push(path);
  }
  return { there, gone };
};

const anew = (call: Call, saved: SavedPlan): string =>
  `syncplan plan ${wordsOf(call, saved)} -o ${shellQuote(call.operands[0] ?? '')}`;

/** What follows `syncplan plan` or `apply`, to make the same plan again. */
export const wordsOf = (call: Call, saved: SavedPlan): string =>
  wordsAgain(call, { ...saved, inputs: saved.plan.inputs });
