// A pointer: where a transaction has several roots, its record lies in one of them, and the staging folders in the others say
// where, so that nobody tidies up what the record still needs.
//
//   staging/RUN-BLOCK/intent = record `pointer` 1: root:string state:string name:string
//                              state: '' for .syncplan in that root; name: the record's, in its intent folder
import { makeWriter } from '../../bytes/wire.js';
import type { Path } from '../../tree/path.js';
import { hostErrorOf } from '../faults.js';
import { type FileVerbs, type Folder, isFault } from '../file-verbs.js';
import { isDamage, putRecord, type RecordKind, readWhole, sealRecord, unsealRecord } from './record.js';
import { STATE_FOLDER } from './state-folder.js';

export type Pointer = { readonly root: Path; readonly elsewhere: Path | null; readonly name: string };

export const writePointer = async (
  verbs: FileVerbs,
  staging: Folder,
  { root, elsewhere, name }: Pointer,
  durable: boolean,
): Promise<void> => {
  const body = makeWriter();
  for (const text of [root, elsewhere ?? '', name]) body.string(text);
  const fault = await putRecord(verbs, staging, NAME, await sealRecord(POINTER, body.view()), durable);
  if (fault !== null) throw hostErrorOf('write in the staging folder where the intent record is', fault);
};

/** Does an intent record somewhere still speak of this staging folder? Where that cannot be told, it does. */
export const isPointedAt = async (verbs: FileVerbs, stagingParent: Folder, name: string): Promise<boolean> => {
  const staging = await verbs.enter(stagingParent, name);
  if (isFault(staging)) return false;
  const bytes = await readWhole(verbs, staging, NAME);
  await verbs.release(staging);
  if (isFault(bytes)) return bytes.fault !== 'ENOENT';
  const pointer = await unsealRecord(POINTER, bytes, reader => ({
    root: reader.string(),
    elsewhere: reader.string(),
    name: reader.string(),
  }));
  if (isDamage(pointer)) return true;
  const log = `${pointer.elsewhere === '' ? `${pointer.root}/${STATE_FOLDER}` : pointer.elsewhere}/intent`;
  const opened = await verbs.open(log);
  if (isFault(opened)) return opened.fault !== 'ENOENT';
  const [stat] = await verbs.stat([{ at: opened.folder, name: pointer.name }]);
  await verbs.release(opened.folder);
  return stat === undefined || !isFault(stat) || stat.fault !== 'ENOENT';
};

const NAME = 'intent';
const POINTER: RecordKind = { name: 'pointer', version: 1 };
