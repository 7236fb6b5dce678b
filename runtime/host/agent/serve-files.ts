// Serves a machine's files over the standard streams of a process until their input ends: what every agent does to the end.
import { isAbsolute, join } from 'node:path';
import type { Host } from '../host.js';
import type { LocalHostOptions } from '../local.js';
import { stayInside } from '../local-folder.js';
import { MAGIC } from './protocol.js';
import { breathe, excuse, serve } from './serve.js';

export type AgentProcess = {
  readonly process: NodeJS.Process;
  readonly version: string;
  readonly cacheFolder: string;
};

/** `open` makes the host; where it cannot, the other side is told why. */
export const serveFiles = async (
  { process, version, cacheFolder }: AgentProcess,
  open: (options: Pick<LocalHostOptions, 'cacheFolder' | 'breathe' | 'environment'>) => Promise<Host>,
): Promise<void> => {
  const { stdin: input, stdout: output, env: environment, pid } = process;
  output.write(`${MAGIC} ready ${version}\n`);
  stayInside();
  const host = await open({ cacheFolder, breathe, environment }).catch((error: unknown) => {
    excuse(output, error);
    return null;
  });
  if (host === null) return;
  // Whoever ends this process by name ends the connection first: locks are given back.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => input.destroy());
  await serve(host, input, output, { version, pid });
  // Nobody is there any more. Locks are given back, which may take a program's time.
  await host.close().catch(() => {});
};

/** This user's folder, on the machine that is served, for what can be made again. */
export const servedCache = ({ XDG_CACHE_HOME: cache = '' }: NodeJS.ProcessEnv, home: string): string =>
  join(isAbsolute(cache) ? cache : join(home, '.cache'), 'syncplan');
