// The part of the trash that belongs to one transaction: what it removed or replaced, under the paths it had from the root.
//
//   trash/RUN/BLOCK/PATH…         what it was; folders are made again, empty but for what was in them
//   trash/RUN/BLOCK.AGE.trash     record `trash` 1: what is meant to be there; AGE: seconds for which it is kept
//   body  = entries:varint entry*                       (paths and numbers as in columns.ts)
//   entry = path kind:u8 why:u8 size mode:varint owner:varint group:varint
//           kind: 0 file, 1 link, 2 folder; why: 0 deleted, 1 replaced, 2 moved: its content got another name as well
//
// 1. The record is durable before anything of it is moved, so what the trash holds is always known; what the record names
//    and the trash does not hold was not removed (yet).
// 2. Nothing in the trash is overwritten: a transaction's part of it is new, and holds each path once.
// 3. The folders are durable before anything is moved into them.
import { makeWriter, type Reader, WireError } from '../../bytes/wire.js';
import type { Path } from '../../tree/path.js';
import { openCursor } from '../cursor.js';
import { hostErrorOf } from '../faults.js';
import { type Fault, type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import type { Trashed } from '../host.js';
import { readColumns, writeColumns } from './columns.js';
import { ensureFolder } from './one-deed.js';
import { openOwn } from './own-folder.js';
import { putRecord, type RecordKind, sealRecord } from './record.js';
import { type Fresh, openRoom, plainName, type StatePlace, trustedIn, tryFresh } from './state-folder.js';

export type TrashEntry = Trashed & { readonly mode: number; readonly owner: number; readonly group: number };

export type Bin = {
  readonly name: string;
  readonly folder: Folder;
  /** The folders in which it lies, the innermost first: each holds the entry of the one before. */
  readonly above: readonly Folder[];
  /** The folder for what stood in `folder` (from the root), made where it is missing. */
  readonly at: (folder: Path) => Promise<Folder | Fault>;
  /** Says what is meant to be in it. Throws HostError where it cannot. */
  readonly describe: (entries: readonly TrashEntry[], age: number, durable: boolean) => Promise<void>;
  readonly release: () => Promise<void>;
};

/** A new one, or with a `name` the one of that name. Throws HostError where it cannot be made or used. */
export const openBin = async (
  verbs: FileVerbs,
  place: StatePlace,
  state: Folder,
  { run, block, name: known }: { readonly run: string; readonly block: string; readonly name: string },
): Promise<Bin> => {
  const trash = (await openRoom(verbs, place, state, 'trash', true))!;
  const options = { mode: 0o700, trusted: trustedIn(place), where: `the trash of ${place.where}` };
  const { ofRun, name, folder } = await openBlock(verbs, trash, plainName(run), { known, block }, options);
  const cursor = openCursor(verbs, folder);
  return {
    name,
    folder,
    above: [ofRun, trash, state],
    at: path => ensureFolder(verbs, cursor, path, () => 0o700),
    async describe(entries, age, durable) {
      const sealed = await sealRecord(TRASH, encodeTrash(entries));
      const fault = await putRecord(verbs, ofRun, recordName(name, age), sealed, durable);
      if (fault !== null) throw hostErrorOf(`write what goes into ${options.where}`, fault);
    },
    async release() {
      await cursor.close();
      for (const one of [folder, ofRun, trash]) await verbs.release(one);
    },
  };
};

/** A block of the same run that ends meanwhile removes their folder if it finds it empty: then it is made again. */
const openBlock = async (
  verbs: FileVerbs,
  trash: Folder,
  run: string,
  { known, block }: { readonly known: string; readonly block: string },
  options: Parameters<typeof openOwn>[3],
): Promise<Fresh & { readonly ofRun: Folder }> => {
  for (let attempt = 1; ; attempt++) {
    const ofRun = (await openOwn(verbs, trash, run, options))!;
    if (known !== '') return { ofRun, name: known, folder: (await openOwn(verbs, ofRun, known, options))! };
    const fresh = await tryFresh(verbs, ofRun, plainName(block));
    if (!isFault(fresh)) return { ofRun, ...fresh };
    await verbs.release(ofRun);
    if (!GONE.has(fresh.fault) || attempt === ATTEMPTS) throw hostErrorOf(`make a folder in ${options.where}`, fresh);
  }
};

/** Throws WireError. */
export const decodeTrash = (reader: Reader): TrashEntry[] => {
  const entries: TrashEntry[] = [];
  const count = reader.varint();
  const columns = readColumns(reader);
  for (let read = 0; read < count; read++) {
    const path = columns.path();
    const [kind, why] = [KINDS[reader.u8()], WHYS[reader.u8()]];
    if (kind === undefined || why === undefined) throw new WireError('something of unknown kind is in the trash');
    const size = columns.number('size');
    entries.push({ path, kind, why, size, mode: reader.varint(), owner: reader.varint(), group: reader.varint() });
  }
  return entries;
};

/** The bin that a name in the trash of a run is about, also that of a record which is being written. */
export const binOf = (name: string): string => name.replace(/\.\d+\.trash(\.new)?$/, '');

/** The bin and the seconds for which it is kept; null for a name that is no record's. */
export const readRecordName = (name: string): { readonly bin: string; readonly age: number } | null => {
  const [, bin, age] = /^(.+)\.(\d+)\.trash$/.exec(name) ?? [];
  return bin === undefined ? null : { bin, age: Number(age) };
};

const recordName = (bin: string, age: number): string => `${bin}.${Math.max(0, Math.ceil(age))}.trash`;

const encodeTrash = (entries: readonly TrashEntry[]): Buffer => {
  const writer = makeWriter(32 * entries.length + 16);
  writer.varint(entries.length);
  const columns = writeColumns(writer);
  for (const { path, kind, why, size, mode, owner, group } of entries) {
    columns.path(path);
    writer.u8(KINDS.indexOf(kind));
    writer.u8(WHYS.indexOf(why));
    columns.number('size', size);
    writer.varint(mode);
    writer.varint(owner);
    writer.varint(group);
  }
  return writer.copy();
};

export const TRASH: RecordKind = { name: 'trash', version: 1 };
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ESTALE']);
const ATTEMPTS = 5;
const KINDS: readonly Trashed['kind'][] = ['file', 'link', 'folder'];
const WHYS: readonly Trashed['why'][] = ['deleted', 'replaced', 'moved'];
