// Locks that run a command: its release is run whatever happened, by whoever is left to do it.
import assert from 'node:assert/strict';
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import type { LockBy } from '../../compiler/plan.js';
import { inYard, makeYard, recordIn, rejects, type Yard } from './locking.js';

/** Commands that write down that they ran. */
const telling = (yard: Yard, hold = 'exit 0', release = 'exit 0'): LockBy => {
  const script = (word: string, rest: string): string[] => [
    '/bin/sh',
    '-c',
    `echo "${word} run=$SYNCPLAN_RUN block=$SYNCPLAN_BLOCK" >> ${yard.beside('told')}; ${rest}`,
  ];
  return { kind: 'command', command: script('hold', hold), release: script('resume', release) };
};
const toldIn = (yard: Yard): string[] =>
  existsSync(yard.beside('told')) ? readFileSync(yard.beside('told'), 'utf8').trim().split('\n') : [];

inYard('a lock command runs when the lock is taken, its release when it is let go', async yard => {
  const { acquire, root } = await yard.open();
  const lock = await acquire({ by: telling(yard, `test "$SYNCPLAN_ROOT" = ${yard.folder}`) });
  assert.equal(root.path, yard.folder);
  assert.deepEqual(toldIn(yard), ['hold run=run-1 block=app']);
  assert.deepEqual(await lock.release(), []);
  assert.deepEqual(toldIn(yard), ['hold run=run-1 block=app', 'resume run=run-1 block=app']);
  assert.ok(!existsSync(yard.lockFile('app.release')));
});

inYard('what one shared lock owes is not given back by another of the same run', async yard => {
  const { acquire } = await yard.open();
  const commanded = await acquire({ by: telling(yard), mode: 'shared' });
  const beside = await acquire({ mode: 'shared' });
  assert.deepEqual(await beside.release(), []);
  assert.deepEqual(toldIn(yard), ['hold run=run-1 block=app']);
  assert.deepEqual(await commanded.release(), []);
  assert.deepEqual(toldIn(yard), ['hold run=run-1 block=app', 'resume run=run-1 block=app']);
});

inYard('a command that says no refuses the lock: nothing is held, nothing is owed', async yard => {
  const { acquire } = await yard.open();
  await rejects(acquire({ by: telling(yard, 'echo busy; exit 3') }), 'locked', /ended with 3: busy/);
  await rejects(
    acquire({ by: { kind: 'command', command: ['/nonexistent'], release: ['true'] } }),
    'failed',
    /not started/,
  );
  assert.deepEqual(toldIn(yard), ['hold run=run-1 block=app']);
  assert.ok(!existsSync(yard.lockFile('app.release')));
  const other = await yard.open();
  assert.equal((await other.acquire()).waited, false);
});

inYard('a release that fails is told, owed on, and done by the next holder', async yard => {
  const { acquire, host, root } = await yard.open();
  const lock = await acquire({
    by: telling(yard, 'exit 0', `test -e ${yard.beside('ready')} || { echo stuck; exit 9; }`),
  });
  const [problem] = await lock.release();
  assert.equal(problem?.code, 'hook');
  assert.match(problem.message, /ended with 9: stuck/);
  await rejects(acquire({ run: 'run-2' }), 'locked', /run run-1 ended .*stuck/, /syncplan unlock FILE --run run-1/);
  await rejects(host.locks!.unlock(root, 'app', 'run-1'), 'locked', /stuck/);
  writeFileSync(yard.beside('ready'), '');
  assert.equal((await acquire({ run: 'run-2' })).waited, true);
  assert.deepEqual(toldIn(yard).slice(-1), ['resume run=run-1 block=app']);
  assert.ok(!existsSync(yard.lockFile('app.release')));
});

inYard('a holder whose connection ends runs its release itself', async yard => {
  await (await yard.holder({ by: telling(yard) })).end();
  assert.deepEqual(toldIn(yard), ['hold run=run-1 block=app', 'resume run=run-1 block=app']);
});

inYard('what a killed holder owed is run once, by the next holder or by unlock', async yard => {
  for (const [run, settle] of [
    ['a', async () => (await (await yard.open()).acquire({ run: 'next' })).release()],
    ['b', async () => (await (await yard.open()).acquire({ run: 'next', mode: 'shared' })).release()],
    [
      'c',
      async () => {
        const { host, root } = await yard.open();
        assert.equal(await host.locks!.unlock(root, 'app', 'c'), 'unlocked');
      },
    ],
  ] as const) {
    const holder = await yard.holder({ by: telling(yard), run });
    await holder.kill('SIGKILL');
    await settle();
    await (await (await yard.open()).acquire()).release();
    assert.deepEqual(toldIn(yard).slice(-2), [`hold run=${run} block=app`, `resume run=${run} block=app`]);
  }
});

inYard('a holder that was killed while its command ran owes the release', async yard => {
  const begun = yard.beside('begun');
  const by = telling(yard, `echo $$ > ${begun}.new; mv ${begun}.new ${begun}; exec sleep 20`);
  const starting = yard.holder({ by, run: 'early' }).catch(() => null);
  for (let i = 0; !existsSync(begun) && i < 200; i++) await new Promise(resolve => setTimeout(resolve, 25));
  const { process: pid } = recordIn(yard.lockFile('app.lease'));
  process.kill(pid, 'SIGKILL');
  await starting;
  await (await (await yard.open()).acquire()).release();
  assert.deepEqual(toldIn(yard), ['hold run=early block=app', 'resume run=early block=app']);
  process.kill(Number(readFileSync(begun, 'utf8')), 'SIGKILL');
});

inYard('a host that is closed while a lock command runs ends it, and gives back what it may have done', async yard => {
  const { host, acquire } = await yard.open();
  const taking = acquire({ by: telling(yard, 'sleep 300') });
  setTimeout(() => void host.close(), 200);
  await rejects(taking, 'failed', /did not end by itself.*ended with the connection/s);
  await host.close();
  assert.deepEqual(toldIn(yard), ['hold run=run-1 block=app', 'resume run=run-1 block=app']);
});

if (process.getuid?.() === 0) {
  inYard('root does not believe a record that another user wrote', async yard => {
    const { acquire } = await yard.open();
    const holder = await yard.holder({ by: telling(yard), run: 'killed' });
    await holder.kill('SIGKILL');
    chownSync(yard.lockFile('app.release'), 1234, 1234);
    await rejects(acquire(), 'locked', /another user wrote it/);
    assert.deepEqual(toldIn(yard), ['hold run=killed block=app']);
  });
}

inYard('a record that adds more to the environment than a lock does is not believed', async yard => {
  const { acquire } = await yard.open();
  await (await acquire()).release();
  const command = ['/bin/sh', '-c', `echo "$LD_LIBRARY_PATH" >> ${yard.beside('told')}`];
  const record = { release: 1, run: 'early', command, environment: { LD_LIBRARY_PATH: '/srv/www' } };
  writeFileSync(yard.lockFile('app.release'), JSON.stringify(record), { mode: 0o600 });
  await rejects(acquire(), 'locked', /does not keep to its format/);
  assert.deepEqual(toldIn(yard), []);
});

test('a policy that forbids lock commands refuses such a lock, and no other', async () => {
  const outer = makeYard();
  const policy = outer.beside('policy.json');
  writeFileSync(policy, JSON.stringify({ policy: 1, lockCommands: false }));
  const yard = makeYard('flock', { ...process.env, SYNCPLAN_POLICY: policy });
  try {
    const { acquire } = await yard.open();
    await rejects(
      acquire({ by: telling(yard) }),
      'failed',
      new RegExp(`the policy ${policy} .* forbids lock commands`),
    );
    assert.deepEqual(toldIn(yard), []);
    await (await acquire()).release();
  } finally {
    await yard.remove();
    await outer.remove();
  }
});

test.run();
