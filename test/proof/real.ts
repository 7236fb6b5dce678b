// The small upgrade on real folders of this machine, by the built program: run below other programs, reset, and checked.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RelationSummary } from '../../runtime/engine/events.js';
import { makeDiskPlace, type Tree } from '../support/fixture.js';
import { openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { hold, type Seen } from './invariants.js';
import { digestOf, sightsOn } from './sights.js';
import { FOREIGN, NEW, OLD } from './upgrade.js';

export type RealUpgrade = {
  readonly folder: string;
  readonly master: string;
  readonly remote: (host: string) => string;
  /** A folder beside the roots that nothing may change. */
  readonly outside: string;
  readonly old: Seen;
  readonly new: Seen;
  /** The second run; `under` is a program with arguments that starts it, such as strace. */
  readonly apply: (where: string, under?: readonly string[], args?: readonly string[]) => Promise<Applied>;
  /** Everything is again as it was before the second run. */
  readonly reset: () => void;
  /** What must hold after any run, whatever was done to it. */
  readonly check: (where: string, applied: Applied, hosts?: readonly string[]) => void;
  /** The same command, undisturbed: it ends well, and once more does nothing. */
  readonly converges: (where: string) => Promise<void>;
  readonly close: () => void;
};

export type Applied = {
  readonly code: number | null;
  readonly said: string;
  /** Null where it did not come that far. */
  readonly relations: readonly RelationSummary[] | null;
};

export type RealOptions = {
  readonly hosts?: readonly string[];
  readonly from?: Tree;
  readonly to?: Tree;
  /** Further lines of the block. */
  readonly block?: string;
};

export const openRealUpgrade = async (options: RealOptions = {}): Promise<RealUpgrade> => {
  const { hosts = ['copy'], from = OLD, to = NEW, block = '' } = options;
  const desk = openDesk();
  const { folder } = desk;
  const [master, saved, outside] = [join(folder, 'site'), join(folder, 'saved'), join(folder, 'outside')];
  const remote = (host: string): string => join(folder, host);
  for (const path of [master, saved, outside, ...hosts.map(remote)]) mkdirSync(path);
  writeFileSync(join(outside, 'never-ours'), 'not ours');
  writeFileSync(join(folder, 'rollout.sp'), planFor(hosts, block));
  placeAt(master).put(from);
  const apply: RealUpgrade['apply'] = async (where, under = [], args = []) => {
    const command = [
      '-s',
      'KILL',
      String(LONGEST),
      ...under,
      process.execPath,
      PROGRAM,
      'apply',
      'rollout.sp',
      '--json',
      ...args,
    ];
    const began = Date.now();
    const { code, out, err } = await runProcess('timeout', command, {
      cwd: folder,
      env: { HOME: join(folder, '../home') },
    });
    const seconds = (Date.now() - began) / 1000;
    hold('every run ends', where, { ended: seconds < LONGEST, seconds, within: LONGEST });
    return { code, said: said(out, err), relations: relationsIn(out) };
  };
  const first = await apply('the first run');
  if (first.code !== 0) {
    desk.remove();
    throw new Error(`the first run ended with ${first.code}: ${first.said}`);
  }
  empty(master);
  placeAt(master).put(to);
  const expected = sightsOn(master);
  for (const host of hosts) {
    placeAt(remote(host)).put(FOREIGN);
    mkdirSync(join(saved, host));
    mirror(remote(host), join(saved, host));
  }
  const old = sightsOn(remote(hosts[0]!));
  const before = sightsOn(outside);
  const check: RealUpgrade['check'] = (where, { code, relations, said: words }, among = hosts) => {
    for (const host of among) {
      const now = sightsOn(remote(host));
      const moment = { now, old, new: expected };
      hold('every read of a final path is old or new', `${where}, ${host}`, moment);
      hold('an existing path that is replaced by its like is never missing', `${where}, ${host}`, moment);
      const kept = keptOn(remote(host));
      hold('what we overwrote or deleted was baseline content or is kept', `${where}, ${host}`, {
        foreign: FOREIGN_SEEN,
        now,
        kept,
      });
    }
    const done = (host: string): boolean => relations?.find(one => one.host === host)?.state === 'done';
    hold('exit 0 exactly when every host was verified', `${where}: ${words}`, {
      exitCode: code,
      hosts: hosts.map(host => ({ done: done(host), now: sightsOn(remote(host)), new: expected })),
    });
    hold('nothing outside the roots changes', where, { before, now: sightsOn(outside) });
  };
  return {
    folder,
    master,
    remote,
    outside,
    old,
    new: expected,
    apply,
    reset() {
      for (const host of hosts) mirror(join(saved, host), remote(host));
    },
    check,
    async converges(where) {
      const again = await apply(`${where}, run again`);
      if (again.code !== 0) throw new Error(`${where}: the same command again ended with ${again.code}: ${again.said}`);
      check(`${where}, run again`, again);
      const third = await apply(`${where}, run a third time`);
      const changes = (third.relations ?? []).flatMap(relation =>
        (['created', 'replaced', 'attributes', 'linked', 'deleted'] as const).flatMap(key =>
          relation[key] === 0 ? [] : [`${key} ${relation[key]}`],
        ),
      );
      for (const host of hosts)
        hold('a second run does nothing', where, { changes, before: expected, now: sightsOn(remote(host)) });
    },
    close: desk.remove,
  };
};

/** With an upgrade of its own, that is removed afterwards. */
export const withUpgrade = async (
  hosts: readonly string[],
  use: (upgrade: RealUpgrade) => Promise<void>,
): Promise<void> => {
  const upgrade = await openRealUpgrade({ hosts });
  try {
    await use(upgrade);
  } finally {
    upgrade.close();
  }
};

/** A folder that is there already, as a place to put trees in. */
export const placeAt = (path: string): { readonly put: (tree: Tree) => void } => makeDiskPlace(path);

/** Digests and targets of all that the trash of a root holds. */
export const keptOn = (root: string): string[] => {
  try {
    return [...sightsOn(join(root, '.syncplan/trash')).values()].map(({ content }) => content);
  } catch {
    return [];
  }
};

export const empty = (folder: string): void => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
};

/** One folder as the other is, with all that a file is. */
const mirror = (from: string, to: string): void => {
  execFileSync('rsync', ['-aHc', '--numeric-ids', '--delete', `${from}/`, `${to}/`]);
};

export const relationsIn = (out: string): readonly RelationSummary[] | null => {
  try {
    const last = JSON.parse(out.trimEnd().split('\n').at(-1)!) as { type: string; relations: RelationSummary[] };
    return last.type === 'summary' ? last.relations : null;
  } catch {
    return null;
  }
};

const planFor = (hosts: readonly string[], block: string): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  group copies {
${hosts.map(host => `    host ${host} at local { root site "./${host}" }`).join('\n')}
  }
}
role master is build
role remote is copies
block app {
  take all in site
  delete mirror { max 100% }
  consistency verify { rounds 2 every 1s; then fail }
${block}
}
`;

const FOREIGN_SEEN: Seen = new Map(
  Object.entries(FOREIGN).flatMap(([path, item]) =>
    'file' in item ? [[path, { kind: 'file' as const, mode: 0o644, modified: 0, content: digestOf(item.file) }]] : [],
  ),
);

const LONGEST = 60;
