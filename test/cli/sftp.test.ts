// A chrooted host that offers nothing but SFTP: 90 MB to it, again, changed, and with another key than the known one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type SftpServer, startSftpServer } from '../support/chroot.js';
import { type Desk, type Ended, openDesk, said, unwrapped } from '../support/program.js';
import { makeKey } from '../support/sshd.js';
import { counts, summaryOf, tell } from '../support/told.js';

let server: SftpServer;
let desk: Desk;

test.before(async () => {
  desk = openDesk();
  server = await startSftpServer();
  writePlan();
  const site = join(desk.folder, 'site');
  mkdirSync(join(site, 'many/deep'), { recursive: true });
  const block = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < block.length; at++) block[at] = (at * 2_654_435_761) >>> 13;
  writeFileSync(join(site, 'big'), Buffer.concat(Array.from({ length: 60 }, (_, i) => stamp(block, i))));
  for (let i = 0; i < 300; i++)
    writeFileSync(join(site, `many/deep/${i}.bin`), stamp(block, i).subarray(0, 100_000 + i));
  writeFileSync(join(site, 'run me'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(site, "it's \u00fc $(odd)\n"), '');
  writeFileSync(join(site, 'holes'), '');
  execFileSync('truncate', ['-s', '3M', join(site, 'holes')]);
  symlinkSync('../nowhere', join(site, 'a link'));
  linkSync(join(site, 'run me'), join(site, 'run me too'));
  utimesSync(join(site, 'big'), 1_600_000_000.75, 1_600_000_000.75);
  chmodSync(join(site, 'many'), 0o750);
});
test.after(async () => {
  await server?.stop();
  desk?.remove();
});

const stamp = (block: Buffer, number: number): Buffer => {
  const own = Buffer.from(block);
  own.writeUInt32BE(number, 0);
  return own;
};

const writePlan = (more = ''): void =>
  writeFileSync(
    join(desk.folder, 'shop.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host shop at "sftp://there" { root site "htdocs" }
}
role master is build
role remote is shop
block app {
  take all in site
  delete mirror { max 20% }
}
${more}`,
  );

const syncplan = (...args: string[]): Promise<Ended> => desk.run([...args, '--ssh-config', server.configFile]);

/** Times to the second, hard links not at all. */
const FACTS = '%s %Ts %l';

const assertSame = (): void => {
  const there = tell(join(server.home, 'htdocs'), FACTS);
  assert.ok(there.length > 10_000);
  assert.equal(there, tell(join(desk.folder, 'site'), FACTS));
};

test('a preview names what is weaker on such a host, and writes nothing', async () => {
  const ended = await syncplan('plan', 'shop.sp');
  assert.equal(ended.code, 0, said(ended.err));
  assert.match(ended.out, /^weaker on shop$/m);
  assert.match(ended.out, /! locks are claims, kept alive from here: /);
  assert.match(ended.out, /! times in whole seconds/);
  assert.equal(execFileSync('ls', ['-A', server.home], { encoding: 'utf8' }), '');
});

test('90 MB arrive identical', async () => {
  const ended = await syncplan('apply', 'shop.sp', '--json', '--yes');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assert.ok((summaryOf(ended).bytesSent as number) > 90_000_000);
  const connected = ended.out
    .split('\n')
    .filter(line => line.includes('"connected"') && line.includes('"shop"'))
    .map(line => JSON.parse(line));
  assert.equal(connected[0].kind, 'sftp');
  assert.ok(connected[0].weaker.length >= 5);
  assertSame();
});

test('a second run sends nothing', async () => {
  const ended = await syncplan('apply', 'shop.sp', '--json', '--yes');
  assert.equal(ended.code, 0, said(ended.err));
  assert.deepEqual(counts(summaryOf(ended)), [0, 0, 0, 0, 0, 0, 0, 0], said(ended.out));
  assert.ok((summaryOf(ended).bytesSent as number) < 1_000_000, `${summaryOf(ended).bytesSent}`);
});

test('changes, deletions and a repair of what somebody else did arrive, and drift is kept in the trash', async () => {
  const site = join(desk.folder, 'site');
  writeFileSync(join(site, 'many/deep/7.bin'), 'short now');
  writeFileSync(join(server.home, 'htdocs/many/deep/8.bin'), 'foreign');
  execFileSync('rm', [join(site, 'many/deep/9.bin')]);
  chmodSync(join(site, 'run me'), 0o700);
  const ended = await syncplan('apply', 'shop.sp', '--json', '--yes');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assert.deepEqual(counts(summaryOf(ended)), [0, 2, 2, 0, 0, 1, 0, 0], said(ended.out));
  assertSame();
  const kept = execFileSync('find', [join(server.home, 'htdocs/.syncplan/trash'), '-name', '8.bin'], {
    encoding: 'utf8',
  }).trim();
  assert.equal(readFileSync(kept, 'latin1'), 'foreign');
});

test('a file that has changed goes whole, also where the plan wants deltas, and preview and doctor say so', async () => {
  const path = join(desk.folder, 'site/many/deep/10.bin');
  const fresh = Buffer.concat([Buffer.from('in front'), readFileSync(path)]);
  writeFileSync(path, fresh);
  writePlan('transfer { mode delta }\n');
  for (const command of ['plan', 'doctor'])
    assert.match((await syncplan(command, 'shop.sp')).out, /! .*files that have changed are sent whole: /, command);
  const ended = await syncplan('apply', 'shop.sp', '--json', '--yes');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  const { replaced, bytesLiteral, bytesMatched } = summaryOf(ended);
  assert.deepEqual([replaced, bytesLiteral, bytesMatched], [1, fresh.length, 0]);
  assertSame();
  writePlan();
});

test('doctor says how it is driven and what it cannot promise', async () => {
  const ended = await syncplan('doctor', 'shop.sp');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assert.match(ended.out, /driven by +SFTP alone/);
  assert.match(ended.out, /locks +by claims, folders in its state folder that are kept alive from here/);
  assert.match(ended.out, /! weaker +locks are claims/);
  assert.match(
    unwrapped(ended.out),
    /htdocs: there, .* free, whether it may be written to only trying would tell, with the marker of an earlier run/,
  );
});

const isConfined = process.getuid?.() === 0;

(isConfined ? test : test.skip)(
  'owners by name are refused once where a chroot has no names, numbers are given',
  async () => {
    const text = readFileSync(join(desk.folder, 'shop.sp'), 'utf8');
    const write = (more: string): void =>
      writeFileSync(join(desk.folder, 'owned.sp'), text.replace('take all in site', `take all in site; ${more}`));
    write('attributes mode, modified, owner, group');
    writeFileSync(join(desk.folder, 'site/owned'), 'x');
    const doctor = await syncplan('doctor', 'owned.sp');
    assert.equal(doctor.code, 5, said(doctor.err, doctor.out));
    assert.match(
      unwrapped(doctor.out),
      /x plan asks +owner and group by name \(block app\): it has no list .*\n +help: leave `owner`/,
    );
    for (const [command, code] of [
      ['plan', 1],
      ['apply', 1],
    ] as const) {
      const ended = await syncplan(command, 'owned.sp');
      assert.equal(ended.code, code, said(ended.err, ended.out));
      const told = unwrapped(ended.out + ended.err).match(
        /shop cannot give the files of block app their owner and group by name/g,
      );
      assert.ok(told !== null && told.length <= 2, said(ended.err, ended.out));
      assert.ok(!existsSync(join(server.home, 'htdocs/owned')));
    }
    write('set { owner "4711"; group "4712" }');
    const given = await syncplan('apply', 'owned.sp', '--yes');
    assert.equal(given.code, 0, said(given.err, given.out));
    const { uid, gid } = statSync(join(server.home, 'htdocs/owned'));
    assert.deepEqual([uid, gid], [4711, 4712]);
    const again = await syncplan('apply', 'owned.sp', '--json', '--yes');
    assert.deepEqual(counts(summaryOf(again)), [0, 0, 0, 0, 0, 0, 0, 0], said(again.out));
  },
);

test('a host key that is not the known one exits 4, also where new keys are accepted', async () => {
  const other = readFileSync(`${makeKey(join(desk.folder, 'other'))}.pub`, 'latin1')
    .split(' ')
    .slice(0, 2)
    .join(' ');
  writeFileSync(server.knownHostsFile, `[127.0.0.1]:${server.port} ${other}\n`);
  for (const more of [[], ['--accept-new-keys']]) {
    const ended = await syncplan('apply', 'shop.sp', '--yes', ...more);
    assert.equal(ended.code, 4, said(ended.err, ended.out));
    assert.match(ended.err, /the host key is not the known one; this may be an attack/);
    const words = ended.err.replaceAll(/\s+/g, ' ');
    assert.match(words, /it offers SHA256:\S{43}, while line 1 of \S+ has SHA256:\S{43}/);
    assert.match(ended.err, /ssh-keygen .*-R/);
  }
});

test('an unknown key exits 4, is written down where new ones are accepted, and is known from then on', async () => {
  writeFileSync(server.knownHostsFile, '# nobody yet');
  const refused = await syncplan('plan', 'shop.sp');
  assert.equal(refused.code, 4, said(refused.err, refused.out));
  assert.match(refused.err + refused.out, /the host key is not known yet/);
  const accepted = await syncplan('plan', 'shop.sp', '--accept-new-keys');
  assert.equal(accepted.code, 0, said(accepted.err));
  const [comment, line] = readFileSync(server.knownHostsFile, 'latin1').split('\n');
  assert.equal(comment, '# nobody yet');
  assert.match(line!, /^(\|1\||\[127\.0\.0\.1\]:).* ssh-ed25519 /);
  const known = await syncplan('plan', 'shop.sp');
  assert.equal(known.code, 0, said(known.err));
});

test.run();
