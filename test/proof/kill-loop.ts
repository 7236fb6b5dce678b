// A kill loop: upgrades of a few hundred files over real SSH, killed at random moments, while a reader reads all of them.
import {
  chmodSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk } from '../support/program.js';
import type { Random } from '../support/seeded.js';
import { hold, type Seen } from './invariants.js';
import { killOnce, type Victim } from './kill-once.js';
import { type Expected, type Reader, startReader } from './reader.js';
import { recoverFolder } from './recovering.js';
import { sightsOn } from './sights.js';

export type KillStage = {
  readonly remote: string;
  readonly reader: Reader;
  /** One upgrade, or downgrade, killed at a random moment, and the same command until it is done. */
  readonly round: (victim: Victim, random: Random, where: string) => Promise<Round>;
  /** One more upgrade that nobody disturbs: nothing that was left by any of the killed runs is still in staging. */
  readonly tidies: (where: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** What the kill left: nothing begun, a switch to be finished, or one that was finished already. */
export type Round = { readonly killed: boolean; readonly left: 'old' | 'mixed' | 'new' };

const RELEASES = ['old', 'new'] as const;

export const openKillStage = async (consistency: string): Promise<KillStage> => {
  const desk = openDesk();
  const fleet = await makeFleet(1);
  try {
    return await setUp(desk, fleet, consistency);
  } catch (error) {
    await fleet.stop();
    desk.remove();
    throw error;
  }
};

const setUp = async (desk: Desk, fleet: Fleet, consistency: string): Promise<KillStage> => {
  const remote = join(fleet.hosts[0]!.roots, 'site');
  for (const release of RELEASES) putRelease(join(desk.folder, release), release);
  for (const release of RELEASES) writeFileSync(join(desk.folder, `${release}.sp`), planFor(release, consistency));
  const trees = { old: sightsOn(join(desk.folder, 'old')), new: sightsOn(join(desk.folder, 'new')) };
  const first = await desk.run(['apply', 'old.sp', '--ssh-config', fleet.configFile]);
  if (first.code !== 0) throw new Error(`the first run ended with ${first.code}: ${first.out}${first.err}`);
  const begun = Date.now();
  const second = await desk.run(['apply', 'new.sp', '--ssh-config', fleet.configFile]);
  if (second.code !== 0) throw new Error(`the second run ended with ${second.code}: ${second.out}${second.err}`);
  const usual = Date.now() - begun;
  const reader = startReader(remote, expectations(join(desk.folder, 'old'), join(desk.folder, 'new'), trees));
  let standing: 'old' | 'new' = 'new';
  return {
    remote,
    reader,
    async round(victim, random, where) {
      const next = standing === 'old' ? 'new' : 'old';
      const moment = { old: trees[standing], new: trees[next] };
      const killed = await killOnce({
        args: ['apply', `${next}.sp`, '--json', '--ssh-config', fleet.configFile],
        folder: desk.folder,
        far: fleet.hosts[0]!.pid,
        victim,
        random,
        usual,
        where,
      });
      const now = sightsOn(remote);
      hold('every read of a final path is old or new', `${where}, killed`, { ...moment, now });
      hold('an existing path that is replaced by its like is never missing', `${where}, killed`, { ...moment, now });
      if (random.chance(0.5)) {
        await recoverFolder(remote);
        hold('after recovery a block is all old or all new', `${where}, recovered`, {
          ...moment,
          now: sightsOn(remote),
        });
      }
      const again = await desk.run(['apply', `${next}.sp`, '--json', '--ssh-config', fleet.configFile]);
      const summary = JSON.parse(again.out.trimEnd().split('\n').at(-1) ?? '{}') as { exitCode?: number };
      const after = sightsOn(remote);
      hold(
        'exit 0 exactly when every host was verified',
        `${where}, run again: ${again.err}${again.out.slice(-2000)}`,
        {
          exitCode: again.code,
          hosts: [{ done: summary.exitCode === 0, now: after, new: trees[next] }],
        },
      );
      if (again.code !== 0)
        throw new Error(`${where}: the same command ended with ${again.code}: ${again.err}${again.out.slice(-2000)}`);
      standing = next;
      return { killed, left: same(now, moment.old) ? 'old' : same(now, moment.new) ? 'new' : 'mixed' };
    },
    async tidies(where) {
      const next = standing === 'old' ? 'new' : 'old';
      const { code, err } = await desk.run(['apply', `${next}.sp`, '--ssh-config', fleet.configFile]);
      const left = readdirSync(join(remote, '.syncplan/staging'));
      const logged = readdirSync(join(remote, '.syncplan/intent'));
      if (code !== 0 || left.length > 0 || logged.length > 0)
        throw new Error(
          `${where}: exit ${code}, staging holds ${left.join(', ')}, the log ${logged.join(', ')}: ${err}`,
        );
      standing = next;
    },
    async close() {
      await reader.stop();
      await fleet.stop();
      desk.remove();
    },
  };
};

const putRelease = (folder: string, release: 'old' | 'new'): void => {
  mkdirSync(folder, { recursive: true });
  cpSync(`node_modules/sample-${release}/internals`, join(folder, 'internals'), {
    recursive: true,
    preserveTimestamps: true,
  });
  cpSync(`node_modules/sample-${release}/web`, join(folder, release === 'old' ? 'web' : 'net'), {
    recursive: true,
    preserveTimestamps: true,
  });
  writeFileSync(join(folder, 'RELEASE'), `${release}\n`);
  writeFileSync(join(folder, 'large'), Buffer.alloc(3_000_000, release));
  writeFileSync(join(folder, 'run'), 'the same\n');
  chmodSync(join(folder, 'run'), release === 'old' ? 0o755 : 0o700);
  symlinkSync(release === 'old' ? 'run' : 'RELEASE', join(folder, 'start'));
  // Whole seconds: what is compared here is exact, and Node.js rounds times that are finer than microseconds.
  for (const name of ['RELEASE', 'large', 'run', 'start']) lutimesSync(join(folder, name), MOMENT, MOMENT);
};

const planFor = (release: string, consistency: string): string => `syncplan 1
fleet {
  host build at local { root site "./${release}" }
  host web at "host-1" { root site "~/roots/site" }
}
role master is build
role remote is web
block app {
  take all in site
  ${consistency}
  delete mirror { max 100% }
}
`;

/** What a reader may see of each path while one release turns into the other and back. */
const expectations = (old: string, next: string, trees: { readonly old: Seen; readonly new: Seen }): Expected[] => {
  const paths = new Set([...trees.old.keys(), ...trees.new.keys()]);
  return [...paths].flatMap(path => {
    const sights = [trees.old.get(path), trees.new.get(path)];
    if (sights.some(sight => sight?.kind === 'folder')) return [];
    const link = sights.some(sight => sight?.kind === 'link');
    const contents = [old, next].flatMap((folder, i) => {
      if (sights[i] === undefined) return [];
      const whole = join(folder, Buffer.from(path, 'latin1').toString());
      return [link ? Buffer.from(readlinkSync(whole)) : readFileSync(whole)];
    });
    return [{ path: Buffer.from(path, 'latin1').toString(), contents, link, always: contents.length === 2 }];
  });
};

const same = (a: Seen, b: Seen): boolean => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

const MOMENT = 1_650_000_000;
