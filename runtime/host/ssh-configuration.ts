// What OpenSSH's own configuration says of a host: asked of `ssh -G`, which connects to nothing.
import { execa } from 'execa';

/** Lines `keyword value…`; or what ssh complained of, for the caller to explain. */
export const askConfiguration = async (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly text: string } | { readonly stderr: string }> => {
  const { exitCode, stdout, stderr, originalMessage, shortMessage } = await execa('ssh', ['-G', ...args], {
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: { ...environment, LC_ALL: 'C' },
    timeout: TIMEOUT,
    maxBuffer: 1_048_576,
  });
  return exitCode === 0 ? { text: stdout } : { stderr: stderr || originalMessage || shortMessage || 'ssh -G failed' };
};

const TIMEOUT = 15_000;
