// Accounts with login shells of their own, which only one sshd and its sessions know: /etc/passwd as that server sees it.
//
// The server runs where another file is mounted over /etc/passwd, so sshd itself finds the account, its home and its shell,
// and starts that shell as it would for anybody. Nothing of this machine's own accounts is touched. It wants root, which is
// also who all of these accounts are: then nothing they need lies where they may not go.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Account = {
  readonly name: string;
  readonly shell: string;
  /** Files of its home, by their paths there: `.cshrc`, say. */
  readonly files?: Readonly<Record<string, string>>;
};

export type Accounts = {
  /** For startSshd. */
  readonly passwd: string;
  readonly homeOf: (name: string) => string;
  readonly remove: () => void;
};

/** Why there can be none here; null where there can. */
export const whyNoAccounts = (): string | null => {
  if (process.platform !== 'linux') return 'this is no Linux';
  if (process.getuid?.() !== 0) return 'this is not root';
  const tried = spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/passwd', '/etc/passwd']);
  return tried.status === 0 ? null : 'nothing may be mounted here';
};

export const makeAccounts = (accounts: readonly Account[]): Accounts => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-accounts-'));
  const homeOf = (name: string): string => join(folder, name);
  for (const { name, files = {} } of accounts) {
    mkdirSync(homeOf(name));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(homeOf(name), path, '..'), { recursive: true });
      writeFileSync(join(homeOf(name), path), content);
    }
  }
  const lines = accounts.map(({ name, shell }) => `${name}:x:0:0::${homeOf(name)}:${shell}\n`);
  const passwd = join(folder, 'passwd');
  writeFileSync(passwd, readFileSync('/etc/passwd', 'latin1') + lines.join(''), { mode: 0o644 });
  return { passwd, homeOf, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** The shell that goes by this name, wherever it was installed; null where it was not. */
export const shellCalled = (name: string): string | null =>
  ['/bin', '/usr/bin', '/usr/sbin', '/sbin', '/usr/local/bin'].map(folder => join(folder, name)).find(existsSync) ??
  null;
