// Has the server write out a large file to its disk while it still comes, by another session of the same login.
//
//  1. A session does one request after another: where it waited for its disk, nothing would be taken meanwhile.
//  2. Where there is no other session, or it cannot open the file, nothing is begun: the file is made durable when it is whole.
//  3. A sync that failed is told, and never tried again.
import { type Fault, isFault } from '../file-verbs.js';
import { FSYNC } from './deeds.js';
import { closeHandle, done, openFile } from './requests.js';
import type { Session } from './session.js';

export type Persisting = {
  /** Does nothing while an earlier one is under way. */
  readonly begin: () => void;
  /** What a sync that has ended said. */
  readonly fault: () => Fault | null;
  /** Waits for what is under way; nothing begins after it. */
  readonly end: () => Promise<Fault | null>;
};

/** Of a file that `session` writes; null where the server cannot be asked for it. */
export const makePersisting = (session: Session, path: string): Persisting | null => {
  if (!session.offers(FSYNC)) return null;
  let opened: Promise<{ readonly other: Session; readonly handle: Buffer } | null> | null = null;
  let underWay: Promise<void> | null = null;
  let fault: Fault | null = null;
  let ended = false;

  const open = async (): Promise<{ readonly other: Session; readonly handle: Buffer } | null> => {
    const other = (await session.abreast()).find(one => one !== session);
    if (other === undefined) return null;
    const handle = await openFile(other, path, 'r');
    return isFault(handle) ? null : { other, handle };
  };
  const persist = async (): Promise<void> => {
    opened ??= open();
    const file = await opened;
    if (file === null || fault !== null) return;
    fault = done(await file.other.ask<void>((sftp, answer) => sftp.ext_openssh_fsync(file.handle, answer)));
  };
  return {
    begin() {
      if (ended || underWay !== null) return;
      // Where the connection is lost, whoever writes is told.
      underWay = persist()
        .catch(() => undefined)
        .then(() => {
          underWay = null;
        });
    },
    fault: () => fault,
    async end() {
      ended = true;
      await underWay;
      const file = await opened?.catch(() => null);
      if (file) await closeHandle(file.other, file.handle);
      return fault;
    },
  };
};
