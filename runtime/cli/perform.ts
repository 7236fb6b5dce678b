// What plan and apply share, up to the point where hosts are called: which plan, and what is left of it to do.

import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { setImmediate as out } from 'node:timers/promises';
import { displayMessage } from '../ui/display.js';
import { type Call, complain, EXIT } from './command.js';
import { callHosts, prepareConnect } from './connecting.js';
import { stateFolder } from './history.js';
import { catchInterrupts } from './interrupts.js';
import { type Loaded, loadPlan } from './load-plan.js';
import { useOf } from './saved-use.js';
import type { prepareSaving, Saving } from './saving.js';

export const perform = async (call: Call, command: 'plan' | 'apply'): Promise<number> => {
  const { terminal, options } = call;
  const state = stateFolder(terminal.environment, homedir());
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  if (loaded.saved !== null) {
    const use = await useOf(state, loaded.saved.id);
    if (command === 'plan') return (await import('./show-saved.js')).showSaved(call, loaded.saved, use);
    if (use !== null) {
      const { usedText } = await import('./saved-again.js');
      const { message, help } = await usedText(call, loaded.saved, use, state);
      return say(call, message, help, EXIT.refused);
    }
  }
  const strange = options.values('accept-root').find(name => !loaded.plan.hosts.some(({ id }) => id === name));
  if (strange !== undefined) {
    return complain(call, `--accept-root: ${JSON.stringify(strange)} is no host of this plan or of what is left of it`);
  }
  const output = options.value('output');
  const saving = output === null ? null : await openSaving(call, loaded, output);
  if (saving !== null && 'complaint' in saving) return complain(call, saving.complaint);
  if (saving !== null && 'exitCode' in saving) return saving.exitCode;
  if (!options.flag('resume')) return start(call, command, loaded, saving, state);
  const { lastJournal, resume } = await import('./journal.js');
  const found = resume(lastJournal({ stateFolder: state, file: loaded.file }), loaded.whole, loaded.plan);
  if ('refused' in found) return say(call, found.refused, found.help, EXIT.failed);
  if (found.left === null) return say(call, `run ${found.run} left nothing undone`, '', EXIT.done);
  return start(call, command, { ...loaded, plan: found.left }, saving, state);
};

/** The rest of the program is loaded while the hosts answer, this one too: a login takes longer than that. */
const start = async (
  call: Call,
  command: 'plan' | 'apply',
  loaded: Loaded,
  saving: Saving | null,
  state: string,
): Promise<number> => {
  let say = (text: string, _last?: boolean): void => call.terminal.say(text);
  const interrupts = catchInterrupts(call.process, (text, last) => say(text, last));
  const connecting = prepareConnect(call, dirname(loaded.file), interrupts.signal);
  const connect = callHosts(connecting.connect, loaded.plan.hosts);
  await out();
  const { runPlan } = await import('./run-plan.js');
  const sayBy = (aside: typeof say): void => {
    say = aside;
  };
  return runPlan(call, command, { loaded, saving, state, interrupts, sayBy, connecting: { ...connecting, connect } });
};

const openSaving = async (call: Call, loaded: Loaded, output: string): ReturnType<typeof prepareSaving> => {
  const saving = await import('./saving.js');
  return saving.prepareSaving(call, loaded, loaded.inputs, output);
};

const say = ({ terminal }: Call, message: string, help: string, exitCode: number): number => {
  terminal.say(`syncplan: ${displayMessage(message)}\n${help === '' ? '' : `  ${displayMessage(help)}\n`}`);
  return exitCode;
};
