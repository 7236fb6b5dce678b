// A machine without Node.js becomes an agent host where the plan asks for it, over a real sshd: this machine's own is copied once.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import { type Runtime, refuseRuntime, sendRuntime } from '../../runtime/host/agent/runtime.js';
import type { Host } from '../../runtime/host/host.js';
import type { Sshd } from '../support/sshd.js';
import { connector, delay, folder, nothingIsLeft, plan, rejects, withSshd } from './connecting.js';

const BARE = { SYNCPLAN_NODE: '/nonexistent/node' };
const SIZE = statSync(process.execPath).size;

const push = (sshd: Sshd, agent: 'push-runtime' | 'node' = 'push-runtime'): Promise<Host> =>
  connector({ sshConfig: sshd.configFile })({ ...plan({ host: sshd.alias }), agent });

const visit = async (sshd: Sshd): Promise<number> => {
  const host = await push(sshd);
  assert.equal(host.kind, 'agent');
  assert.equal(host.facts.node, process.versions.node);
  await host.close();
  return host.traffic().sent;
};

const copies = (cache: string): string[] => readdirSync(cache).filter(name => name.startsWith('node-'));

test('Node.js is copied where it is asked for, once, and put right when it is damaged', async () => {
  await withSshd({ env: BARE }, async (sshd, cache) => {
    await rejects(push(sshd, 'node'), 'no-node', /not found/, /agent push-runtime/);
    assert.ok(!existsSync(cache), 'nothing is put there unasked');
    assert.ok((await visit(sshd)) > SIZE, 'the first visit carries it');
    const [name] = copies(cache);
    assert.match(name!, /^node-[0-9a-f]{64}$/);
    assert.deepEqual(copies(cache), [name]);
    const { mode, size } = statSync(join(cache, name!));
    assert.deepEqual([mode & 0o777, size], [0o700, SIZE]);
    assert.ok((await visit(sshd)) < 10_000, 'the second does not');
    truncateSync(join(cache, name!), 1000);
    assert.ok((await visit(sshd)) > SIZE, 'a copy that was cut is replaced');
    writeFileSync(join(cache, name!), Buffer.alloc(SIZE));
    assert.ok((await visit(sshd)) > SIZE, 'and one that holds something else');
    assert.deepEqual(copies(cache), [name]);
  });
});

test('a machine that has its Node.js is left as it is', async () => {
  await withSshd({}, async (sshd, cache) => {
    assert.ok((await visit(sshd)) < SIZE);
    assert.deepEqual(copies(cache), []);
  });
});

test('who only looks copies nothing, takes a shell where there is no copy, and finds the one that is there', async () => {
  await withSshd({ env: BARE }, async (sshd, cache) => {
    const look = async (): Promise<Host> =>
      connector({ sshConfig: sshd.configFile, copiesRuntime: false })({
        ...plan({ host: sshd.alias }),
        agent: 'push-runtime',
      });
    const before = await look();
    assert.equal(before.kind, 'shell');
    assert.equal((await before.openRoot('/usr', { create: false, state: null })).exists, true);
    await before.close();
    assert.ok(!existsSync(cache), 'nothing is written');
    await visit(sshd);
    const after = await look();
    assert.equal(after.kind, 'agent');
    const { tools } = await after.about();
    assert.equal(tools.find(({ name }) => name === 'node')?.path, join(cache, copies(cache)[0]!));
    await after.close();
    truncateSync(join(cache, copies(cache)[0]!), 1000);
    const damaged = await look();
    assert.equal(damaged.kind, 'shell', 'a copy that was cut is none');
    await damaged.close();
  });
});

test('a copy that is used stays, one that nobody has used for a month goes', async () => {
  await withSshd({ env: BARE }, async (sshd, cache) => {
    await visit(sshd);
    const [name] = copies(cache);
    const past = new Date(Date.now() - 40 * 24 * 3600 * 1000);
    const old = join(cache, `node-${'0'.repeat(64)}`);
    for (const path of [old, `${old}.Ab3x9Z`]) writeFileSync(path, '');
    for (const path of [old, `${old}.Ab3x9Z`, join(cache, name!)]) utimesSync(path, past, past);
    const host = await push(sshd);
    for (let i = 0; existsSync(old) && i < 100; i++) await delay(20);
    await host.close();
    assert.deepEqual(copies(cache), [name]);
  });
});

/** A `uname` that says something else. */
const withUname = (machine: string): Record<string, string> => {
  const bin = join(folder, `bin-${machine}`);
  mkdirSync(bin);
  writeFileSync(join(bin, 'uname'), `#!/bin/sh\ncase $1 in -s) echo Linux;; *) echo ${machine};; esac\n`);
  chmodSync(join(bin, 'uname'), 0o755);
  return { ...BARE, PATH: `${bin}:/usr/bin:/bin` };
};

test('a machine of another system is refused by name, and nothing is sent', async () => {
  await withSshd({ env: withUname('mips64') }, async (sshd, cache) => {
    const help = /Install Node\.js 18|same system/;
    await rejects(push(sshd), 'no-node', /it is Linux mips64 with glibc, this machine is \w+ \w+/, help);
    assert.ok(!existsSync(cache));
  });
});

test('a folder that holds no copy is named, and what cannot run is not sent again', async () => {
  await withSshd({ env: { ...BARE, XDG_CACHE_HOME: '/proc/none' } }, async sshd => {
    await rejects(
      push(sshd),
      'no-agent',
      /cannot be copied there: no file can be made in \/proc\/none\/syncplan/,
      /writable/,
    );
  });
});

test('where it fits is told by kernel, architecture and libc', () => {
  const mine: Runtime = {
    path: '/n',
    size: 1,
    sha256: '',
    kernel: 'Linux',
    machines: ['x86_64', 'amd64'],
    libc: 'musl',
  };
  const told = (kernel: string, machine: string, libcs: string, runtime = mine): string | null =>
    refuseRuntime(runtime, { kernel, machine, libcs });
  assert.equal(told('Linux', 'amd64', ',glibc,musl'), null);
  assert.equal(
    told('Linux', 'x86_64', ',glibc'),
    'it is Linux x86_64 with glibc, this machine is Linux x86_64 with musl',
  );
  assert.match(told('Linux', 'x86_64', ',')!, /with an unknown libc/);
  assert.equal(told('Darwin', 'x86_64', ','), 'it is Darwin x86_64, this machine is Linux x86_64 with musl');
  assert.equal(told('Darwin', 'arm64', ',', { ...mine, kernel: 'Darwin', machines: ['arm64'], libc: '' }), null);
});

test('sending ends when nobody takes it any more', async () => {
  let taken = 0;
  const output = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      taken += chunk.length;
      if (taken > 1_000_000) output.destroy();
      done();
    },
  });
  let steps = 0;
  const runtime: Runtime = { path: process.execPath, size: SIZE, sha256: '', kernel: '', machines: [], libc: '' };
  await sendRuntime(runtime, output, () => steps++);
  assert.ok(taken < 2_000_000 && steps > 0);
});

test('what was started is stopped and removed', nothingIsLeft);

test.run();
