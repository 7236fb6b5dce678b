// What carries an SFTP host's connection: a socket of our own without delay, or `ssh -W` through the hosts on the way.
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { startCarrier } from '../carrier.js';
import type { Environment, Settings } from './settings.js';

export type Transport = {
  readonly stream: Duplex;
  readonly traffic: () => { readonly sent: number; readonly received: number };
  /** What the program on the way has said. */
  readonly stderr: () => string;
  readonly cut: () => void;
};

/** Why there is none, in the words of OpenSSH. */
export type NoTransport = { readonly stderr: string };

export const openTransport = (
  settings: Settings,
  config: string | undefined,
  environment: Environment,
): Promise<Transport | NoTransport> =>
  settings.jumps.length === 0 ? openSocket(settings) : openProgram(jumpOf(settings, config), environment);

const openSocket = ({ host, port, family }: Settings): Promise<Transport | NoTransport> =>
  new Promise(resolve => {
    const socket: Socket = connect({ host, port, family, noDelay: true });
    const fail = (why: string): void => {
      socket.destroy();
      resolve({ stderr: why });
    };
    const timer = setTimeout(fail, CONNECT_MS, `ssh: connect to host ${host} port ${port}: Connection timed out`);
    const failed = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      if (NO_NAME.has(error.code ?? '')) fail(`ssh: Could not resolve hostname ${host}: ${error.message}`);
      else fail(`ssh: connect to host ${host} port ${port}: ${error.message || error.code}`);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      gatherWrites(socket);
      // Whoever uses the stream learns of it by its end.
      socket.on('error', () => undefined);
      resolve({
        stream: socket,
        traffic: () => ({ sent: socket.bytesWritten, received: socket.bytesRead }),
        stderr: () => '',
        cut: () => socket.destroy(),
      });
    });
  });

/** What is written in one turn goes out by one call: ssh2 writes every packet by itself. */
const gatherWrites = (socket: Socket): void => {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  let gathering = false;
  socket.write = (...given: unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      process.nextTick(() => {
        gathering = false;
        socket.uncork();
      });
    }
    return write(...given);
  };
};

/** The last host on the way is asked to open the connection; the ones before it are its own way. */
const jumpOf = ({ host, port, jumps }: Settings, config: string | undefined): string[] => {
  const last = jumps[jumps.length - 1]!;
  const before = jumps.slice(0, -1);
  const address = /^(?:ssh:\/\/)?(?:([^@]*)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(last);
  const [, user, name = last, jumpPort] = address ?? [];
  return [
    ...(config === undefined ? [] : ['-F', config]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(jumpPort === undefined ? [] : ['-p', jumpPort]),
    ...(before.length === 0 ? [] : ['-J', before.join(',')]),
    ...['BatchMode=yes', 'ForwardAgent=no', 'ControlMaster=no', 'ControlPath=none', 'ConnectTimeout=15'].flatMap(
      option => ['-o', option],
    ),
    '-W',
    `[${host}]:${port}`,
    '--',
    name.replace(/^\[(.*)\]$/, '$1'),
  ];
};

/** Over the standard streams of an `ssh -W`, which a ProxyCommand of its own may lead to the last host on the way. */
export const openProgram = async (args: readonly string[], environment: Environment): Promise<Transport> => {
  const carrier = startCarrier('ssh', args, { ...environment, LC_ALL: 'C', SHELL: '/bin/sh' });
  let sent = 0;
  let received = 0;
  const stream = new Duplex({
    read: () => void carrier.input.resume(),
    write(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      carrier.output.write(chunk, done);
    },
    final(done) {
      carrier.output.end(done);
    },
    destroy(error, done) {
      carrier.kill();
      done(error);
    },
  });
  carrier.input.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (!stream.push(chunk)) carrier.input.pause();
  });
  void carrier.ended.then(() => {
    stream.push(null);
    stream.destroy();
  });
  stream.on('error', () => undefined);
  return {
    stream,
    traffic: () => ({ sent, received }),
    stderr: carrier.stderr,
    cut: () => stream.destroy(),
  };
};

const CONNECT_MS = 15_000;
const NO_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME']);
