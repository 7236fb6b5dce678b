// The machine this program runs on, as a host: the file verbs of node:fs with what is known of this system, locks and programs.
import { randomUUID } from 'node:crypto';
import { arch, homedir, hostname, platform } from 'node:os';
import { join, posix } from 'node:path';
import { ALGORITHMS } from '../../compiler/plan.js';
import { fromText } from '../tree/path.js';
import { type FileVerbs, isFault } from './file-verbs.js';
import { hostFromVerbs } from './from-verbs.js';
import type { Host, HostFacts, Links, Root } from './host.js';
import { HostError } from './host-error.js';
import { aboutThisMachine } from './local-about.js';
import { makeLocalVerbs } from './local-verbs.js';
import { claimantHere } from './lock/claim.js';
import { makeClosedView } from './lock/closed-view.js';
import { findFlock, type Means, WITHOUT_FLOCK } from './lock/grip.js';
import { type LockOptions, openLocks } from './lock/locks.js';
import { openPolicy, type Policy } from './policy.js';
import { openPrograms } from './programs.js';
import { bootId, holderHere, monotonic, userName } from './this-machine.js';

export type LocalHostOptions = {
  /** How messages name it. */
  readonly label: string;
  /** This user's folder for what can be made again. */
  readonly cacheFolder: string;
  readonly breathe: () => Promise<void>;
  readonly now?: () => number;
  readonly newId?: () => string;
  /** For the operator's policy and the programs of a plan. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly links?: Links | null;
  /** What is served is less than this machine (restricted.ts). */
  readonly limits?: Limits;
};

export type Limits = {
  readonly verbs: (verbs: FileVerbs) => FileVerbs;
  readonly policy: (policy: Policy) => Policy;
  /** What is promised less for that, one sentence each. */
  readonly weaker: (policy: Policy) => readonly string[];
};

export const openLocalHost = async ({
  label,
  cacheFolder,
  breathe,
  now = Date.now,
  newId = randomUUID,
  environment = {},
  links = null,
  limits,
}: LocalHostOptions): Promise<Host> => {
  const home = homedir();
  const whole = makeLocalVerbs({ home: fromText(home) });
  const verbs = limits === undefined ? whole : limits.verbs(whole);
  const view = makeClosedView(verbs);
  const own = openPolicy({ environment, home });
  const policy = limits === undefined ? own : limits.policy(own);
  const learned = await learnFacts(whole, home);
  const means: Means = {
    flock: findFlock(environment),
    claimant: claimantHere(hostname(), learned.machine),
    monotonic,
  };
  const facts = {
    ...learned,
    weaker: [...(means.flock === null ? [WITHOUT_FLOCK] : []), ...(limits?.weaker(own) ?? [])],
  };
  const programs = openPrograms({ environment, home }, policy);
  const opened = new WeakMap<Root, ReturnType<LockOptions['placeOf']>>();
  const locks = openLocks({
    label,
    verbs,
    view,
    programs,
    holder: holderHere(now),
    placeOf: root => opened.get(root) ?? notOpened(label),
    means,
  });
  const host = hostFromVerbs({
    label,
    kind: 'local',
    verbs: view.verbs,
    facts,
    cacheFolder: join(cacheFolder, 'digests'),
    listingFolder: join(cacheFolder, 'listings'),
    breathe,
    now,
    newId,
    locks,
    programs: limits === undefined || own.names('hook') ? programs : null,
    links,
    about: clock => aboutThisMachine(clock, environment),
  });
  return {
    ...host,
    async openRoot(path, options) {
      policy.checkFolder('the root', expand(path, home));
      if (options.state !== null) policy.checkFolder('the state folder', expand(options.state, home));
      const since = monotonic();
      const root = await host.openRoot(path, options);
      opened.set(root, { path: root.path, create: options.create, state: options.state, since });
      return root;
    },
    async close() {
      programs.close();
      await locks.close();
      await host.close();
    },
  };
};

const learnFacts = async (verbs: FileVerbs, home: string): Promise<HostFacts> => ({
  system: `${platform()} ${arch()}`,
  node: process.versions.node,
  user: userName(),
  home,
  caseSensitive: await isCaseSensitive(verbs, fromText(home)),
  algorithms: ALGORITHMS,
  privileged: process.getuid?.() === 0,
  machine: bootId(),
  timeStep: 1,
  hardLinks: true,
  weaker: [],
});

/** Normalised: a policy must judge the folder that is opened. */
const expand = (path: string, home: string): string =>
  posix.normalize(path === '~' || path.startsWith('~/') ? fromText(home) + path.slice(1) : path);

const notOpened = (label: string): never => {
  throw new HostError('protocol', `a root of another host was given to ${label}`, 'this is a fault in syncplan');
};

/** Told without writing: does the home folder answer to its name in other letters? Else by what the system usually does. */
const isCaseSensitive = async (verbs: FileVerbs, home: string): Promise<boolean> => {
  const usual = process.platform !== 'darwin' && process.platform !== 'win32';
  const other = home === home.toUpperCase() ? home.toLowerCase() : home.toUpperCase();
  if (other === home) return usual;
  const here = await verbs.open(home);
  if (isFault(here)) return usual;
  const there = await verbs.open(other);
  await verbs.release(here.folder);
  if (isFault(there)) return true;
  await verbs.release(there.folder);
  return there.stat.inode !== here.stat.inode || there.stat.device !== here.stat.device;
};
