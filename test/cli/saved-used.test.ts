// A saved plan whose run ended early: it is used by then, and the command that it names finishes what is left.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { isRunning, processesBelow } from '../support/processes.js';
import { type Desk, type Ended, openDesk, PROGRAM, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

let desk: Desk;
let base: string;
let restore: () => void;

const planWith = (far = '"./three"', at = 'local') => `syncplan 1
input release default "none"
fleet {
  host build at local { root site "./\${release}" }
  host one at local { root site "./one" }
  host two at local { root site "./two" }
  host three at ${at} { root site ${far} }
}
role master is build
role remote is one, two, three
block pages {
  take all in site
  consistency lock { wait 5s }
  hook before run ["${join(base, 'look')}"] on remote timeout 60s
}
`;

/** Host two waits in its hook as long as there is `hold`, and fails while there is `broken`. */
test.before(async () => {
  desk = openDesk();
  base = join(desk.folder, 'a place');
  mkdirSync(join(base, 'master'), { recursive: true });
  const [hold, inside, broken] = ['hold', 'inside', 'broken'].map(name => `'${join(base, name)}'`);
  const script = `#!/bin/sh
[ "$SYNCPLAN_HOST" = two ] || exit 0
while [ -e ${hold} ]; do : > ${inside}; sleep 0.05; done
[ ! -e ${broken} ]
`;
  writeFileSync(join(base, 'look'), script);
  chmodSync(join(base, 'look'), 0o755);
  writeFileSync(join(base, 'plan.sp'), planWith());
  writeFileSync(join(base, 'master/index.html'), 'old\n');
  restore = desk.keep();
});
test.before.each(() => restore());
test.after(() => desk.remove());

const run = (...args: string[]): Promise<Ended> => desk.run(args, { cwd: base });
const save = async (...more: string[]): Promise<void> => {
  const { code, out, err } = await run('plan', 'plan.sp', '-o', 'saved', '--var', 'release=master', ...more);
  assert.equal(code, 0, said(out, err));
};
const put = (name: string): void => writeFileSync(join(base, name), '');

const until = async (holds: () => boolean): Promise<void> => {
  for (let attempt = 0; !holds(); attempt++) {
    if (attempt > 4000) throw new Error('waited in vain');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};

/** Signals reach it when host one is done and host two is held. */
const stopped = async (...signals: readonly NodeJS.Signals[]): Promise<Ended> => {
  put('hold');
  let pid = 0;
  const running = desk.run(['apply', 'saved', '--ui', 'lines'], {
    cwd: base,
    started: started => {
      pid = started;
    },
  });
  await until(() => existsSync(join(base, 'inside')) && existsSync(join(base, 'one/index.html')));
  for (const signal of signals) {
    process.kill(pid, signal);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  rmSync(join(base, 'hold'));
  return running;
};

const PLACE = /syncplan apply '[^']*\/a place\/plan\.sp' --var 'release=master'/;

/** Runs the command that stands behind these words, wrapped or not, as a shell does. */
const goOn = async (words: RegExp, text: string, wanted: RegExp): Promise<void> => {
  const whole = text.replace(/\n +/g, ' ').replace(/ +/g, ' ');
  const command = new RegExp(`${words.source}\\s*(syncplan [^\\n]*?(?: --resume|(?=\\n)))`).exec(whole)?.[1];
  assert.match(command ?? `no command in: ${whole}`, wanted);
  const shell = spawn('sh', ['-c', `syncplan() { '${process.execPath}' '${PROGRAM}' "$@"; }; ${command}`], {
    cwd: base,
    env: { PATH: process.env.PATH, HOME: join(desk.folder, '../home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [code, told] = await endOf(shell);
  assert.equal(code, 0, `${command}\n${told}`);
};

const endOf = async (child: ChildProcess): Promise<[number | null, string]> => {
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (told += chunk));
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return [code, told];
};

const assertAllEqual = (...names: readonly string[]): void => {
  for (const name of names) assertSameTree(join(base, name), join(base, 'master'));
};

test('interrupted, it says how to go on with what it was made with, and that does', async () => {
  await save();
  const { code, out, err } = await stopped('SIGINT');
  assert.equal(code, 130, said(out, err));
  assert.doesNotMatch(out + err, /same command/);
  assert.match(out, /two +skipped +interrupted before/);
  await goOn(/a saved plan is used once; to go on:/, out, new RegExp(`${PLACE.source} --resume$`));
  assertAllEqual('one', 'two', 'three');
  const again = await run('apply', 'saved');
  assert.equal(again.code, 4);
  assert.match(again.err, /each is used once\n {2}make a new one: syncplan plan '.*' --var 'release=master' -o saved/);
});

test('stopped at once, it says the same', async () => {
  await save();
  const { code, out, err } = await stopped('SIGINT', 'SIGINT');
  assert.equal(code, 130, said(out, err));
  await goOn(/stopped at once; a saved plan is used once; to go on:/, err, new RegExp(`${PLACE.source} --resume$`));
  assertAllEqual('one', 'two', 'three');
});

test('killed, its next use names that command, also of a part of the plan', async () => {
  await save('--except', 'three');
  assert.equal((await stopped('SIGKILL')).signal, 'SIGKILL');
  const { code, err } = await run('apply', 'saved');
  assert.equal(code, 4, said(err));
  assert.match(err, /used by run \S+ at \S+, and each is used once; that run left something undone, or is still at it/);
  await goOn(/to go on:/, err, new RegExp(`${PLACE.source} --except three --resume$`));
  assertAllEqual('one', 'two');
  assert.ok(!existsSync(join(base, 'three')));
  assert.match((await run('apply', 'saved')).err, /each is used once\n {2}make a new one/);
});

test('where another run came in between, what goes on looks at everything', async () => {
  await save();
  await stopped('SIGKILL');
  assert.equal((await run('apply', 'plan.sp', '--var', 'release=master', '--only', 'one')).code, 0);
  const { err } = await run('apply', 'saved');
  assert.doesNotMatch(err, /--resume/);
  await goOn(/to go on:/, err, new RegExp(`${PLACE.source}$`));
  assertAllEqual('one', 'two', 'three');
});

test('a block that failed on a host is mended and gone on with', async () => {
  await save();
  put('broken');
  const { code, out, err } = await run('apply', 'saved');
  assert.equal(code, 5, said(out, err));
  assert.doesNotMatch(out + err, /same command/);
  rmSync(join(base, 'broken'));
  await goOn(/mend the hook, then run/, out, new RegExp(`${PLACE.source} --resume$`));
  assertAllEqual('one', 'two', 'three');
});

test('where its plan has changed since, that is to be looked at first', async () => {
  await save();
  writeFileSync(join(base, 'plan.sp'), `${planWith()}# later\n`);
  put('broken');
  const { out } = await run('apply', 'saved');
  rmSync(join(base, 'broken'));
  await goOn(/to go on:/, out, /^syncplan plan '.*plan\.sp' --var 'release=master' -o saved$/);
});

test('the stream says it too', async () => {
  await save();
  put('broken');
  const { out } = await run('apply', 'saved', '--json');
  const summary = JSON.parse(out.trimEnd().split('\n').at(-1)!);
  assert.match(summary.again, new RegExp(`^${PLACE.source} --resume$`));
  assert.doesNotMatch(out, /same command/);
});

test('a host that was down is gone on with, reached the same way', async () => {
  const fleet: Fleet = await makeFleet(1);
  try {
    writeFileSync(join(base, 'plan.sp'), planWith('"~/roots/three"', '"host-1"'));
    const config = readFileSync(fleet.configFile, 'utf8');
    writeFileSync(join(base, 'ssh'), config);
    await save('--ssh-config', 'ssh');
    writeFileSync(join(base, 'ssh'), config.replace(/Port \d+/, 'Port 1'));
    const { code, out, err } = await run('apply', 'saved', '--ssh-config', join(base, 'ssh'));
    assert.equal(code, 5, said(out, err));
    writeFileSync(join(base, 'ssh'), config);
    await goOn(/to go on:/, out, new RegExp(`${PLACE.source} --ssh-config '.*/a place/ssh' --resume$`));
    assertAllEqual('one', 'two');
    assertSameTree(join(fleet.hosts[0]!.roots, 'three'), join(base, 'master'));
  } finally {
    await fleet.stop();
  }
});

/** Files enough that a kill meets the switch; every process of the run is killed. */
const killInSwitch = async (): Promise<void> => {
  for (let i = 0; i < 1500; i++) writeFileSync(join(base, 'master', `${i}`), `${i}\n`);
  const intents = (): string[] => {
    const folder = join(base, 'one/.syncplan/intent');
    return existsSync(folder) ? readdirSync(folder).filter(name => !/\.(new|done)$/.test(name)) : [];
  };
  for (let attempt = 0; attempt < 20; attempt++) {
    for (let i = 0; i < 1500; i++) writeFileSync(join(base, 'master', `${i}`), `${attempt} ${i}\n`);
    const args = [PROGRAM, 'apply', 'plan.sp', '--var', 'release=master', '--only', 'one', '--ui', 'quiet'];
    const env = { PATH: process.env.PATH, HOME: join(desk.folder, '../home') };
    const child = spawn(process.execPath, args, { cwd: base, env, stdio: 'ignore' });
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
    await until(() => intents().length > 0 || child.exitCode !== null);
    const all = [...processesBelow(child.pid!).map(({ pid }) => pid), child.pid!];
    for (const pid of all) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    await ended;
    await until(() => !all.some(isRunning));
    if (intents().length > 0) return;
  }
  throw new Error('no kill met the switch');
};

test('where an earlier run is to be finished first, nothing is saved; a refusal says that only that was done', async () => {
  await save('--only', 'one');
  await killInSwitch();
  const kept = readFileSync(join(base, 'saved'), 'utf8');
  const { code, out, err } = await run('plan', 'plan.sp', '-o', 'saved', '--var', 'release=master', '--only', 'one');
  assert.equal(code, 1, said(out, err));
  assert.match(
    err,
    /the plan was not saved: an earlier run left something unfinished on one; apply finishes that before/,
  );
  assert.equal(readFileSync(join(base, 'saved'), 'utf8'), kept);
  const stale = await run('apply', 'saved');
  assert.equal(stale.code, 4, said(stale.out, stale.err));
  assert.match(stale.out, /^Refused, to protect data: only what an earlier run had begun was finished\.$/m);
  assert.match(stale.out, /^1 transaction of an earlier run finished/m);
  assert.doesNotMatch(stale.out, /nothing was done/);
  await killInSwitch();
  await goOn(/apply the plan first, then save it anew:/, err, new RegExp(`${PLACE.source} --only one$`));
  await save('--only', 'one');
  assert.equal((await run('apply', 'saved')).code, 0);
  assertAllEqual('one');
});

test.run();
