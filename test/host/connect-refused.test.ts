// Machines that cannot be reached, or refuse, over a real sshd: each has its code, its words and the command to try.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import { freePort, makeKey } from '../support/sshd.js';
import { connector, connectTo, delay, folder, nothingIsLeft, plan, rejects, withSshd } from './connecting.js';

const chroots = process.getuid?.() === 0;
const withChroot = chroots ? test : test.skip;

test('a key that is not known there is refused at once, with the command to try', async () => {
  await withSshd({}, async sshd => {
    const key = makeKey(join(folder, `stranger-${sshd.port}`));
    writeFileSync(sshd.configFile, sshd.config.replace(/^ *IdentityFile.*\n/m, ''));
    await rejects(
      connectTo(sshd, { address: { key } }),
      'refused-key',
      /there: the login was refused: \S+@127\.0\.0\.1: Permission denied \(publickey\)/,
      new RegExp(`ssh -F ${sshd.configFile} -i ${key} .*-- there`),
    );
    const attempts = (): number => sshd.log().match(/Connection closed by authenticating user/g)?.length ?? 0;
    for (let i = 0; attempts() === 0 && i < 100; i++) await delay(20);
    assert.equal(attempts(), 1, 'tried once');
  });
});

test('a host key that is unknown is refused, accepted when asked, and a changed one never', async () => {
  await withSshd({}, async sshd => {
    rmSync(sshd.knownHostsFile);
    await rejects(connectTo(sshd), 'unknown-host-key', /not known/, /--accept-new-keys/);
    const host = await connectTo(sshd, { options: { acceptNewKeys: true } });
    await host.close();
    assert.match(readFileSync(sshd.knownHostsFile, 'utf8'), /ed25519/);
    const other = readFileSync(`${makeKey(join(folder, `other-${sshd.port}`))}.pub`, 'utf8')
      .split(' ')
      .slice(0, 2);
    writeFileSync(sshd.knownHostsFile, `[127.0.0.1]:${sshd.port} ${other.join(' ')}\n`);
    const help = new RegExp(`ssh-keygen -f ${sshd.knownHostsFile} -R '\\[127\\.0\\.0\\.1\\]:${sshd.port}'`);
    await rejects(connectTo(sshd), 'changed-host-key', /not the known one/, help);
    await rejects(connectTo(sshd, { options: { acceptNewKeys: true } }), 'changed-host-key', /not the known one/);
  });
});

test('a host key that was revoked is refused, also where it is known, and where new ones are accepted', async () => {
  await withSshd({}, async sshd => {
    const known = readFileSync(sshd.knownHostsFile, 'utf8');
    const refusedNow = async (words: RegExp): Promise<void> => {
      for (const acceptNewKeys of [false, true]) {
        const connecting = connectTo(sshd, { options: { acceptNewKeys } });
        await rejects(connecting, 'changed-host-key', words, /Ask whoever runs that machine/);
      }
    };
    writeFileSync(sshd.knownHostsFile, `${known}@revoked ${known}`);
    await refusedNow(/not the known one.*REVOKED HOST KEY/);
    writeFileSync(sshd.knownHostsFile, known);
    await (await connectTo(sshd)).close();
    const revoked = join(sshd.folder, 'revoked');
    writeFileSync(revoked, readFileSync(`${sshd.hostKeyFile}.pub`));
    writeFileSync(sshd.configFile, `${sshd.config}  RevokedHostKeys ${revoked}\n`);
    await refusedNow(/not the known one.*revoked by file/);
  });
});

test('a port where nothing listens, and a name that does not exist, are unreachable', async () => {
  const port = await freePort();
  const connect = connector({ sshConfig: '/dev/null' });
  await rejects(
    connect(plan({ host: '127.0.0.1', port })),
    'unreachable',
    /refused/i,
    new RegExp(`ssh .*-p ${port} -- 127`),
  );
  await rejects(connect(plan({ host: 'does-not-exist.invalid' })), 'unreachable', /does-not-exist\.invalid/);
});

test('a configuration that ssh refuses is told with its own words', async () => {
  const config = join(folder, 'broken');
  writeFileSync(config, 'Host *\n  NoSuchOption yes\n');
  await rejects(connector({ sshConfig: config })(plan({ host: 'x' })), 'failed', /nosuchoption/i);
  await rejects(connector({ sshConfig: join(folder, 'absent') })(plan({ host: 'x' })), 'failed', /absent/);
});

test('a server that is too busy to answer is tried again until it is not', async () => {
  await withSshd({ lines: ['LoginGraceTime 1', 'MaxStartups 1'] }, async sshd => {
    const blocker = connectSocket(sshd.port, '127.0.0.1');
    blocker.on('error', () => {});
    await delay(100);
    const host = await connectTo(sshd);
    blocker.destroy();
    assert.ok(/MaxStartups throttling/.test(sshd.log()), 'the first attempt was turned away');
    await host.close();
  });
});

test('an account that serves SFTP alone is named with what to say in the plan', async () => {
  await withSshd({ lines: ['ForceCommand internal-sftp'] }, sshd =>
    rejects(connectTo(sshd), 'no-agent', /there runs no commands: .*sftp connections only/, /`agent sftp`/),
  );
});

withChroot(`a chroot without a shell is named${chroots ? '' : ' (skipped: needs root)'}`, async () => {
  // Every folder above it must belong to root alone: a temporary folder will not do.
  const jail = mkdtempSync('/run/syncplan-bare-');
  chmodSync(jail, 0o755);
  try {
    await withSshd({ lines: [`ChrootDirectory ${jail}`] }, sshd =>
      rejects(connectTo(sshd), 'no-agent', /there runs no commands: \/\S+: No such file/, /chroot that holds none/),
    );
  } finally {
    rmdirSync(jail);
  }
});

test('the user’s choice of ciphers stands; without one AES-GCM is asked for', async () => {
  await withSshd({ lines: ['LogLevel DEBUG1'] }, async sshd => {
    await (await connectTo(sshd)).close();
    assert.match(sshd.log(), /client->server cipher: aes128-gcm/);
    writeFileSync(sshd.configFile, `${sshd.config}  Ciphers aes256-ctr\n`);
    await (await connectTo(sshd)).close();
    assert.match(sshd.log(), /client->server cipher: aes256-ctr/);
  });
});

test('what was started is stopped and removed', nothingIsLeft);

test.run();
