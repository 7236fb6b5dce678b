// This machine as whoever holds a restricted key sees it: some roots and what is below them, and nothing else.
//
// 1. Roots and state folders are refused by name unless they lie in what is served (fence.ts keeps that for every call).
// 2. No hook and no lock command runs, unless an operator's policy file (policy.ts) allows its kind in so many words.
// 3. What is served must not hold what would let a peer free itself: the home folder, keys, policies, the program.
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { asText, fromText, isWithin, type Path } from '../tree/path.js';
import { fenceVerbs } from './fence.js';
import type { Host } from './host.js';
import { HostError } from './host-error.js';
import { type LocalHostOptions, openLocalHost } from './local.js';
import { bytesOf } from './local-folder.js';
import { expandHome } from './local-verbs.js';
import { type Policy, SYSTEM_POLICY } from './policy.js';
import { realPath } from './real-path.js';

export type Restriction = {
  /** As the operator wrote them. */
  readonly roots: readonly string[];
  /** Files of the program that must stay out of reach. */
  readonly program: readonly string[];
};

/** Throws HostError where a root cannot be served. */
export const openRestrictedHost = async ({ roots, program }: Restriction, options: LocalHostOptions): Promise<Host> => {
  const home = homedir();
  const expand = (path: string): Path => expandHome(path, fromText(home));
  const environment = options.environment ?? {};
  const kept = placesToKeep(home, environment, options.cacheFolder, program);
  const served = roots.map(root => checkRoot(root, expand(fromText(root)), kept, options.label));
  return openLocalHost({
    ...options,
    limits: {
      verbs: verbs => fenceVerbs(verbs, served, expand),
      policy: policy => keyPolicy(served, policy),
      weaker: policy => [
        `the key that it is reached by serves only ${served.map(asText).join(', ')}`,
        ...(policy.names('hook') ? [] : ['no hooks: that key runs none']),
        ...(policy.names('lock command') ? [] : ['no lock commands: that key runs none']),
      ],
    },
  });
};

/** The operator's policy, and within it only what the key allows. */
const keyPolicy = (served: readonly Path[], policy: Policy): Policy => ({
  names: policy.names,
  refuseProgram: (purpose, path) =>
    policy.names(purpose)
      ? policy.refuseProgram(purpose, path)
      : `the key of this connection runs no program as a ${purpose}, and no policy file there allows it by name`,
  checkFolder(what, path) {
    const real = realPath(path);
    if (served.some(root => isWithin(real, root))) return policy.checkFolder(what, path);
    throw new HostError(
      'bad-root',
      `${what} ${asText(path)} cannot be used: the key that this machine is reached by serves only ${served.map(asText).join(', ')}`,
      'Let the plan name a folder that the key serves, or ask whoever looks after that machine for another key.',
    );
  },
});

const checkRoot = (root: string, path: Path, kept: readonly Path[], label: string): Path => {
  const real = realPath(path);
  const refuse = (why: string): never => {
    throw new HostError(
      'failed',
      `${label}: its key cannot serve ${root}: ${why}`,
      'Correct the line of that key in authorized_keys there: syncplan agent --root PATH.',
    );
  };
  if (!isFolder(real)) refuse('there is no such folder');
  const inside = kept.find(place => real === '/' || isWithin(place, real));
  if (inside !== undefined) refuse(`it holds ${asText(inside)}, by which whoever has the key could free himself of it`);
  return real;
};

/** Of what is not there, the place where it would be. */
const placesToKeep = (
  home: string,
  { XDG_CONFIG_HOME: config = '', SYNCPLAN_POLICY: policy = '' }: Readonly<Record<string, string | undefined>>,
  cacheFolder: string,
  program: readonly string[],
): Path[] => {
  const own = join(isAbsolute(config) ? config : join(home, '.config'), 'syncplan');
  const policies = [SYSTEM_POLICY, ...(isAbsolute(policy) ? [policy] : [])];
  const places = [home, join(home, '.ssh'), own, cacheFolder, ...policies, ...program];
  return places.map(place => realPath(fromText(place)));
};

const isFolder = (path: Path): boolean => {
  try {
    return statSync(bytesOf(path)).isDirectory();
  } catch {
    return false;
  }
};
