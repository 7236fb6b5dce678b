// Hooks: programs of the plan around the switch of a block.
//
// 1. A `before` hook that fails stops the block on that host before anything has moved.
// 2. An `after` hook is owed from the intent record on, and runs until it has run once without failing.
// 3. What a host says is owed is only believed as far as the plan itself has hooks (owed.ts): no host can make us run anything.
import type { HookPlan } from '../../compiler/plan.js';
import type { Host, Programs } from '../host/host.js';
import { plannedChanges } from './describe.js';
import type { Relation } from './relation.js';
import { about, type Telling } from './state.js';
import { hooksAhead, placeOf } from './which-hooks.js';

export type Hooking = Telling & {
  readonly run: string;
  readonly masterHost: (id: string) => Promise<Host>;
  /** Programs of the machine that runs syncplan. */
  readonly server: Programs;
};

/** Told before the first write anywhere: a reader of the stream knows of them as a reader of the preview does. */
export const tellHooks = (relations: readonly Relation[], telling: Telling): void => {
  if (relations.every(({ block }) => block.hooks.length === 0)) return;
  for (const [at, changes] of plannedChanges(relations).entries()) {
    const relation = relations[at]!;
    if (relation.state !== 'compared') continue;
    const { owed, hooks } = hooksAhead(relation, changes);
    const tell = (state: 'owed' | 'planned', { when, on, command }: HookPlan): void =>
      telling.emit({ type: 'hook', ...about(relation, telling), when, on: placeOf(relation, on), command, state });
    for (const hook of owed) tell('owed', hook);
    for (const hook of hooks) tell('planned', hook);
  }
};

/** Runs them in order, up to the first that fails: why it failed, or null. */
export const runHooks = async (
  relation: Relation,
  hooks: readonly HookPlan[],
  context: Hooking,
): Promise<string | null> => {
  for (const hook of hooks) {
    const on = placeOf(relation, hook.on);
    const event = { type: 'hook', ...about(relation, context), when: hook.when, on, command: hook.command } as const;
    context.emit({ ...event, state: 'running' });
    const why = await runHook(relation, hook, context);
    const time = context.clock();
    context.emit(why === null ? { ...event, time, state: 'done' } : { ...event, time, state: 'failed', message: why });
    if (why === null) relation.beside.hooks++;
    else return `hook ${hook.when} ${hook.command.map(typed).join(' ')} on ${on} ${why}`;
  }
  return null;
};

/** As a person would type it, so that it is seen which words it has. */
const typed = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const runHook = async (relation: Relation, hook: HookPlan, context: Hooking): Promise<string | null> => {
  const programs = await programsOf(relation, hook, context);
  if (programs === null) return 'cannot run: that host cannot run programs';
  const environment = { SYNCPLAN_RUN: context.run, SYNCPLAN_BLOCK: relation.block.name, SYNCPLAN_HOST: relation.host };
  const { code, output } = await programs.run(hook.command, { timeout: hook.timeout, environment });
  if (code === 0) return null;
  const said = output.trim() === '' ? '' : `: ${output.trim().split('\n').at(-1)}`;
  return code === null ? `did not run to its end${said}` : `ended with ${code}${said}`;
};

const programsOf = async (relation: Relation, hook: HookPlan, context: Hooking): Promise<Programs | null> => {
  switch (hook.on) {
    case 'server':
      return context.server;
    case 'remote':
      return relation.remoteHost!.programs;
    case 'master':
      return (await context.masterHost(relation.block.master)).programs;
  }
};
