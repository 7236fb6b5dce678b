// Lists a folder over SFTP, and believes no name that could not be one: whatever the server answers ends, and stays bounded.
import type { FileEntryWithStats } from 'ssh2';
import { type Fault, type Folder, isFault, type Named } from '../file-verbs.js';
import { folderText } from './folder.js';
import { fromRemote, refuseName } from './names.js';
import { answerOf, closeHandle, confirm, EOF, faultOf } from './requests.js';
import { isRefusal, type Session } from './session.js';
import { statOf } from './stats.js';

/** All that is in a folder. */
export const listFolder = async (session: Session, folder: Folder): Promise<Named[] | Fault> =>
  (await listWhile(session, folder, () => true))!;

/** null where `goesOn`, which is asked with the names so far, says that nobody wants more. */
export const listWhile = async (
  session: Session,
  folder: Folder,
  goesOn: (names: number) => boolean,
  clock: () => number = () => performance.now(),
): Promise<Named[] | Fault | null> => {
  const path = folderText(folder);
  if (isFault(path)) return path;
  const sure = await confirm(session, folder);
  if (sure !== null) return sure;
  if (!goesOn(0)) return null;
  const handle = answerOf(await session.ask<Buffer>((sftp, answer) => sftp.opendir(path, answer)));
  if (isFault(handle)) return handle;
  try {
    return await readAll(session, handle, goesOn, clock);
  } finally {
    // Nobody waits for it; where the connection is lost, the next request tells.
    closeHandle(session, handle).catch(() => undefined);
  }
};

const readAll = async (
  session: Session,
  handle: Buffer,
  goesOn: (names: number) => boolean,
  clock: () => number,
): Promise<Named[] | Fault | null> => {
  const until = clock() + MOST_MS;
  const names = new Set<string>();
  const listed: Named[] = [];
  for (let idle = 0; idle < MOST_IDLE; ) {
    // With `full` the names of the folder itself and of the one above come too: without, an answer of only these looks empty.
    const some = await session.ask<FileEntryWithStats[]>((sftp, answer) =>
      (sftp as unknown as FullList).readdir(handle, { full: true }, answer),
    );
    if (isRefusal(some)) {
      const fault = faultOf(some);
      return fault.fault === EOF ? listed : fault;
    }
    idle = some.length === 0 ? idle + 1 : 0;
    for (const { filename, attrs } of some) {
      if (filename === '.' || filename === '..') continue;
      const name = fromRemote(filename);
      if (refuseName(name ?? filename)?.fault === 'EINVAL') return lying('a name that is none');
      const stat = statOf(attrs);
      if (isFault(stat)) return stat;
      if (name === null) {
        listed.push({ name: Buffer.from(filename, 'utf8').toString('latin1'), stat, refused: NOT_TEXT });
        continue;
      }
      if (names.has(name)) return lying('a name twice');
      names.add(name);
      listed.push({ name, stat });
    }
    if (!goesOn(listed.length)) return null;
    if (clock() > until) return lying('names so slowly that it does not end');
    if (listed.length > MOST_NAMES) return { fault: 'EPROTO', message: 'it holds too many names' };
  }
  return lying('nothing, and goes on');
};

/** The types of ssh2 do not know this option. */
type FullList = {
  readonly readdir: (
    handle: Buffer,
    options: { readonly full: boolean },
    answer: (error: Error | undefined, list: FileEntryWithStats[]) => void,
  ) => void;
};

const lying = (what: string): Fault => ({ fault: 'EPROTO', message: `the server lists ${what}` });

const NOT_TEXT = 'its name is not UTF-8, which SFTP does not carry here';
const MOST_NAMES = 1_000_000;
/** For one folder. */
const MOST_MS = 600_000;
const MOST_IDLE = 100;
