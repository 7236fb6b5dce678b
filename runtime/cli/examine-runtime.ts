// What doctor finds out about Node.js where a plan would have this machine's copied (`agent push-runtime`): nothing is copied by it.
import { stat } from 'node:fs/promises';
import type { HostPlan } from '../../compiler/plan.js';
import type { Able } from '../engine/unkept.js';
import type { Host } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import type { ExaminedAbout } from './examine-about.js';

export type ExaminedRuntime =
  /** By an earlier run: that one serves. */
  | { readonly state: 'copied' }
  /** By the next apply. */
  | { readonly state: 'to-be-copied'; readonly bytes: number; readonly version: string };

/** Null where nothing has to do with a copy: the plan does not ask for one, or the machine has a Node.js that fits. */
export const examineRuntime = async (
  { agent }: HostPlan,
  host: Host,
  { tools }: ExaminedAbout,
): Promise<ExaminedRuntime | null> => {
  if (agent !== 'push-runtime') return null;
  if (host.kind === 'shell') return { state: 'to-be-copied', ...(await ownNode()) };
  return COPY.test(tools.find(({ name }) => name === 'node')?.path ?? '') ? { state: 'copied' } : null;
};

/** The Node.js of this process is what would be copied. */
export const ownNode = async (): Promise<{ readonly bytes: number; readonly version: string }> => ({
  bytes: (await stat(process.execPath)).size,
  version: process.versions.node,
});

/** A host that was looked at by its shell, as the agent that it will be. */
export const asAgent = ({ label, facts: { digests: _, ...facts } }: Host): Able => ({
  label,
  kind: 'agent',
  facts: { ...facts, node: process.versions.node, timeStep: 1, hardLinks: true, weaker: [] },
  locks: { ways: ['advisory', 'permissions', 'command'] },
  programs: {},
});

export const isToBeCopied = ({ agent }: HostPlan, error: unknown): boolean =>
  agent === 'push-runtime' && error instanceof HostError && error.code === 'unsupported';

/** As remote-command.ts names it, by its hash. */
const COPY = /\/syncplan\/node-[0-9a-f]{64}$/;
