// What most tests over SSH begin with: a folder of this machine, one host that is kept equal to it, and the plan that says so.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fleet } from './fleet.js';
import type { Desk, Ended, RunOptions } from './program.js';

export type Site = {
  /** It is there and empty at first. */
  readonly master: string;
  /** Made by the first run. */
  readonly remote: string;
  /** `syncplan COMMAND rollout.sp …`, in the desk's folder. */
  readonly run: (command: string, args?: readonly string[], options?: RunOptions) => Promise<Ended>;
};

/** `block` are further lines of the one block; the remote goes by the name `web`. */
export const putSite = (desk: Desk, fleet: Fleet, block = ''): Site => {
  const master = join(desk.folder, 'site');
  mkdirSync(master);
  writeFileSync(
    join(desk.folder, 'rollout.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host web at "${fleet.hosts[0]!.alias}" { root site "~/roots/site" }
}
role master is build
role remote is web
block app {
  take all in site
  ${block}
}
`,
  );
  return {
    master,
    remote: join(fleet.hosts[0]!.roots, 'site'),
    run: (command, args = [], options = {}) =>
      desk.run([command, 'rollout.sp', ...args, '--ssh-config', fleet.configFile], options),
  };
};

/** Four hosts, `w1` to `w4`, that get one folder, with a `route` statement or none. */
export const planOfFour = (route: string): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  group web { root site "~/roots/site"; host "w{1..4}" at "host-{1..4}" }
}
role master is build
role remote is web
block app { take all in site }
${route}
`;
