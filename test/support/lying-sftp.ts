// A hostile SFTP server, as a program that a real sshd runs: it has one folder, `/srv/www/site`, and lies about it in one chosen way.
//
// It speaks the protocol itself, byte by byte, so that it can also break it. What a lie does not concern is answered as an
// honest server would; nothing can be written to it.
import { fileURLToPath } from 'node:url';
import { type Sshd, startSshd } from './sshd.js';

export const LIES = {
  up: 'lists a path that leads upwards',
  path: 'lists an absolute path',
  twice: 'lists a name twice',
  negative: 'says that a file has a size of minus one',
  absurd: 'says that a file has nearly 2^63 bytes',
  shrinking: 'says that a file has a megabyte, and ends after a hundred bytes of it',
  endless: 'says that a file has a hundred bytes, and never ends it',
  many: 'lists names for ever, a thousand at a time',
  deep: 'has a folder in every folder, which is that folder again',
  wide: 'has three folders in every folder, each of which is that folder again',
  line: 'prints a line that never ends in the place of its first answer',
  backwards: 'announces an answer of less than nothing',
  count: 'announces four thousand million names and lists none',
  stranger: 'answers what it was not asked',
  mute: 'never says a word',
  deaf: 'answers nothing but the greeting',
} as const;

export type Lie = keyof typeof LIES;

export const startLyingServer = (alias: string, lie: Lie): Promise<Sshd> =>
  startSshd({ alias, lines: [`ForceCommand ${process.execPath} ${fileURLToPath(import.meta.url)} ${lie}`] });

const [INIT, VERSION] = [1, 2];
const [OPEN, CLOSE, READ, LSTAT, FSTAT, OPENDIR, READDIR, REALPATH, STAT] = [3, 4, 5, 7, 8, 11, 12, 16, 17];
const [STATUS, HANDLE, DATA, NAME, ATTRS] = [101, 102, 103, 104, 105];
const [AT_END, MISSING, DENIED] = [1, 2, 3];

const packet = (type: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from([type]), ...parts]);
  return Buffer.concat([word(body.length), body]);
};

const refuse = (id: number, status: number): Buffer => packet(STATUS, word(id), word(status), text('no'), text(''));

const serve = (lie: Lie): void => {
  let held = Buffer.alloc(0);
  let listed = 0;
  const handles = new Map<string, { readonly path: string; read: boolean }>();

  const sizeOf = (path: string): bigint =>
    lie === 'negative' ? 0xffff_ffff_ffff_ffffn : lie === 'absurd' ? 2n ** 63n - 2n : sizeOfHonest(path);
  const sizeOfHonest = (path: string): bigint => (lie === 'shrinking' && path.endsWith('file') ? 1_000_000n : 100n);

  const attributesOf = (path: string): Buffer | null => {
    if (FOLDERS.has(path)) return attributes(0o40755, 0n);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (!path.startsWith(`${SITE}/`) || !/file$|^again$|^[abc]$/.test(name)) return null;
    return name.endsWith('file') ? attributes(0o100644, sizeOf(path)) : attributes(0o40755, 0n);
  };

  /** What a folder has, told once; for ever where that is the lie. */
  const namesIn = (path: string): readonly string[] => {
    if (!path.startsWith(SITE)) return [];
    switch (lie) {
      case 'up':
        return ['file', '../x'];
      case 'path':
        return ['/etc/passwd'];
      case 'twice':
        return ['file', 'file'];
      case 'many':
        return Array.from({ length: 1000 }, () => `file-${listed++}.file`);
      case 'deep':
        return ['file', 'again'];
      case 'wide':
        return ['a', 'b', 'c'];
      default:
        return ['file'];
    }
  };

  const answer = (type: number, body: Buffer): void => {
    if (type === INIT) greet();
    else if (lie !== 'deaf') process.stdout.write(reply(type, body));
  };

  const reply = (type: number, body: Buffer): Buffer => {
    const id = body.readUInt32BE(0);
    const subject = body.toString('utf8', 8, 8 + body.readUInt32BE(4));
    switch (type) {
      case REALPATH:
        return packet(NAME, word(id), word(1), text(normal(subject)), text(''), attributes(0o40755, 0n));
      case STAT:
      case LSTAT: {
        const found = attributesOf(normal(subject));
        return found === null ? refuse(id, MISSING) : packet(ATTRS, word(id), found);
      }
      case FSTAT: {
        const found = attributesOf(handles.get(subject)?.path ?? '');
        return found === null ? refuse(id, MISSING) : packet(ATTRS, word(id), found);
      }
      case OPEN:
      case OPENDIR: {
        const path = normal(subject);
        if (attributesOf(path) === null) return refuse(id, MISSING);
        if (type === OPEN && (body.readUInt32BE(8 + body.readUInt32BE(4)) & 2) !== 0) return refuse(id, DENIED);
        const handle = `${id}`;
        handles.set(handle, { path, read: false });
        return packet(HANDLE, word(id), text(handle));
      }
      case READDIR: {
        const folder = handles.get(subject);
        if (lie === 'stranger') process.stdout.write(refuse(id + 4_000_000, AT_END));
        if (lie === 'backwards') return Buffer.from([0xff, 0xff, 0xff, 0xf0, NAME, 0, 0, 0]);
        if (lie === 'count') return packet(NAME, word(id), word(0xffff_ffff));
        if (folder === undefined || folder.read) return refuse(id, AT_END);
        folder.read = lie !== 'many';
        const names = namesIn(folder.path);
        const entries = names.map(name =>
          Buffer.concat([text(name), text(''), attributesOf(`${folder.path}/${name}`) ?? attributes(0o100644, 100n)]),
        );
        return packet(NAME, word(id), word(names.length), ...entries);
      }
      case READ: {
        const at = Number(body.readBigUInt64BE(8 + body.readUInt32BE(4)));
        const wanted = body.readUInt32BE(16 + body.readUInt32BE(4));
        const left = lie === 'endless' ? wanted : Math.min(wanted, 100 - at);
        return left <= 0 ? refuse(id, AT_END) : packet(DATA, word(id), text('x'.repeat(left)));
      }
      case CLOSE:
        handles.delete(subject);
        return refuse(id, 0);
      default:
        return refuse(id, DENIED);
    }
  };

  const greet = (): void => {
    if (lie === 'line') printForEver();
    else if (lie !== 'mute') process.stdout.write(packet(VERSION, word(3)));
  };

  const printForEver = (): void => {
    while (process.stdout.write('Welcome to this machine, which never ends to welcome you. '.repeat(500)));
    process.stdout.once('drain', printForEver);
  };

  process.stdin.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
      const end = 4 + held.readUInt32BE(0);
      answer(held[4]!, held.subarray(5, end));
      held = held.subarray(end);
    }
  });
  process.stdin.once('end', () => process.exit());
  process.stdout.on('error', () => process.exit());
};

const normal = (path: string): string => {
  const whole = path.startsWith('/') ? path : `/home/${path}`;
  return `/${whole
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/')}`;
};

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const text = (value: string): Buffer => Buffer.concat([word(Buffer.byteLength(value)), Buffer.from(value)]);

/** Size, owner, mode and times. */
const attributes = (mode: number, size: bigint): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(0xf);
  bytes.writeBigUInt64BE(size, 4);
  return Buffer.concat([bytes, ...[0, 0, mode, 1_600_000_000, 1_600_000_000].map(word)]);
};

const SITE = '/srv/www/site';
const FOLDERS: ReadonlySet<string> = new Set(['/', '/home', '/srv', '/srv/www', SITE]);

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(process.argv[2] as Lie);
