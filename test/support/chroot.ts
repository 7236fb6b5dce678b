// A server that offers nothing but SFTP: chrooted where the tests run as root, as a web host would do it.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sshd, type SshdOptions, startSshd } from './sshd.js';

export type SftpServer = Sshd & {
  /** The login folder as this machine sees it. */
  readonly home: string;
  /** As its own sessions see it. */
  readonly homeThere: string;
};

export const startSftpServer = async (options: SshdOptions = {}): Promise<SftpServer> => {
  const isRoot = process.getuid?.() === 0;
  // Every folder above a chroot must belong to root, and nobody else may write to it: a temporary folder will not do.
  const jail = mkdtempSync(join(isRoot ? '/run' : tmpdir(), 'syncplan-jail-'));
  chmodSync(jail, 0o755);
  const home = join(jail, 'home');
  mkdirSync(home);
  const confined = isRoot
    ? [`ChrootDirectory ${jail}`, 'ForceCommand internal-sftp -d /home']
    : [`ForceCommand internal-sftp -d ${home}`];
  try {
    const sshd = await startSshd({ ...options, lines: [...confined, ...(options.lines ?? [])] });
    return {
      ...sshd,
      home,
      homeThere: isRoot ? '/home' : home,
      async stop() {
        await sshd.stop();
        rmSync(jail, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(jail, { recursive: true, force: true });
    throw error;
  }
};
