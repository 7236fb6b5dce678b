// What doctor finds out about one host: whether and how it is reached, what it can do, and its roots.
import type { HostPlan, Plan, RootPath } from '../../compiler/plan.js';
import type { Unkept } from '../engine/events.js';
import { movedMaster, type RootMemory, unmarkedRemote } from '../engine/guards.js';
import { unkeptOf } from '../engine/unkept.js';
import type { Host, HostFacts, Unfinished } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { quoteWord } from '../host/shell/quote.js';
import { owedRecord } from '../host/transaction/state-folder.js';
import { asText, type Path, parent } from '../tree/path.js';
import type { Connecting } from './connecting.js';
import { type ExaminedAbout, examineAbout, whyDriven } from './examine-about.js';
import { asAgent, type ExaminedRuntime, examineRuntime, isToBeCopied, ownNode } from './examine-runtime.js';
import { type ExaminedState, examineState } from './examine-state.js';
import { LOST, type Trouble, troubleOf, whyNot } from './trouble.js';

export type Examined = {
  readonly host: string;
  /** Only where it was reached. */
  readonly kind?: Host['kind'];
  /** Why it is driven that way. */
  readonly why?: string;
  readonly facts?: HostFacts;
  /** Can lock against other runs; can run hooks and lock commands. */
  readonly locks?: boolean;
  readonly programs?: boolean;
  readonly about?: ExaminedAbout;
  /** With `agent push-runtime`: is this machine's Node.js there already, or for the next apply to copy? */
  readonly runtime?: ExaminedRuntime;
  /** What the plan asks for and this host cannot promise. */
  readonly unkept?: readonly Unkept[];
  readonly roots: readonly ExaminedRoot[];
  readonly trouble?: Trouble;
};

/** All that stands in the way of the next apply, the most telling first. */
export const troublesOf = ({ trouble, roots, unkept = [] }: Examined): readonly (Trouble | Unkept)[] =>
  [
    trouble,
    ...roots.flatMap(root => [root.trouble, root.stateFolder?.trouble]),
    ...unkept.filter(({ fails }) => fails),
  ].filter(one => one !== undefined);

export type ExaminedRoot = {
  /** Its name in the plan. */
  readonly root: string;
  readonly path: string;
  readonly role: 'master' | 'remote';
  readonly state: 'there' | 'to-be-created' | 'trouble';
  readonly space: { readonly bytes: number; readonly inodes: number } | null;
  /** The id that says it is the root that this machine knows; null where it has none. */
  readonly marker?: string | null;
  readonly fileSystem?: string;
  /** May it be written to, by its rights and how it is mounted? Nothing is tried; null where only trying would tell. */
  readonly writable?: boolean | null;
  /** What earlier runs left: transactions to be finished, and hooks still owed. The next apply does both, where it can. */
  readonly unfinished?: readonly Left[];
  readonly owed?: readonly Left[];
  /** Only where the plan puts it elsewhere than into the root. */
  readonly stateFolder?: ExaminedState;
  readonly trouble?: Trouble;
};

export type Left = {
  readonly run: string;
  readonly block: string;
  /** Of hooks that no apply of this plan runs, since it has no such block there: the file that says they are owed. */
  readonly record?: Path;
};

/** `whole` is the plan before it was restricted. */
export const examine = async (
  { plan, whole }: { readonly plan: Plan; readonly whole: Plan },
  hostPlan: HostPlan,
  connecting: Connecting,
  memory: RootMemory,
): Promise<Examined> => {
  let host: Host;
  try {
    host = await connecting.connect(hostPlan);
  } catch (error) {
    // A shell that cannot be driven may still start what is copied there.
    if (isToBeCopied(hostPlan, error)) return { ...(await agentToBe(hostPlan)), roots: [] };
    return { host: hostPlan.id, roots: [], trouble: troubleOf(error) };
  }
  try {
    const roots: ExaminedRoot[] = [];
    for (const use of rootsOf(plan, hostPlan.id)) {
      const state = connecting.resolveState(hostPlan, use.path);
      const pays = payersAt(whole, hostPlan.id, use);
      const path = connecting.resolveRoot(hostPlan, use.path);
      roots.push(await examineRoot(host, path, state, { ...use, pays, memory, id: hostPlan.id }));
    }
    const about = await examineAbout(host);
    const runtime = await examineRuntime(hostPlan, host, about);
    const driven = runtime?.state === 'to-be-copied' ? asAgent(host) : host;
    const unkept = unkeptOf(plan, driven, about);
    const able = { locks: driven.locks !== null, programs: driven.programs !== null };
    const told = { kind: driven.kind, why: whyDriven(hostPlan, driven), facts: driven.facts, ...able };
    return { host: hostPlan.id, ...told, about, ...(runtime === null ? {} : { runtime }), unkept, roots };
  } catch (error) {
    return { host: hostPlan.id, roots: [], trouble: troubleOf(error) };
  } finally {
    await host.close();
  }
};

/** All that can be said of it before. */
const agentToBe = async (hostPlan: HostPlan): Promise<Omit<Examined, 'roots'>> => ({
  host: hostPlan.id,
  kind: 'agent',
  why: whyDriven(hostPlan, { kind: 'agent' }),
  runtime: { state: 'to-be-copied', ...(await ownNode()) },
});

type RootUse = { readonly root: string; readonly role: 'master' | 'remote'; readonly path: RootPath };

/** Each path of each root that a block of the plan uses on this host, once; where it is both, the master's part decides. */
const rootsOf = (plan: Plan, host: string): readonly RootUse[] => {
  const uses = new Map<string, RootUse>();
  for (const { master, remotes, takes } of plan.blocks) {
    const role = master === host ? 'master' : remotes.includes(host) ? 'remote' : null;
    if (role === null) continue;
    for (const take of takes) {
      const { root } = role === 'master' ? take.from : take.into;
      for (const path of take.roots[host] ?? []) {
        const key = JSON.stringify([root, path.base, path.path]);
        if (uses.get(key)?.role !== 'master') uses.set(key, { root, role, path });
      }
    }
  }
  return [...uses.values()];
};

/** The blocks whose next run on this host looks for what is owed in this root. */
const payersAt = ({ blocks }: Plan, host: string, { root, path }: RootUse): ReadonlySet<string> => {
  const isHere = ({ takes, remotes }: Plan['blocks'][number]): boolean =>
    remotes.includes(host) &&
    takes.some(
      ({ into, roots }) =>
        into.root === root && roots[host]?.some(one => one.base === path.base && one.path === path.path) === true,
    );
  return new Set(blocks.filter(isHere).map(({ name }) => name));
};

type Known = { readonly id: string; readonly pays: ReadonlySet<string>; readonly memory: RootMemory };

/** A remote root may be missing: apply makes its last component. A master's may not. */
const examineRoot = async (
  host: Host,
  path: string,
  state: string | null,
  { root, role, pays, memory, id }: RootUse & Known,
): Promise<ExaminedRoot> => {
  try {
    const opened = await host.openRoot(path, { create: role === 'remote', state });
    const { exists, space, marker, fileSystem, writeFault } = opened;
    const stateFolder = state === null || role === 'master' ? undefined : await examineState(host, state, opened);
    // What plan and apply would refuse is no root that they will make, or write to. A marker lies in the state folder.
    const other = role === 'master' ? movedMaster(id, opened, memory) : unmarkedRemote(id, opened, memory);
    if (other !== null && stateFolder?.trouble === undefined) {
      const trouble = { code: role === 'master' ? 'master-changed' : 'marker', ...other, refusal: true };
      return { root, path: opened.path, role, state: 'trouble', space, marker, fileSystem, trouble };
    }
    const found = { root, path: opened.path, role, state: exists ? 'there' : 'to-be-created', space } as const;
    const left = exists && role === 'remote' ? await opened.unfinished() : [];
    const named = (wanted: 'intent' | 'owed'): Unfinished[] => left.filter(one => one.state === wanted);
    const leftOf = ({ run, block }: Unfinished): Left => ({ run, block });
    const owedOf = (one: Unfinished, elsewhere: Path | null): Left =>
      pays.has(one.block)
        ? leftOf(one)
        : { ...leftOf(one), record: owedRecord(opened.path, elsewhere, one.transaction) };
    const writable = writeFault === 'ENOSYS' ? null : writeFault === '';
    // A master is only read.
    const place = { path: exists ? opened.path : above(opened.path), user: host.facts.user };
    const trouble = writable !== false || role === 'master' ? {} : { trouble: notWritable(exists, writeFault, place) };
    const told = { ...found, marker, fileSystem, writable, unfinished: named('intent').map(leftOf) };
    const owed = named('owed').map(one => owedOf(one, stateFolder?.path ?? null));
    return { ...told, owed, ...(stateFolder === undefined ? {} : { stateFolder }), ...trouble };
  } catch (error) {
    if (error instanceof HostError && LOST.has(error.code)) throw error;
    return { root, path, role, state: 'trouble', space: null, trouble: troubleOf(error) };
  }
};

const notWritable = (
  exists: boolean,
  fault: string,
  { path, user }: { readonly path: Path; readonly user: string },
): Trouble => ({
  code: 'not-writable',
  message: `${exists ? 'it' : 'the folder it is to be made in'} may not be written to: ${whyNot(fault)}`,
  help:
    fault === 'EROFS'
      ? `mount it to be written to (sudo mount -o remount,rw $(findmnt -no TARGET -T ${wordOf(path)})), or correct the path of the root in the plan`
      : `give the user that syncplan logs in as the right to write there: sudo chown ${user} ${wordOf(path)}; or let the plan name another user`,
  refusal: false,
});

const above = (path: Path): Path => parent(path) || '/';

/** As a person types it. */
const wordOf = (path: Path): string => quoteWord(asText(path));
