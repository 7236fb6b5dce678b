// Makes a host of a shell that waits on a connection: brings it the verbs, and learns what it has.
import { randomBytes } from 'node:crypto';
import type { Carrier } from '../carrier.js';
import type { Host } from '../host.js';
import type { HostError } from '../host-error.js';
import { openShellHost } from './host.js';
import { bringVerbs } from './scripts.js';
import { openSession } from './session.js';

export type ShellConnectOptions = {
  readonly label: string;
  readonly carrier: Carrier;
  /** Why there is no agent, where one was looked for. */
  readonly why: HostError | null;
  /** Where digests of unchanged files are kept, here. */
  readonly cacheFolder: string;
  /** Why the connection ended. */
  readonly diagnose: () => Promise<HostError>;
  /** Milliseconds of silence before it is given up. */
  readonly patience?: number;
  /** For the mark of the session. */
  readonly random?: (bytes: number) => Buffer;
};

export const connectShell = async ({
  label,
  carrier,
  why,
  cacheFolder,
  diagnose,
  patience,
  random = randomBytes,
}: ShellConnectOptions): Promise<Host> => {
  const verbs = bringVerbs();
  carrier.output.write(verbs);
  const session = openSession(carrier, {
    label,
    mark: random(16).toString('hex'),
    cut: carrier.kill,
    diagnose,
    ...(patience === undefined ? {} : { patience }),
  });
  const host = await openShellHost({
    label,
    session,
    why,
    cacheFolder,
    close: () => carrier.ended.then(() => undefined),
  });
  const traffic = (): ReturnType<Host['traffic']> => {
    const { sent, received } = session.traffic();
    return { sent: sent + verbs.length, received };
  };
  return { ...host, traffic };
};
