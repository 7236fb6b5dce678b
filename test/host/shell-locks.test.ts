// Locks held through a shell: whom they exclude, agents included, what ends them, and what a shell leaves to others.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Host, LockRequest, Root } from '../../runtime/host/host.js';
import { openLocalHost } from '../../runtime/host/local.js';
import type { CheckedLock } from '../../runtime/host/lock-check.js';
import { openShellHost } from '../../runtime/host/shell/host.js';
import { makeBsdTools } from '../support/bsd-tools.js';
import { bsdShell, busyBoxShell, type FarShell, makeBusyBox, startShell } from './far-shell.js';
import { NO_FLOCK, PLAIN, refused, rejects, type Way } from './locking.js';

const busyBox = makeBusyBox();
const bsd = makeBsdTools();
test.after(() => {
  busyBox.remove();
  bsd.remove();
});
type Kind = { readonly name: string; readonly start: Parameters<typeof startShell>[0] };
const KINDS: readonly Kind[] = [
  { name: 'flock', start: {} },
  { name: 'claims', start: busyBoxShell(busyBox.path) },
  { name: 'claims, BSD', start: bsdShell(bsd) },
];
const GNU_CLAIMS: Kind = { name: 'claims, GNU', start: { environment: NO_FLOCK } };

type Party = {
  readonly host: Host;
  readonly root: Root;
  readonly far: FarShell;
  readonly acquire: (asked?: Partial<LockRequest>) => Promise<CheckedLock>;
};
type Yard = {
  readonly folder: string;
  readonly open: () => Promise<Party>;
  /** By an agent's own code. */
  readonly agent: (way?: Way) => Promise<Omit<Party, 'far'>>;
};

const inYards = (title: string, run: (yard: Yard, kind: string) => Promise<void>, kinds = KINDS): void => {
  for (const { name, start } of kinds) {
    test(`${title} (${name})`, async () => {
      const top = mkdtempSync(join(tmpdir(), 'syncplan-shell-lock-'));
      const folder = join(top, 'root');
      mkdirSync(folder);
      const hosts: Host[] = [];
      const party = async (host: Host): Promise<Omit<Party, 'far'>> => {
        hosts.push(host);
        const root = await host.openRoot(folder, { create: false, state: null });
        const acquire = async (asked: Partial<LockRequest> = {}) =>
          (await host.locks!.acquire({ ...PLAIN, root, ...asked })) as CheckedLock;
        return { host, root, acquire };
      };
      const open = async (): Promise<Party> => {
        const far = startShell(start);
        return { ...(await party(await openShellHost({ label: 'here', session: far.session, close: far.stop }))), far };
      };
      const agent = async (way: Way = 'flock') =>
        party(
          await openLocalHost({
            label: 'agent',
            cacheFolder: join(top, 'cache'),
            breathe: () => new Promise(setImmediate),
            environment: { ...process.env, ...(way === 'claims' ? NO_FLOCK : {}) },
          }),
        );
      try {
        await run({ folder, open, agent }, name);
      } finally {
        for (const host of hosts) await host.close();
        rmSync(top, { recursive: true, force: true });
      }
    });
  }
};

const read = (path: string): string => readFileSync(path, 'utf8');

/** A process that has ended and whose parent, a sleep, does not notice. */
const makeZombie = async (): Promise<{ readonly pid: number }> => {
  const child = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  leftovers.push(() => child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: Number(said.toString()) };
};
const leftovers: (() => void)[] = [];
test.after(() => {
  for (const end of leftovers) end();
});

/** The number of this space of processes. */
const readSpace = (): string => readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');

const lives = async (lock: CheckedLock): Promise<boolean> => {
  try {
    await lock.check();
    return true;
  } catch {
    return false;
  }
};

const lockFolder = (folder: string): string => join(folder, '.syncplan/lock');

inYards('of two shells one has the lock, and the other is told who', async ({ open }) => {
  const [one, other] = [await open(), await open()];
  const got = await Promise.allSettled([one.acquire({ run: 'r1', wait: 3 }), other.acquire({ run: 'r2' })]);
  assert.ok(got.some(({ status }) => status === 'fulfilled'));
  const [held] = got.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
  await held!.check();
  await refused(one.acquire({ run: 'r3' }), /locked by run r[12] of \S+@\S+, process \d+, for \d+ s/);
});

inYards(
  'a killed shell’s lock is free at once, without help, and its epoch is counted on',
  async ({ open }) => {
    const [one, other] = [await open(), await open()];
    const { epoch } = await one.acquire({ run: 'killed', hold: 3600 });
    await refused(other.acquire(), /run killed/);
    one.far.kill();
    const next = await other.acquire({ wait: 5 });
    assert.equal(next.epoch, epoch + 1);
    await next.check();
  },
  [...KINDS, { name: 'bash', start: { shell: ['bash'] } }],
);

inYards('a host that is closed lets go of what it holds and gives up what it waits for', async ({ open }) => {
  const [one, other, third] = [await open(), await open(), await open()];
  await one.acquire();
  const waiting = other.acquire({ wait: 30 });
  setTimeout(() => void other.host.close(), 100);
  await rejects(waiting, 'cancelled', /connection ended/);
  await one.host.close();
  await third.acquire();
});

for (const way of ['flock', 'claims'] as const) {
  inYards(
    `an agent that locks by ${way} and a shell exclude each other`,
    async ({ open, agent }) => {
      const [shell, other] = [await open(), await agent(way)];
      for (const [mine, theirs, together] of [
        ['exclusive', 'exclusive', false],
        ['exclusive', 'shared', false],
        ['shared', 'exclusive', false],
        ['shared', 'shared', true],
      ] as const) {
        for (const [first, second] of [
          [shell, other],
          [other, shell],
        ] as const) {
          const held = await first.acquire({ run: 'first', mode: mine });
          if (together) await (await second.acquire({ mode: theirs })).release();
          else await refused(second.acquire({ mode: theirs }), /run first of .*, process \d+, for \d+ s/);
          await held.check();
          assert.deepEqual(await held.release(), []);
        }
      }
      const held = await shell.acquire();
      await held.release();
      assert.equal((await other.acquire()).epoch, held.epoch + 1);
    },
    [...KINDS, GNU_CLAIMS],
  );

  inYards(
    `a shell that is killed while it holds the lock leaves it free for an agent that locks by ${way}`,
    async ({ open, agent }) => {
      const [shell, other] = [await open(), await agent(way)];
      for (const mode of ['shared', 'exclusive'] as const) {
        const far = mode === 'shared' ? shell : await open();
        await far.acquire({ run: 'killed', mode });
        await refused(other.acquire(), /run killed/);
        far.far.kill();
        await (await other.acquire({ wait: 5 })).release();
      }
    },
  );
}

inYards(
  'a lock whose file is replaced, or whose keeper is ended, is lost and says so',
  async ({ open, folder }, kind) => {
    const { acquire } = await open();
    const lock = await acquire();
    await lock.check();
    const file = join(lockFolder(folder), kind === 'flock' ? 'app' : 'app.held');
    renameSync(file, `${file}.old`);
    await assert.rejects(async () => lock.check(), /removed or replaced/);
    await lock.release();
    const again = await acquire();
    const { process: keeper } = JSON.parse(read(join(lockFolder(folder), 'app.lease')));
    process.kill(keeper, 'SIGKILL');
    // It is gone when its parent has noticed.
    for (let tries = 0; tries < 50 && (await lives(again)); tries++)
      await new Promise(resolve => setTimeout(resolve, 20));
    await assert.rejects(async () => again.check(), /keeper there has ended/);
    await again.release();
    await assert.rejects(async () => again.check(), /let go/);
  },
);

inYards('a record that is another’s ends the holding', async ({ open, folder }) => {
  const { acquire } = await open();
  const lock = await acquire();
  const file = join(lockFolder(folder), 'app.lease');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(read(file)), epoch: 77 }));
  await assert.rejects(async () => lock.check(), /its lease is not ours/);
});

inYards(
  'a shell blocks nobody by permissions or command, and says so before anything is locked',
  async ({ open, folder }) => {
    const { acquire } = await open();
    await rejects(
      acquire({ by: { kind: 'permissions' } }),
      'unsupported',
      /here .*cannot lock block app by permissions/,
    );
    const command = { kind: 'command', command: ['true'], release: ['true'] } as const;
    await rejects(acquire({ by: command }), 'unsupported', /by command/);
    assert.deepEqual(readdirSync(folder), []);
  },
);

inYards('what a killed agent had closed is not locked over', async ({ open, folder }) => {
  const { acquire } = await open();
  await (await acquire()).release();
  writeFileSync(join(lockFolder(folder), 'app.modes'), '{}');
  await refused(acquire(), /ended without giving back folders it had closed/);
});

inYards(
  'a claim of another machine or of a living process is respected, and one of a dead process is not',
  async ({ open, agent, folder }) => {
    const [shell, other] = [await open(), await agent('claims')];
    await (await shell.acquire()).release();
    const zombie = await makeZombie();
    const claims = join(lockFolder(folder), 'app.held');
    const boot = read('/proc/sys/kernel/random/boot_id').trim();
    const space = readSpace();
    for (const [claim, isLive] of [
      [`exclusive,folder,elsewhere,${boot},${space},1,1,0`, true],
      [`exclusive,folder,elsewhere,another-start,${space},1,1,0`, true],
      [`exclusive,folder,${hostname()},${boot},1${space},1,1,0`, true],
      [`exclusive,folder,${hostname()},${boot},${space},${process.pid},,0`, true],
      [`exclusive,flock,${hostname()},,${space},1,1,0`, true],
      [`exclusive,folder,${hostname()},${boot},${space},${process.pid},1,0`, false],
      [`shared,folder,${hostname()},${boot},${space},2147483646,1,0`, false],
      [`exclusive,flock,${hostname()},another-start,${space},1,1,0`, false],
      [`exclusive,folder,${hostname()},${boot},${space},${zombie.pid},,0`, false],
      ['something else', true],
    ] as const) {
      for (const party of [shell, other]) {
        mkdirSync(join(claims, claim));
        if (isLive)
          await refused(party.acquire(), /is locked by (process \d+ of |somebody)/, /remove the folder lock\/app.held/);
        else await (await party.acquire()).release();
        assert.deepEqual(readdirSync(claims), isLive ? [claim] : [], claim);
        rmSync(join(claims, claim), { recursive: true, force: true });
      }
    }
  },
  KINDS.slice(1),
);

inYards(
  'who has flock passes over claims that were made with it, and clears them away once he is alone',
  async ({ open, agent, folder }) => {
    for (const { acquire } of [await open(), await agent()]) {
      await (await acquire()).release();
      const claims = join(lockFolder(folder), 'app.held');
      const left = 'exclusive,flock,elsewhere,another-start,1,1,1,0';
      mkdirSync(join(claims, left));
      const shared = await acquire({ mode: 'shared' });
      assert.ok(readdirSync(claims).includes(left));
      await shared.release();
      await (await acquire()).release();
      assert.deepEqual(readdirSync(claims), []);
    }
  },
  KINDS.slice(0, 1),
);

inYards('the record that a killed run left is unlocked by its id', async ({ open }) => {
  const [one, other] = [await open(), await open()];
  await one.acquire({ run: 'killed' });
  assert.equal(await other.host.locks!.unlock(other.root, 'app', 'killed'), 'held');
  one.far.kill();
  let answer = 'held';
  for (let tries = 0; tries < 50 && answer === 'held'; tries++) {
    answer = await other.host.locks!.unlock(other.root, 'app', 'killed');
  }
  assert.equal(answer, 'unlocked');
  assert.equal(await other.host.locks!.unlock(other.root, 'app', 'killed'), 'not-locked');
});

test.run();
