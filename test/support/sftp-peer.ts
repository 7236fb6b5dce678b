// An SFTP server that answers exactly as a test scripts it, however wrong, and a session with it.
import { type AddressInfo, connect, createServer } from 'node:net';
import ssh2, { type Attributes, type Connection, type FileEntry, type SFTPWrapper } from 'ssh2';
import { openSession, type Session } from '../../runtime/host/sftp/session.js';

export type Peer = {
  readonly session: Session;
  /** What the session asks through. */
  readonly sftp: SFTPWrapper;
  /** Paths that were asked about, in order, each after the name of its request. */
  readonly asked: readonly string[];
  /** Sessions that were opened. */
  readonly sessions: () => number;
  /** Ends the connection from the server's side. */
  readonly hangUp: () => void;
  readonly close: () => Promise<void>;
};

/** What a request gets: attributes, names, a handle, data, a status, or nothing at all. */
export type Reply =
  | { readonly attrs: Partial<Attributes> }
  | { readonly names: readonly (readonly [name: string, attrs: Partial<Attributes>])[] }
  | { readonly handle: string }
  | { readonly data: Buffer }
  | { readonly status: number }
  | 'silence';

export const FOLDER: Partial<Attributes> = { mode: 0o40755, size: 0, uid: 1000, gid: 1000, atime: 1, mtime: 1 };
export const FILE: Partial<Attributes> = { ...FOLDER, mode: 0o100644, size: 5 };
export const LINK: Partial<Attributes> = { ...FOLDER, mode: 0o120777 };
export const OK = 0;
export const AT_END = 1;
export const MISSING = 2;
export const FAILURE = 4;

/**
 * `reply` gets the request's name in capitals and its path, its handle as text, or the extension's name; `most` sessions are let
 * be opened, and each is told that the server offers these extensions.
 */
export const startPeer = async (
  reply: (request: string, at: string) => Reply,
  patience = 5_000,
  most = 1,
  offered: readonly string[] = [],
): Promise<Peer> => {
  const asked: string[] = [];
  let opened = 0;
  const connections: Connection[] = [];
  // Of two hundred Ed25519 keys that ssh2 makes it cannot read one itself.
  const { private: key } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const server = new ssh2.Server({ hostKeys: [key] }, connection => {
    connections.push(connection);
    connection.on('error', () => undefined);
    connection.on('authentication', context => context.accept());
    connection.on('session', (accept, reject) => {
      if (opened++ >= most) return void reject();
      accept().on('sftp', open => serve(open() as unknown as SFTPWrapper, asked, reply));
    });
  });
  // Without delay on both sides: a session begins with ten packets that would each wait for an acknowledgement.
  const door = createServer({ noDelay: true }, socket => server.injectSocket(socket));
  await new Promise<void>(resolve => door.listen(0, LOOPBACK, resolve));
  const { port } = door.address() as AddressInfo;
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  const open = (): Promise<SFTPWrapper> =>
    new Promise((resolve, reject) => {
      client.sftp((error, sftp) => (error ? reject(error) : resolve(offering(sftp, offered))));
    });
  await new Promise<void>(resolve => {
    client.on('ready', resolve);
    const sock = connect({ host: LOOPBACK, port, noDelay: true });
    // The cipher that hosts are asked for first.
    const algorithms = { cipher: ['aes128-gcm@openssh.com' as const] };
    client.connect({ sock, username: 'u', password: 'p', algorithms });
  });
  const sftp = await open();
  const session = openSession(sftp, { label: 'peer', patience, cut: () => client.destroy(), open });
  return {
    session,
    sftp,
    asked,
    sessions: () => Math.min(opened, most),
    hangUp: () => {
      for (const connection of connections) connection.end();
    },
    async close() {
      client.destroy();
      await new Promise(resolve => door.close(resolve));
    },
  };
};

/** ssh2's server announces no extension. */
const offering = (sftp: SFTPWrapper, offered: readonly string[]): SFTPWrapper =>
  Object.assign(sftp, { _extensions: Object.fromEntries(offered.map(name => [name, '1'])) });

const serve = (sftp: SFTPWrapper, asked: string[], reply: (request: string, at: string) => Reply): void => {
  const answer = (request: string) => (id: number, at: string | Buffer) => {
    const where = at.toString();
    asked.push(`${request} ${where}`);
    const given = reply(request, where);
    if (given === 'silence') return;
    if ('attrs' in given) sftp.attrs(id, given.attrs as Attributes);
    else if ('names' in given) {
      sftp.name(
        id,
        given.names.map(([filename, attrs]) => ({ filename, longname: filename, attrs }) as FileEntry),
      );
    } else if ('handle' in given) sftp.handle(id, Buffer.from(given.handle));
    else if ('data' in given) sftp.data(id, given.data);
    else sftp.status(id, given.status);
  };
  for (const request of REQUESTS) sftp.on(request as 'LSTAT', answer(request) as never);
  sftp.on('error', () => undefined);
};

const LOOPBACK = '127.0.0.1';

const REQUESTS = [
  'OPEN',
  'READ',
  'WRITE',
  'FSTAT',
  'FSETSTAT',
  'CLOSE',
  'OPENDIR',
  'READDIR',
  'LSTAT',
  'STAT',
  'REMOVE',
  'RMDIR',
  'REALPATH',
  'READLINK',
  'SETSTAT',
  'MKDIR',
  'RENAME',
  'SYMLINK',
  'EXTENDED',
];
