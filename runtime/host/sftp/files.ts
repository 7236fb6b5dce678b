// Content over SFTP: reads and writes in pieces, many of them under way at once, so that the way there and back costs little.
import type { InputAttributes } from 'ssh2';
import { type Fault, type Folder, isFault, type Sink, type Source } from '../file-verbs.js';
import { notFile } from '../kind.js';
import { address } from './folder.js';
import { makePersisting } from './persist.js';
import { closeHandle, confirm, done, EOF, explainFailure, FAILURE, fstat, lstat, openFile, stat } from './requests.js';
import { isRefusal, type Session } from './session.js';
import { secondsOf } from './stats.js';

/** Opening a FIFO would stop the server for good, so it is looked at first; what is then opened is looked at again. */
export const openSource = async (
  session: Session,
  at: Folder,
  name: string,
  follow: boolean,
): Promise<Source | Fault> => {
  const path = address(at, name);
  if (isFault(path)) return path;
  const [sure, before] = await Promise.all([confirm(session, at), (follow ? stat : lstat)(session, path)]);
  if (sure !== null) return sure;
  if (isFault(before)) return before;
  const wrong = before.kind === 'file' ? null : notFile(before.kind);
  if (wrong !== null) return wrong;
  const handle = await openFile(session, path, 'r');
  if (isFault(handle)) return handle;
  const now = await fstat(session, handle);
  if (isFault(now) || now.kind !== 'file') {
    await closeHandle(session, handle);
    return isFault(now) ? now : notFile(now.kind);
  }
  let position = 0;
  return {
    stat: now,
    async read(into) {
      const count = await readAt(session, handle, into, position);
      if (!isFault(count)) position += count;
      return count;
    },
    readAt: (into, from) => readAt(session, handle, into, from),
    restat: () => fstat(session, handle),
    close: async () => void (await closeHandle(session, handle)),
  };
};

/** Created exclusively, which follows no link. */
export const openSink = async (session: Session, at: Folder, name: string): Promise<Sink | Fault> => {
  const path = address(at, name);
  if (isFault(path)) return path;
  const sure = await confirm(session, at);
  if (sure !== null) return sure;
  const handle = await createFile(session, at, path);
  return isFault(handle) ? handle : sinkOn(session, at, handle, path);
};

export const createFile = async (session: Session, at: Folder, path: string): Promise<Buffer | Fault> => {
  const handle = await openFile(session, path, 'wx');
  if (!isFault(handle) || handle.fault !== FAILURE) return handle;
  const there = await lstat(session, path);
  return isFault(there) ? explainFailure(session, at, handle) : { fault: 'EEXIST', message: 'something stands there' };
};

const sinkOn = (session: Session, at: Folder, handle: Buffer, path: string): Sink => {
  const piece = wholePackets(session.longestWrite(), handle.length);
  let under = 0;
  let answered = (): void => {};
  let end = 0;
  let inHole = false;
  let fault: Fault | null = null;
  let lost: unknown = null;
  const persisting = makePersisting(session, path);

  const send = (content: Buffer, position: number): void => {
    under++;
    // What is under way must not change with the caller's buffer: what goes out at once is copied on its way.
    const own = session.isBusy() ? Buffer.from(content) : content;
    void session
      .ask<void>((sftp, answer) => sftp.write(handle, own, 0, own.length, position, answer))
      .then(
        answer => {
          fault ??= done(answer);
        },
        (error: unknown) => {
          lost ??= error;
        },
      )
      .then(() => {
        under--;
        answered();
      });
  };

  const settleTo = async (most: number): Promise<void> => {
    while (under > most) {
      await new Promise<void>(resolve => {
        answered = resolve;
      });
    }
  };

  const settle = async (): Promise<Fault | null> => {
    await settleTo(0);
    if (lost !== null) throw lost;
    return fault === null ? null : explainFailure(session, at, fault);
  };

  return {
    async write(bytes) {
      const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let offset = 0; offset < content.length && fault === null && lost === null; ) {
        await settleTo(Math.max(1, Math.floor(BYTES_UNDER_WAY / piece)) - 1);
        const some = content.subarray(offset, Math.min(content.length, offset + piece));
        send(some, end);
        offset += some.length;
        end += some.length;
      }
      inHole = false;
      if (fault !== null || lost !== null) return settle();
      return persisting?.fault() ?? null;
    },
    skip(length) {
      end += length;
      inHole = true;
      return null;
    },
    ...(persisting === null ? {} : { persist: persisting.begin }),
    async finish({ mode, modified }) {
      const attributes: InputAttributes = {
        mode,
        ...(inHole ? { size: end } : {}),
        ...(modified === null ? {} : { atime: secondsOf(modified), mtime: secondsOf(modified) }),
      };
      // All that concerns one handle is done in the order in which it was sent.
      const [written, set, closed, persisted] = await Promise.all([
        settle(),
        session.ask<void>((sftp, answer) => sftp.fsetstat(handle, attributes, answer)).then(done),
        closeHandle(session, handle),
        persisting?.end(),
      ]);
      return written ?? set ?? closed ?? persisted ?? null;
    },
    async discard() {
      await Promise.all([settleTo(0), persisting?.end()]);
      await closeHandle(session, handle);
      await session.ask<void>((sftp, answer) => sftp.unlink(path, answer));
    },
  };
};

/** Fills `into` from this position; a server may send less than was asked for, and only nothing means the end. */
const readAt = async (
  session: Session,
  handle: Buffer,
  into: Uint8Array,
  position: number,
): Promise<number | Fault> => {
  const buffer = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
  const pieces: Promise<{ readonly wanted: number; readonly count: number | Fault }>[] = [];
  for (let offset = 0; offset < buffer.length; offset += PIECE) {
    const piece = buffer.subarray(offset, Math.min(buffer.length, offset + PIECE));
    const reading = readPiece(session, handle, piece, position + offset);
    pieces.push(reading.then(count => ({ wanted: piece.length, count })));
  }
  let filled = 0;
  for (const { wanted, count } of await Promise.all(pieces)) {
    if (isFault(count)) return count;
    filled += count;
    if (count < wanted) break;
  }
  return filled;
};

const readPiece = async (
  session: Session,
  handle: Buffer,
  piece: Buffer,
  position: number,
): Promise<number | Fault> => {
  for (let filled = 0; ; ) {
    const wanted = piece.length - filled;
    if (wanted === 0) return filled;
    const count = await session.ask<number>((sftp, answer) =>
      sftp.read(handle, piece, filled, wanted, position + filled, (error, read) => answer(error, read)),
    );
    if (isRefusal(count)) {
      const fault = done(count)!;
      return fault.fault === EOF ? filled : fault;
    }
    if (count === 0) return filled;
    filled += count;
  }
};

/** So much content that the request fills its packets: what is left over would be a packet of its own. */
const wholePackets = (longest: number, handle: number): number => {
  const packets = Math.floor((longest + WRITE_HEAD + handle) / PACKET);
  return packets === 0 ? longest : packets * PACKET - WRITE_HEAD - handle;
};

const PIECE = 65_536;
/** What OpenSSH's servers take at once. */
const PACKET = 32_768;
/** Of a request to write: length, type, number, length of the handle, position, length of the content. */
const WRITE_HEAD = 4 + 1 + 4 + 4 + 8 + 4;
/** Of one file. */
const BYTES_UNDER_WAY = 4_194_304;
