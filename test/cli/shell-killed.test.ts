// Far shells that are killed with -9 at random moments while they stage and while they commit: the same command converges.
//
// Machines without Node.js, python or perl: one has GNU tools, one nothing but BusyBox, one those of a BSD. Each gets two releases
// of a real package and names that break what is careless, compared by checksums made there, under a lock that is held there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { makeBusyBox, makeGnuTools } from '../host/far-shell.js';
import { NO_FLOCK } from '../host/locking.js';
import { SEED } from '../proof/bounds.js';
import { hold, type Seen } from '../proof/invariants.js';
import { sightsOn } from '../proof/sights.js';
import { type BsdTools, makeBsdTools } from '../support/bsd-tools.js';
import { processesBelow } from '../support/processes.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { seeded } from '../support/seeded.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { counts, type Summary, summaryOf, tell } from '../support/told.js';
import { bytes, HARD_NAMES, putNewRelease, putOldRelease } from './content.js';

const TOOLS = {
  gnu: { environment: {}, digester: 'sha256sum', ...makeGnuTools() },
  busybox: { environment: NO_FLOCK, digester: 'sha256sum', ...makeBusyBox() },
  bsd: withoutFlock(makeBsdTools()),
};
type Kind = keyof typeof TOOLS;
const KINDS: readonly Kind[] = ['gnu', 'busybox', 'bsd'];
/** Kills in a row in each phase, before the same command is left alone. */
const KILLS = 2;
const random = seeded(SEED);
let top: string;
let desk: Desk;
const servers = new Map<Kind, Sshd>();

test.before(async () => {
  desk = openDesk();
  top = mkdtempSync(join(tmpdir(), 'syncplan-far-'));
  for (const kind of KINDS) {
    // The folders where Node.js is looked for beyond PATH are this machine's own.
    const env = {
      HOME: top,
      SYNCPLAN_NODE: '/nonexistent/node',
      PATH: TOOLS[kind].path,
      ...TOOLS[kind].environment,
    };
    servers.set(kind, await startSshd({ alias: kind, env }));
    writeFileSync(join(desk.folder, `${kind}.sp`), planFor(kind));
    writeFileSync(join(desk.folder, `${kind}-at-once.sp`), planFor(kind, '{ wait 0s }'));
  }
  writeFileSync(join(desk.folder, 'ssh'), [...servers.values()].map(({ config }) => config).join('\n'));
});
test.after(async () => {
  for (const server of servers.values()) await server.stop();
  desk?.remove();
  for (const { remove } of Object.values(TOOLS)) remove();
  if (top !== undefined) rmSync(top, { recursive: true, force: true });
});

for (const kind of KINDS) {
  test(`${kind}: Node.js, python and perl are not there, and a first release arrives`, async () => {
    const { alias, configFile } = servers.get(kind)!;
    const { path, digester } = TOOLS[kind];
    const found = `for tool in node nodejs python python3 perl; do command -v $tool; done; command -v stat; command -v ${digester}`;
    const lines = execFileSync('ssh', ['-F', configFile, alias, found], { encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(
      lines,
      ['stat', digester].map(tool => join(path, tool)),
    );
    putRelease('old');
    await converges(kind);
  });

  test(`${kind}: shells that are killed in mid-staging leave everything as it was and no lock, and the same command converges`, async () => {
    const before = sights(root(kind));
    putRelease('new');
    for (let i = 0; i < KILLS; i++) {
      // As if what was staged had been put away by its age: nothing would come anew.
      if (i > 0) rmSync(stagingOf(kind), { recursive: true });
      const wanted = 2 + random.below(MOST_STAGED);
      const where = `seed ${SEED}, ${kind}, kill ${i + 1} at ${wanted} staged`;
      const killed = await killedWhen(
        kind,
        () => stagedIn(kind) >= wanted,
        async () => {
          const other = await apply(kind, `${kind}-at-once.sp`);
          assert.equal(other.code, 6, `${where}: another run meanwhile: ${said(other.err, other.out)}`);
        },
      );
      assertLost(killed, where, 1);
      assert.equal(intentsIn(kind), 0, where);
      assert.ok(stagedIn(kind) > 0, where);
      assert.deepEqual(differing(before, sights(root(kind))), [], `${where}: nothing moves before all is staged`);
    }
    const { bytesLiteral } = await converges(kind);
    assert.ok(Number(bytesLiteral) < LARGE, `${bytesLiteral} bytes were sent again`);
  });

  test(`${kind}: shells that are killed in mid-commit leave every file whole, and the same command converges`, async () => {
    const before = sights(root(kind));
    putRelease('old');
    const after = sights(master());
    for (let i = 0; i < KILLS; i++) {
      const share = random.fraction() * 0.9;
      let all: number | null = null;
      const killed = await killedWhen(kind, () => {
        if (intentsIn(kind) === 0) return false;
        const left = stagedIn(kind);
        all ??= left;
        return left <= all * (1 - share);
      });
      const where = `seed ${SEED}, ${kind}, kill ${i + 1} at ${share.toFixed(2)} of ${all} switched`;
      // The first dies in its own commit, the next ones while they finish that for it.
      assertLost(killed, where, i === 0 ? 5 : 1);
      assert.equal(intentsIn(kind), 1, `${where}: what is to be done is written down`);
      const now = sights(root(kind));
      hold('every read of a final path is old or new', where, { now, old: before, new: after });
      hold('an existing path that is replaced by its like is never missing', where, { now, old: before, new: after });
      assert.ok(differing(now, after).length > 0, `${where}: it was not in mid-commit`);
    }
    assert.ok(differing(before, sights(root(kind))).length > 0, `${kind}: nothing was switched`);
    await converges(kind);
    const again = await apply(kind);
    assert.equal(again.code, 0, said(again.err, again.out));
    assert.deepEqual(counts(summaryOf(again)), [0, 0, 0, 0, 0, 0, 0, 0], said(again.out));
  });
}

function withoutFlock(tools: BsdTools) {
  return { ...tools, environment: { ...tools.environment, ...NO_FLOCK }, digester: 'sha256' };
}

const master = (): string => join(desk.folder, 'site');
const root = (kind: Kind): string => join(top, kind);

const planFor = (kind: Kind, how = ''): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  host far at "${kind}" { root site "${root(kind)}" }
}
role master is build
role remote is far
block app {
  take all in site
  compare checksum sha256
  consistency lock ${how}
  delete mirror { max 50% }
}
`;

/** As much of the package as two machines take in a minute, with names that break what is careless, each release its own. */
const putRelease = (release: 'old' | 'new'): void => {
  if (release === 'old') putOldRelease(master());
  else putNewRelease(master());
  for (const left of LEFT_OUT) rmSync(join(master(), left), { recursive: true, force: true });
  writeFileSync(join(master(), 'ARCHIVE'), Buffer.alloc(LARGE, `of the ${release} release `));
  const folder = join(master(), 'hard\n names');
  mkdirSync(folder);
  for (const name of HARD_NAMES) writeFileSync(bytes(folder, name), `${release} ${HARD_NAMES.indexOf(name)}\n`);
};

const apply = (kind: Kind, plan = `${kind}.sp`): Promise<Ended> =>
  desk.run(['apply', plan, '--yes', '--json', '--ssh-config', join(desk.folder, 'ssh')]);

/** The shell that is at work there is stopped in the moment, and killed by its pid after that; nothing it had started stays. */
const killedWhen = async (
  kind: Kind,
  isMoment: () => boolean,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Ended> => {
  const { pid } = servers.get(kind)!;
  const running = apply(kind);
  const ended = running.then(() => true);
  const later = (): Promise<boolean> => new Promise(resolve => setTimeout(resolve, 1, false));
  while (!isMoment()) {
    if (!(await Promise.race([ended, later()]))) continue;
    const { err, out } = await running;
    assert.ok(false, `the moment did not come: ${said(err, out)}`);
  }
  const shell = processesBelow(pid).find(({ command }) => command.includes('read -r line'))!.pid;
  process.kill(shell, 'SIGSTOP');
  try {
    await meanwhile();
  } finally {
    process.kill(shell, 'SIGKILL');
  }
  const all = await running;
  const left = (): string[] => processesBelow(pid).map(({ command }) => command);
  for (const end = Date.now() + 10_000; left().length > 0 && Date.now() < end; ) await later();
  assert.deepEqual(left(), [], 'what the shell had started ends with it');
  return all;
};

/** The one host was lost, and it is said why and what to do. */
const assertLost = ({ code, out, err }: Ended, where: string, wanted: 1 | 5): void => {
  assert.equal(code, wanted, `${where}: ${said(err, out)}`);
  assert.match(out, /far: the connection to the shell was lost.*Run the same command again/, where);
};

/** The same tree, and nothing left over; what was said last on the way there. */
const converges = async (kind: Kind): Promise<Summary> => {
  const ended = await apply(kind);
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assert.ok(!existsSync(claims(kind)) || readdirSync(claims(kind)).length === 0, 'locks are let go');
  const here = tell(master(), FACTS);
  assert.ok(here.length > 15_000);
  assert.equal(tell(root(kind), FACTS), here);
  assert.equal(intentsIn(kind), 0);
  assert.equal(stagedIn(kind), 0);
  return summaryOf(ended);
};

/** Files of transactions that are not in place yet. */
const stagedIn = (kind: Kind): number => {
  const count = (folder: string): number => {
    try {
      return readdirSync(folder, { withFileTypes: true }).reduce(
        (sum, entry) => sum + (entry.isDirectory() ? count(join(folder, entry.name)) : 1),
        0,
      );
    } catch {
      // It went meanwhile.
      return 0;
    }
  };
  return count(stagingOf(kind));
};

const stagingOf = (kind: Kind): string => join(root(kind), '.syncplan/staging');

const intentsIn = (kind: Kind): number => {
  const folder = join(root(kind), '.syncplan/intent');
  return existsSync(folder) ? readdirSync(folder).filter(name => /^[^.]+$/.test(name)).length : 0;
};

/** Those of whoever locks there. */
const claims = (kind: Kind): string => join(root(kind), '.syncplan/lock/app.held');

/** Times to the second, which is all that BusyBox sets. */
const sights = (folder: string): Seen =>
  new Map(
    [...sightsOn(folder)].map(([path, sight]) => [
      path,
      { ...sight, modified: Math.floor(sight.modified / 1_000_000) * 1_000_000 },
    ]),
  );

const differing = (one: Seen, other: Seen): string[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter(
    path => JSON.stringify(one.get(path)) !== JSON.stringify(other.get(path)),
  );

const FACTS = '%n %s %.10T+ %l';
const LEFT_OUT = ['features', 'stable', 'es', 'full', 'actual', 'modules', 'internals'];
/** Twice as many are less than all. */
const MOST_STAGED = 40;
/** From here on what a killed run had staged is used again. */
const LARGE = 2_000_000;

test.run();
