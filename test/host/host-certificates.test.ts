// Certificates of hosts, on both stacks: OpenSSH judges them, and over SFTP the key that they are about is the one that counts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostPlan } from '../../compiler/plan.js';
import { fingerprintOf } from '../../runtime/host/known-hosts.js';
import { isOnlyVouchedFor, makeHostKeys } from '../../runtime/host/sftp/host-keys.js';
import { settingsFrom } from '../../runtime/host/sftp/settings.js';
import { verdictIn } from '../../runtime/host/sftp/vouched.js';
import { makeKey, type Sshd } from '../support/sshd.js';
import { connector, folder, nothingIsLeft, rejects, withSshd } from './connecting.js';
import { hostPlan } from './host-plan.js';

const STACKS = ['ssh', 'sftp'] as const;
type Stack = (typeof STACKS)[number];

const keygen = (...args: string[]): void => void execFileSync('ssh-keygen', ['-q', ...args]);
const publicKey = (path: string): string => readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');

const blobOf = (path: string): Buffer => Buffer.from(publicKey(path).split(' ')[1]!, 'base64');

const connect = async (stack: Stack, config: string, via: readonly string[] = []): Promise<void> => {
  const file = join(folder, `config-${stack}`);
  writeFileSync(file, config);
  const address = {
    kind: stack,
    host: 'there',
    base: '',
    ...(via.length === 0 ? {} : { via: via.map(host => ({ host, base: '' })) }),
  } as HostPlan['address'];
  const agent = stack === 'sftp' ? 'sftp' : 'auto';
  const host = await connector({ sshConfig: file, greetingPatience: 20_000 })({ ...hostPlan('there', address), agent });
  assert.equal(host.kind, stack === 'sftp' ? 'sftp' : 'agent');
  await host.close();
};

/** A server whose key is certified, by an authority that may vouch for it; `certify` does that anew, as said. */
const withCertified = (
  type: readonly string[],
  work: (given: {
    readonly sshd: Sshd;
    readonly authority: string;
    readonly name: string;
    readonly knows: (...lines: readonly string[]) => void;
  }) => Promise<void>,
  more: readonly string[] = [],
): Promise<void> =>
  withSshd({}, async ({ folder: keys }) => {
    const authority = makeKey(join(keys, 'authority'));
    const hostKeyFile = join(keys, 'certified');
    keygen('-t', ...type, '-N', '', '-f', hostKeyFile);
    const named = more.includes('-n') ? [] : ['-n', '127.0.0.1,there'];
    const timed = more.includes('-V') ? [] : ['-V', '-1h:+1h'];
    keygen('-s', authority, '-I', 'host', '-h', ...named, ...timed, ...more, `${hostKeyFile}.pub`);
    const uncertified = makeKey(join(keys, 'uncertified'));
    const lines = [`HostCertificate ${hostKeyFile}-cert.pub`, `HostKey ${hostKeyFile}`, `HostKey ${uncertified}`];
    await withSshd({ hostKeyFile, lines }, sshd =>
      work({
        sshd,
        authority,
        name: `[127.0.0.1]:${sshd.port}`,
        knows: (...known) => writeFileSync(sshd.knownHostsFile, `${known.join('\n')}\n`),
      }),
    );
  });

for (const stack of STACKS) {
  for (const type of [['ed25519'], ['ecdsa', '-b', '256'], ['rsa', '-b', '2048']]) {
    test(`${stack}: a host with a certificate for its ${type[0]} key is known by its authority`, () =>
      withCertified(type, async ({ sshd, authority, name, knows }) => {
        knows(`@cert-authority ${name},x ${publicKey(authority)}`);
        await connect(stack, sshd.config);
        assert.equal(readFileSync(sshd.knownHostsFile, 'utf8').split('\n').length, 2, 'nothing was added');
        await rejects(
          connect(stack, sshd.config.replace(/Port \d+/, 'Port 1\n  HostKeyAlias x')),
          'unreachable',
          /cannot be reached/,
        );
        // By its name alone, and by another authority as little as by none.
        const other = makeKey(join(sshd.folder, 'other'));
        knows(`@cert-authority ${name} ${publicKey(other)}`);
        await rejects(connect(stack, sshd.config), 'unknown-host-key', /./);
        knows(`@cert-authority *.example ${publicKey(authority)}`);
        await rejects(connect(stack, sshd.config), 'unknown-host-key', /not known yet/);
        knows(`@cert-authority ${name} ${publicKey(authority)}`, `@revoked * ${publicKey(authority)}`);
        await rejects(connect(stack, sshd.config), stack === 'ssh' ? 'changed-host-key' : 'unknown-host-key', /./);
        // The key itself is known where it always was.
        knows(`@cert-authority ${name} ${publicKey(other)}`, `${name} ${publicKey(sshd.hostKeyFile)}`);
        await connect(stack, sshd.config);
      }));
  }

  test(`${stack}: a certificate of a host that has expired, or is for another one, is told with the reason`, async () => {
    const what = /the certificate of the host is not good: Certificate invalid: /;
    for (const [more, why] of [
      [['-V', '20200101:20200102'], /expired/],
      [['-V', '20900101:20900102'], /not yet valid/],
      [['-n', 'elsewhere'], /name is not a listed principal/],
    ] as const) {
      await withCertified(
        ['ed25519'],
        async ({ sshd, authority, name, knows }) => {
          knows(`@cert-authority ${name} ${publicKey(authority)}`);
          await rejects(connect(stack, sshd.config), 'unknown-host-key', what, /valid now and names the host/);
          await rejects(connect(stack, sshd.config), 'unknown-host-key', why);
        },
        more,
      );
    }
  });

  test(`${stack}: a certificate of a host counts behind others, by ProxyJump and by the plan’s own way`, () =>
    withSshd({ alias: 'gate' }, gate =>
      withCertified(['ed25519'], async ({ sshd, authority, name, knows }) => {
        knows(`@cert-authority ${name} ${publicKey(authority)}`);
        await connect(stack, `${sshd.config}  ProxyJump gate\n${gate.config}`);
        await connect(stack, `${sshd.config}\n${gate.config}`, ['gate']);
        assert.ok((gate.log().match(/Accepted publickey/g) ?? []).length >= 2);
      }),
    ));
}

test('sftp: only the key that a certificate was found good for is taken, and never a revoked one', () =>
  withSshd({}, async sshd => {
    const [first, second] = ['first', 'second'].map(name => makeKey(join(sshd.folder, name))) as [string, string];
    const known = join(sshd.folder, 'known');
    const keys = (vouched: string | null, ...lines: readonly string[]) => {
      writeFileSync(known, `@cert-authority shop ${publicKey(first)}\n${lines.join('\n')}\n`);
      const settings = settingsFrom('shop', `hostname shop\nport 22\nuserknownhostsfile ${known}\n`, {});
      assert.equal(isOnlyVouchedFor(settings), !lines.some(line => line.startsWith('shop ')));
      const good = vouched === null ? null : { type: 'ssh-ed25519', fingerprint: fingerprintOf(blobOf(vouched)) };
      return makeHostKeys(settings, Buffer.alloc, good);
    };
    assert.equal(keys(first).verify(blobOf(first)), true);
    assert.equal(keys(first).verify(blobOf(second)), false);
    assert.equal(keys(null).verify(blobOf(first)), false);
    assert.equal(keys(first, `@revoked * ${publicKey(first)}`).verify(blobOf(first)), false);
    assert.equal(keys(first, `shop ${publicKey(second)}`).verify(blobOf(first)), false);
  }));

test('the log of OpenSSH counts only by whole lines of its own', () => {
  const shown = 'debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:abc+/9, serial 0 ID "x"';
  const matches = "debug1: Host '[127.0.0.1]:22' is known and matches the ED25519-CERT host certificate.";
  const good = { is: 'good', type: 'ssh-ed25519', fingerprint: 'SHA256:abc+/9' };
  const exchanged = 'debug1: SSH2_MSG_NEWKEYS received';
  const all = [shown, matches, exchanged, 'nobody@there: Permission denied (publickey).', ''];
  assert.deepEqual(verdictIn(all.join('\n')), good);
  assert.deepEqual(verdictIn(all.join('\r\n')), good);
  for (const log of [
    [],
    [shown, exchanged],
    [matches, exchanged],
    [shown, matches],
    [exchanged, shown, matches],
    [`debug1: Remote protocol version 2.0, remote software version ${shown}`, matches, exchanged],
    [shown, `debug1: Remote protocol version 2.0, remote software version ${matches}`, exchanged],
    [shown, matches.replace('-CERT host certificate', ' host key'), exchanged],
    [...all, 'Host key verification failed.'],
  ]) {
    assert.deepEqual(verdictIn(log.join('\n')), { is: 'unknown' }, log.join('\n'));
  }
  const nobody = 'ssh: connect to host 127.0.0.1 port 1: Connection refused';
  assert.deepEqual(verdictIn(`debug1: Connecting\n${nobody}\n`), { is: 'refused', words: nobody });
  const words = ['Certificate invalid: expired', 'Host key verification failed.'];
  assert.deepEqual(verdictIn([shown, matches, ...words].join('\n')), { is: 'refused', words: words.join('\n') });
});

test('what was started is stopped and removed', nothingIsLeft);

test.run();
