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
import { withoutPrograms } from './unkept.js';
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

/** Of those that would run, the first that cannot, for its host runs no programs: known before anything is sent. */
export const findUnable = async (
  relations: readonly Relation[],
  context: Pick<Hooking, 'masterHost'>,
): Promise<ReadonlyMap<Relation, HookFailure>> => {
  const unable = new Map<Relation, HookFailure>();
  if (relations.every(({ block }) => block.hooks.length === 0)) return unable;
  for (const [at, changes] of plannedChanges(relations).entries()) {
    const relation = relations[at]!;
    if (relation.state !== 'compared') continue;
    const { owed, hooks } = hooksAhead(relation, changes);
    for (const hook of [...owed, ...hooks]) {
      const host = await hostOf(relation, hook, context);
      if (host === null || host.programs !== null || unable.has(relation)) continue;
      unable.set(relation, { why: `${named(relation, hook)} ${UNABLE}`, help: withoutPrograms(host) });
    }
  }
  return unable;
};

/** Why a hook failed; `help` where nothing is to be mended in the hook itself. */
export type HookFailure = { readonly why: string; readonly help: string | null };

/** Runs them in order, up to the first that fails. */
export const runHooks = async (
  relation: Relation,
  hooks: readonly HookPlan[],
  context: Hooking,
): Promise<HookFailure | null> => {
  for (const hook of hooks) {
    const on = placeOf(relation, hook.on);
    const event = { type: 'hook', ...about(relation, context), when: hook.when, on, command: hook.command } as const;
    context.emit({ ...event, state: 'running' });
    const failure = await runHook(relation, hook, context);
    const time = context.clock();
    if (failure !== null) {
      context.emit({ ...event, time, state: 'failed', message: failure.why });
      return { why: `${named(relation, hook)} ${failure.why}`, help: failure.help };
    }
    context.emit({ ...event, time, state: 'done' });
    relation.beside.hooks++;
  }
  return null;
};

const named = (relation: Relation, { when, command, on }: HookPlan): string =>
  `hook ${when} ${command.map(typed).join(' ')} on ${placeOf(relation, on)}`;

/** As a person would type it, so that it is seen which words it has. */
const typed = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const runHook = async (relation: Relation, hook: HookPlan, context: Hooking): Promise<HookFailure | null> => {
  const host = await hostOf(relation, hook, context);
  const programs = host === null ? context.server : host.programs;
  if (programs === null) return { why: UNABLE, help: withoutPrograms(host!) };
  const environment = { SYNCPLAN_RUN: context.run, SYNCPLAN_BLOCK: relation.block.name, SYNCPLAN_HOST: relation.host };
  const { code, output } = await programs.run(hook.command, { timeout: hook.timeout, environment });
  if (code === 0) return null;
  const said = output.trim() === '' ? '' : `: ${output.trim().split('\n').at(-1)}`;
  const why = code === null ? `did not run to its end${said}` : `ended with ${code}${said}`;
  return { why, help: null };
};

/** Null for this machine. */
const hostOf = async (
  relation: Relation,
  hook: HookPlan,
  context: Pick<Hooking, 'masterHost'>,
): Promise<Host | null> => {
  switch (hook.on) {
    case 'server':
      return null;
    case 'remote':
      return relation.remoteHost!;
    case 'master':
      return context.masterHost(relation.block.master);
  }
};

const UNABLE = 'cannot run: that host cannot run programs';
