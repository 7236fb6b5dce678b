// A real OpenSSH server on a free loopback port, with keys and files of its own; nothing of the user's is read or written.
//
// Works as root and as a normal user. It runs in the foreground as a child of the test, so it ends with it; `stop` ends it
// by pid. Whoever connects is the user who runs the test. `env` is set in every session by sshd itself.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export type Sshd = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly pid: number;
  /** Everything below is kept here and removed by `stop`. */
  readonly folder: string;
  /** For `ssh -F`, with the alias as host. */
  readonly configFile: string;
  readonly alias: string;
  /** The lines of `configFile`, to be joined with those of other servers. */
  readonly config: string;
  readonly hostKeyFile: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** What sshd has logged so far. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
};

export type SshdOptions = {
  readonly alias?: string;
  readonly port?: number;
  /** Set in every session. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further lines of sshd_config; they count instead of ours with the same keyword. */
  readonly lines?: readonly string[];
  /** Files of an earlier server, to come back on its port with its key. */
  readonly hostKeyFile?: string;
  /** Listens in a network of its own (networks.ts), at its address there, instead of on loopback. */
  readonly network?: { readonly namespace: string; readonly address: string };
  /** It and its sessions see this file as /etc/passwd (accounts.ts). */
  readonly passwd?: string;
};

const LOOPBACK = '127.0.0.1';

export const startSshd = async (options: SshdOptions = {}): Promise<Sshd> => {
  const alias = options.alias ?? 'there';
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-sshd-'));
  const file = (name: string): string => join(folder, name);
  const { network } = options;
  const host = network?.address ?? LOOPBACK;
  try {
    const hostKeyFile = options.hostKeyFile ?? makeKey(file('host-key'));
    const identityFile = makeKey(file('identity'));
    writeFileSync(file('authorized'), readFileSync(`${identityFile}.pub`));
    makeRunFolder();
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? (network === undefined ? await freePort() : 22_000);
      const listed = readFileSync(`${hostKeyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
      writeFileSync(file('known-hosts'), `[${host}]:${port} ${listed}\n`);
      writeFileSync(file('sshd_config'), serverConfig(folder, port, hostKeyFile, options));
      const config = clientConfig(alias, folder, host, port, identityFile);
      writeFileSync(file('ssh_config'), config);
      const child = launch(folder, options);
      if (await (network === undefined ? answers(child, port) : listens(child, file('log')))) {
        return {
          host,
          port,
          user: userInfo().username,
          pid: child.pid!,
          folder,
          configFile: file('ssh_config'),
          alias,
          config,
          hostKeyFile,
          identityFile,
          knownHostsFile: file('known-hosts'),
          log: () => readFileSync(file('log'), 'utf8'),
          stop: async () => {
            await end(child);
            rmSync(folder, { recursive: true, force: true });
          },
        };
      }
      await end(child);
      if (attempt === 5) throw new Error(`sshd did not start: ${readFileSync(file('log'), 'utf8')}`);
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
};

/** Makes a key pair without a passphrase (or with one) and returns the private key's path. */
export const makeKey = (path: string, passphrase = ''): string => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path]);
  return path;
};

/** A port of this machine that nothing listens on. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a server on loopback has no port');
  return address.port;
};

/** sshd's privilege separation folder; only root needs it, and only root can make it. */
const makeRunFolder = (): void => {
  if (process.getuid?.() === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
};

const serverConfig = (
  folder: string,
  port: number,
  hostKeyFile: string,
  { lines = [], env = {}, network }: SshdOptions,
): string => {
  const keyword = (line: string): string => line.split(' ')[0]!;
  const given = new Set(lines.map(keyword));
  const ours = [
    `ListenAddress ${network?.address ?? LOOPBACK}`,
    `Port ${port}`,
    `HostKey ${hostKeyFile}`,
    `AuthorizedKeysFile ${join(folder, 'authorized')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'UseDNS no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    'MaxStartups 100',
    // The key exchange that is the default costs a quarter of a second, hundreds of times.
    'KexAlgorithms curve25519-sha256',
    'Subsystem sftp internal-sftp',
    ...setEnv(env),
  ];
  return [...ours.filter(line => !given.has(keyword(line))), ...lines, ''].join('\n');
};

/** One directive holds them all: a second SetEnv would be ignored. */
const setEnv = (env: Readonly<Record<string, string>>): string[] => {
  const pairs = Object.entries(env).map(([name, value]) => `"${name}=${value}"`);
  return pairs.length === 0 ? [] : [`SetEnv ${pairs.join(' ')}`];
};

const clientConfig = (alias: string, folder: string, host: string, port: number, identityFile: string): string =>
  [
    `Host ${alias}`,
    `  HostName ${host}`,
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${identityFile}`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile ${join(folder, 'known-hosts')}`,
    '  GlobalKnownHostsFile /dev/null',
    '',
  ].join('\n');

const launch = (folder: string, { network, passwd }: SshdOptions): ChildProcess => {
  const log = openSync(join(folder, 'log'), 'a');
  const server = [sshdPath(), '-D', '-e', '-f', join(folder, 'sshd_config')];
  // `ip netns exec` and `unshare` become the server itself, so its process is ours to end.
  const there = network === undefined ? server : ['ip', 'netns', 'exec', network.namespace, ...server];
  const [program, ...args] = passwd === undefined ? there : ['unshare', '--mount', ...SEEING, passwd, ...there];
  const child = spawn(program!, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
};

/** A shell that runs the rest of its arguments where the first of them is mounted over /etc/passwd. */
const SEEING = ['sh', '-c', 'mount --bind "$1" /etc/passwd && shift && exec "$@"', 'sh'];

/** sshd wants to be started by its absolute path. */
const sshdPath = (): string => {
  const path = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/sbin/sshd'].find(existsSync);
  if (path === undefined) throw new Error('sshd is not installed; on Debian: apt-get install openssh-server');
  return path;
};

/** Waits until the port accepts connections; false when the process ended first (the port was taken meanwhile). */
const answers = async (child: ChildProcess, port: number): Promise<boolean> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return true;
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  return false;
};

/** Nothing of this network reaches a server in another: there, its own word counts. */
const listens = async (child: ChildProcess, log: string): Promise<boolean> => {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (readFileSync(log, 'utf8').includes('Server listening on')) return true;
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  return false;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  const sessions = sessionsOf(child.pid!);
  child.kill('SIGTERM');
  for (const session of sessions) {
    try {
      process.kill(session, 'SIGTERM');
    } catch {
      // It has ended meanwhile.
    }
  }
  await ended;
};

/** Sessions outlive the process that listens; they are its children while it lives. */
const sessionsOf = (pid: number): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};
