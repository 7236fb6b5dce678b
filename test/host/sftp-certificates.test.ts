// Certificates of users and keys of hardware tokens, over SFTP: what a real server with an authority lets in, and what is said else.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { makeConnect } from '../../runtime/host/connect.js';
import { faultOf, isCertificateType, plainName, readCertificate } from '../../runtime/host/sftp/certificate.js';
import { makeKey, type Sshd, startSshd } from '../support/sshd.js';
import { nothingIsLeft, rejects } from './connecting.js';
import { hostPlan } from './host-plan.js';
import { startToken } from './software-token.js';

const folder = mkdtempSync(join(tmpdir(), 'syncplan-certificates-'));
const at = (name: string): string => join(folder, name);
const authority = makeKey(at('authority'));
let trusting: Sshd;
let plain: Sshd;

test.before(async () => {
  trusting = await startSshd({
    lines: [`TrustedUserCAKeys ${authority}.pub`, 'AuthorizedKeysFile none', 'LogLevel VERBOSE'],
  });
  plain = await startSshd();
});
test.after(async () => {
  await trusting?.stop();
  await plain?.stop();
  rmSync(folder, { recursive: true, force: true });
  nothingIsLeft();
});

const keygen = (...args: string[]): void => void execFileSync('ssh-keygen', ['-q', ...args]);

/** A key and its certificate beside it. */
const certified = (name: string, type: readonly string[] = ['ed25519'], ...more: string[]): string => {
  keygen('-t', type[0]!, ...(type[1] === undefined ? [] : ['-b', type[1]]), '-N', '', '-C', name, '-f', at(name));
  return certify(at(name), ...more);
};

const certify = (path: string, ...more: string[]): string => {
  const principal = more.includes('-n') ? [] : ['-n', `somebody,${trusting.user}`];
  const time = more.includes('-V') ? [] : ['-V', '-1h:+1h'];
  keygen('-s', authority, '-I', 'test', ...principal, ...time, ...more, `${path}.pub`);
  return path;
};

/** The server's configuration with these lines in the place of its key. */
const withLines = (sshd: Sshd, ...lines: readonly string[]): string =>
  [
    ...sshd.config
      .split('\n')
      .filter(line => line !== '' && !/IdentityFile|IdentitiesOnly yes$|IdentityAgent/.test(line)),
    ...lines.map(line => `  ${line}`),
    '',
  ].join('\n');

const withKey = (key: string): string[] => [`IdentityFile ${key}`, 'IdentitiesOnly yes', 'IdentityAgent none'];

const connect = async (config: string): Promise<void> => {
  writeFileSync(at('config'), config);
  const connecting = makeConnect({
    sshConfig: at('config'),
    acceptNewKeys: false,
    agentBundle: '/nowhere',
    planFolder: folder,
    cacheFolder: folder,
    environment: { PATH: process.env.PATH, HOME: folder },
    greetingPatience: 10_000,
  });
  const host = await connecting({ ...hostPlan('shop', { kind: 'sftp', host: 'there', base: '' }), agent: 'sftp' });
  try {
    const root = await host.openRoot(folder, { create: false, state: null });
    assert.ok(root.exists);
  } finally {
    await host.close();
  }
};

/** What OpenSSH itself makes of the same configuration. */
const letsInBySsh = async (config: string): Promise<boolean> => {
  writeFileSync(at('config-ssh'), config);
  const child = spawn('ssh', ['-F', at('config-ssh'), '-o', 'BatchMode=yes', 'there', 'true'], { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  return code === 0;
};

const refuses = async (config: string, message: RegExp, help = /./): Promise<void> => {
  assert.ok(!(await letsInBySsh(config)), 'OpenSSH is refused as well');
  await rejects(connect(config), 'refused-key', message, help);
};

let agents = 0;

/** Runs with an ssh-agent that holds these. */
const withAgent = async (keys: readonly string[], work: (socket: string) => Promise<void>): Promise<void> => {
  const socket = at(`agent-${++agents}`);
  const agent = execFileSync('ssh-agent', ['-a', socket, '-s'], { encoding: 'utf8' });
  try {
    const environment = { PATH: process.env.PATH, SSH_AUTH_SOCK: socket };
    execFileSync('ssh-add', ['-q', ...keys], { env: environment, stdio: 'pipe' });
    await work(socket);
  } finally {
    process.kill(Number(/SSH_AGENT_PID=(\d+)/.exec(agent)![1]));
  }
};

const TYPES = [['ed25519'], ['ecdsa', '256'], ['ecdsa', '384'], ['ecdsa', '521'], ['rsa', '2048']] as const;
for (const type of TYPES) {
  const name = type.join('-');
  test(`${name}: a certificate beside its key lets in, and so does one that CertificateFile names`, async () => {
    const key = certified(name, type);
    await connect(withLines(trusting, ...withKey(key)));
    assert.match(trusting.log(), new RegExp(`Accepted publickey .*${type[0].toUpperCase()}-CERT`));
    copyFileSync(key, at(`${name}-moved`));
    await connect(withLines(trusting, ...withKey(at(`${name}-moved`)), `CertificateFile ${key}-cert.pub`));
  });

  test(`${name}: a certificate lets in from the agent, and one in a file by a key that only the agent has`, async () => {
    const key = certified(`${name}-held`, type);
    const elsewhere = at(`${name}-elsewhere`);
    copyFileSync(`${key}.pub`, `${elsewhere}.pub`);
    copyFileSync(`${key}-cert.pub`, `${elsewhere}-cert.pub`);
    await withAgent([key], async socket => {
      await connect(withLines(trusting, `IdentityAgent ${socket}`, 'IdentityFile none'));
      await connect(withLines(trusting, `IdentityAgent ${socket}`, `IdentityFile ${elsewhere}`, 'IdentitiesOnly yes'));
    });
    rmSync(`${key}-cert.pub`);
    await withAgent([key], socket =>
      connect(
        withLines(
          trusting,
          `IdentityAgent ${socket}`,
          `IdentityFile ${elsewhere}.pub`,
          `CertificateFile ${elsewhere}-cert.pub`,
        ),
      ),
    );
  });
}

test('an RSA certificate is shown by the algorithm that the server takes', async () => {
  const key = certified('rsa-either', ['rsa', '2048']);
  for (const algorithm of ['rsa-sha2-512-cert-v01@openssh.com', 'rsa-sha2-256-cert-v01@openssh.com']) {
    const sshd = await startSshd({
      lines: [`TrustedUserCAKeys ${authority}.pub`, 'AuthorizedKeysFile none', `PubkeyAcceptedAlgorithms ${algorithm}`],
    });
    await connect(withLines(sshd, ...withKey(key))).finally(sshd.stop);
  }
});

test('a certificate that is refused is named with what can be seen of the reason', async () => {
  const cases: readonly [name: string, more: readonly string[], message: RegExp][] = [
    ['ended', ['-V', '20200101:20200102'], /"\S+ended-cert\.pub" has expired: it was valid until 2020-01-0[12] /],
    [
      'early',
      ['-V', '20900101:20900102'],
      /"\S+early-cert\.pub" is not valid yet: it will be from 2090-01-01 |2089-12-31 /,
    ],
    ['foreign', ['-n', 'ann,bob'], /"\S+foreign-cert\.pub" is for ann, bob, and the login is as /],
    ['of-host', ['-h'], /"\S+of-host-cert\.pub" was not shown: it is one of a host/],
  ];
  for (const [name, more, message] of cases) {
    const key = certified(name, undefined, ...more);
    const config = withLines(trusting, ...withKey(key));
    await refuses(config, message, new RegExp(`ssh-keygen -L -f \\S+${name}-cert\\.pub$`));
  }
  const key = certified('forever', undefined, '-V', 'always:forever');
  await connect(withLines(trusting, ...withKey(key)));
});

test('a certificate that nothing is seen to be wrong with is told with its authority', async () => {
  const key = certified('stranger');
  const fingerprint = execFileSync('ssh-keygen', ['-l', '-f', `${authority}.pub`], { encoding: 'utf8' }).split(' ')[1]!;
  const config = withLines(plain, ...withKey(key));
  await refuses(config, /"\S+stranger-cert\.pub" was shown and refused: it is signed by SHA256:/, /TrustedUserCAKeys/);
  await rejects(connect(config), 'refused-key', new RegExp(fingerprint.replace(/[+/]/g, '\\$&')));
  await withAgent([key], socket =>
    refuses(
      withLines(plain, `IdentityAgent ${socket}`, 'IdentityFile none'),
      /Certificate "stranger of the SSH agent" was shown and refused/,
      /ssh-add -L \| ssh-keygen -L -f -$/,
    ),
  );
});

test('a certificate without its key, one of another key, and what is none at all, are named', async () => {
  const key = certified('lonely');
  const other = makeKey(at('other'));
  const alone = [...withKey(other), `CertificateFile ${key}-cert.pub`];
  await refuses(withLines(trusting, ...alone), /lonely-cert\.pub" was not shown: its private key is neither in/);
  writeFileSync(at('nothing'), 'no certificate\n');
  for (const path of [at('nothing'), `${key}.pub`, at('absent')]) {
    const lines = [...withKey(other), `CertificateFile ${path}`];
    await refuses(withLines(trusting, ...lines), new RegExp(`"${path}" was not shown: it is none of a kind`));
  }
  // As for OpenSSH, one that is named leaves those beside keys alone.
  await refuses(withLines(trusting, ...withKey(key), `CertificateFile ${at('nothing')}`), /nothing" was not shown/);
});

test('a certificate is not in the way of a key, and neither is one that has expired', async () => {
  copyFileSync(plain.identityFile, at('known'));
  copyFileSync(`${plain.identityFile}.pub`, at('known.pub'));
  certify(at('known'), '-V', '20200101:20200102');
  await connect(withLines(plain, ...withKey(at('known'))));
});

test('a public key for an identity file is taken for the one that the agent holds', async () => {
  const config = (socket: string): string =>
    withLines(plain, `IdentityFile ${plain.identityFile}.pub`, 'IdentitiesOnly yes', `IdentityAgent ${socket}`);
  await withAgent([plain.identityFile], socket => connect(config(socket)));
  await withAgent([makeKey(at('unknown'))], socket =>
    refuses(
      config(socket),
      /Load key "\S+identity\.pub": it is a public key, and the SSH agent/,
      /Add its private key/,
    ),
  );
});

test('the key of a hardware token signs through the agent, and with a certificate too', async () => {
  const token = await startToken(at('token'));
  try {
    writeFileSync(at('token-key.pub'), `${token.publicKey}\n`);
    const lines = (...more: string[]): string[] => [`IdentityAgent ${token.socket}`, ...more];
    const known = readFileSync(`${plain.identityFile}.pub`, 'utf8');
    const sshd = await startSshd();
    try {
      writeFileSync(join(sshd.folder, 'authorized'), `${token.publicKey}\n`);
      const config = withLines(sshd, ...lines('IdentityFile none'));
      assert.ok(await letsInBySsh(config), 'OpenSSH lets the token in');
      const before = token.asked();
      await connect(config);
      assert.equal(token.asked(), before + 1);
      assert.match(sshd.log(), /Accepted publickey .*ED25519-SK/);
      // Of a file there is only its public half here: the token itself is asked by the agent.
      await connect(withLines(sshd, ...lines(`IdentityFile ${at('token-key')}`, 'IdentitiesOnly yes')));
      token.leave();
      await rejects(
        connect(config),
        'refused-key',
        /nothing could be signed: .*agent refused operation/,
        /touches the token/,
      );
      // Whoever has another key is let in by that one.
      writeFileSync(join(sshd.folder, 'authorized'), `${token.publicKey}\n${known}`);
      await connect(withLines(sshd, ...lines(`IdentityFile ${plain.identityFile}`)));
    } finally {
      await sshd.stop();
    }
  } finally {
    token.stop();
  }
  const second = await startToken(at('second-token'));
  try {
    writeFileSync(at('second-key.pub'), `${second.publicKey}\n`);
    certify(at('second-key'));
    second.hold(readFileSync(at('second-key-cert.pub'), 'utf8'));
    const config = withLines(trusting, `IdentityAgent ${second.socket}`, 'IdentityFile none');
    assert.ok(await letsInBySsh(config), 'OpenSSH lets the certificate of the token in');
    await connect(config);
    assert.match(trusting.log(), /Accepted publickey .*ED25519-SK-CERT/);
  } finally {
    second.stop();
  }
});

test('a key file of a hardware token that no agent holds is named, with what to do', async () => {
  const token = await startToken(at('third-token'));
  token.stop();
  writeFileSync(at('touch.pub'), `${token.publicKey}\n`);
  writeFileSync(at('touch'), 'what only a token can use\n', { mode: 0o600 });
  const config = withLines(plain, ...withKey(at('touch')));
  await refuses(config, /Load key "\S+touch": it is on a hardware token/, /ssh-add \S+touch; /);
  const card = withLines(plain, ...withKey(at('touch')), 'PKCS11Provider /lib/no-card.so');
  await refuses(card, /Load key "\/lib\/no-card\.so": it is on a smart card/, /ssh-add -s \/lib\/no-card\.so; /);
});

test('what a certificate says is read as ssh-keygen shows it, and nothing else is taken for one', () => {
  const key = certified('read', ['ecdsa', '256'], '-n', 'ann,bob', '-V', '20200101000000Z:20200102000000Z');
  const [type = '', base64 = ''] = readFileSync(`${key}-cert.pub`, 'utf8').split(' ');
  const blob = Buffer.from(base64, 'base64');
  const read = readCertificate(blob)!;
  assert.equal(read.type, type);
  assert.equal(read.key.toString('base64'), readFileSync(`${key}.pub`, 'utf8').split(' ')[1]);
  assert.deepEqual(read.principals, ['ann', 'bob']);
  assert.deepEqual([read.from, read.until], [Date.UTC(2020, 0, 1) / 1000, Date.UTC(2020, 0, 2) / 1000]);
  assert.equal(faultOf(read, 'ann', Date.UTC(2020, 0, 1)), null);
  assert.match(faultOf(read, 'ann', Date.UTC(2019, 0, 1))!, /not valid yet: it will be from 2020-01-01 00:00:00 UTC/);
  assert.match(faultOf(read, 'ann', Date.UTC(2020, 0, 2))!, /has expired: it was valid until 2020-01-02 00:00:00 UTC/);
  assert.match(faultOf(read, 'eve', Date.UTC(2020, 0, 1))!, /is for ann, bob, and the login is as eve/);
  assert.match(faultOf({ ...read, principals: [] }, 'eve', Date.UTC(2020, 0, 1))!, /names no principal/);
  for (let length = 0; length < blob.length; length++) assert.equal(readCertificate(blob.subarray(0, length)), null);
  assert.equal(readCertificate(Buffer.concat([blob, Buffer.alloc(1)])), null);
  assert.equal(readCertificate(read.key), null);
  assert.ok(isCertificateType(type) && !isCertificateType('ssh-ed25519'));
  assert.deepEqual(
    ['rsa-sha2-512-cert-v01@openssh.com', 'sk-ssh-ed25519-cert-v01@openssh.com', 'ssh-ed25519'].map(plainName),
    ['rsa-sha2-512', 'sk-ssh-ed25519@openssh.com', 'ssh-ed25519'],
  );
});

test.run();
