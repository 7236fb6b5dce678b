// A machine that is driven by its shell, as a host: its file verbs over one session, and what is learned once of it.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ALGORITHMS } from '../../../compiler/plan.js';
import { asText } from '../../tree/path.js';
import { hostFromVerbs } from '../from-verbs.js';
import type { Host, Root } from '../host.js';
import { HostError } from '../host-error.js';
import { parseNames, type Table } from '../local-names.js';
import type { RootPlace } from '../lock/place.js';
import { aboutShell } from './about.js';
import { openShellLocks } from './locks.js';
import { checkTools, probeTools } from './probe.js';
import type { Verb } from './scripts.js';
import type { ShellSession } from './session.js';
import { makeShellVerbs } from './verbs.js';
import { weaknessesOf } from './weaker.js';

export type ShellHostOptions = {
  readonly label: string;
  readonly session: ShellSession;
  readonly close: () => Promise<void>;
  /** Why there is no agent, where one was looked for. */
  readonly why?: HostError | null;
  /** Where digests of unchanged files and the last listings are kept, here; nowhere without. */
  readonly cacheFolder?: string;
  /** Milliseconds since 1970, here. */
  readonly now?: () => number;
  readonly newId?: () => string;
};

/** Throws HostError where that machine lacks what it takes. */
export const openShellHost = async (options: ShellHostOptions): Promise<Host> => {
  const { label, session, why = null, now = Date.now, newId = randomUUID } = options;
  // All asked at once: each would be a way there and back.
  const [tools, users, groups] = await Promise.all([
    probeTools(session),
    namesFrom(session, 'users'),
    namesFrom(session, 'groups'),
  ]);
  checkTools(label, tools, why);
  const apart = tools.clock === null ? 0 : tools.clock * 1000 - now();
  const there = (): number => now() + apart;
  const verbs = makeShellVerbs({ session, tools, users, groups, now: there });
  const opened = new WeakMap<Root, RootPlace>();
  const locks = tools.pipes
    ? openShellLocks({
        label,
        session,
        verbs,
        holder: { name: `${tools.user}@${tools.machine}`, boot: tools.boot },
        placeOf: root => opened.get(root) ?? notOpened(label),
        now: there,
      })
    : null;
  const host = hostFromVerbs({
    label,
    kind: 'shell',
    verbs,
    facts: {
      system: tools.system,
      node: '',
      user: asText(tools.user),
      home: asText(tools.home),
      caseSensitive: !tools.system.startsWith('darwin'),
      algorithms: ALGORITHMS,
      privileged: tools.userId === 0,
      machine: tools.boot,
      timeStep: tools.fineTouch ? 1 : 1_000_000,
      hardLinks: true,
      weaker: weaknessesOf(tools, why),
      ...(tools.digests.size === ALGORITHMS.length
        ? {}
        : { digests: { made: [...tools.digests.keys()], remembered: options.cacheFolder !== undefined } }),
    },
    // On this machine, as there is no program of ours there. Its clock as it is told here is a little late, never early.
    cacheFolder: options.cacheFolder ?? null,
    ...(options.cacheFolder === undefined ? {} : { listingFolder: join(options.cacheFolder, 'listings') }),
    cacheName: root => `${label} ${tools.user}@${tools.machine}:${root}`,
    breathe: () => new Promise(setImmediate),
    now: there,
    newId,
    locks,
  });
  return {
    ...host,
    about: () => aboutShell(session, there, tools.flock),
    traffic: session.traffic,
    async openRoot(path, opening) {
      const root = await host.openRoot(path, opening);
      opened.set(root, { path: root.path, create: opening.create, state: opening.state });
      return root;
    },
    async close() {
      // A shell that is gone holds nothing.
      await locks?.close();
      await host.close();
      session.close();
      await options.close();
    },
  };
};

const namesFrom = async (session: ShellSession, verb: Verb): Promise<Table> =>
  parseNames((await session.ask(verb, [])).output.toString('latin1'));

const notOpened = (label: string): never => {
  throw new HostError('protocol', `a root of another host was given to ${label}`, 'this is a fault in syncplan');
};
