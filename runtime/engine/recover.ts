// What earlier runs left in a remote's root: finished by `apply` before it looks, counted by `plan`.
import type { Root, Unfinished } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import type { Relation } from './relation.js';
import { about, type Telling } from './state.js';

export type Recovering = Telling & {
  readonly run: string;
  readonly command: 'plan' | 'apply';
  /** Names of the plan's blocks: what another plan's block left is finished by whoever meets it under its lock. */
  readonly blocks: ReadonlySet<string>;
};

export const attendRoot = async (relation: Relation, root: Root, context: Recovering): Promise<void> => {
  // Without a lock, there or here, nobody can tell whether the run of another plan's block still goes on.
  const tells = relation.remoteHost!.locks !== null;
  const mine = ({ block, locked }: Unfinished): boolean =>
    block === relation.block.name || (tells && locked && !context.blocks.has(block));
  const left = (await root.unfinished()).filter(mine);
  if (context.command === 'apply') {
    for (const { transaction, block, state } of left) {
      if (state === 'intent') await finish(relation, root, transaction, block, context);
    }
  } else relation.unfinished += left.filter(({ state }) => state === 'intent').length;
  const after = context.command === 'apply' && left.length > 0 ? (await root.unfinished()).filter(mine) : left;
  // What another plan's block owes is paid by that plan: its hooks are not in this one.
  for (const { transaction, block, owed, state } of after) {
    if (owed !== '' && state === 'owed' && block === relation.block.name)
      relation.owed.push({ root, transaction, owed });
  }
};

/** Under the block's lock, and only if it is still there by then: another run may have been quicker. One that is at work for another
 * plan finishes it by itself. */
const finish = async (
  relation: Relation,
  root: Root,
  transaction: string,
  block: string,
  context: Recovering,
): Promise<void> => {
  const isOwn = block === relation.block.name;
  const lock = await relation
    .remoteHost!.locks?.acquire({
      root,
      block,
      mode: 'exclusive',
      run: context.run,
      wait: isOwn ? WAIT_SECONDS : 0,
      hold: HOLD_SECONDS,
      by: { kind: 'advisory' },
      folders: [],
    })
    .catch((error: unknown) => {
      if (!isOwn && error instanceof HostError && error.code === 'locked') return null;
      throw error;
    });
  if (lock === null) return;
  try {
    const still = (await root.unfinished()).find(one => one.transaction === transaction && one.state === 'intent');
    if (still === undefined) return;
    const outcomes = await root.recover(still);
    relation.beside.finished++;
    for (const recovered of outcomes) {
      if (recovered.result !== 'failed') continue;
      relation.problems.push(recovered.problem);
      context.emit({ type: 'problem', ...about(relation, context), ...recovered.problem });
    }
  } finally {
    await lock?.release();
  }
};

const WAIT_SECONDS = 30;
const HOLD_SECONDS = 300;
