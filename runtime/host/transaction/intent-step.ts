// One step in an intent record (the format stands in intent.ts).
import { type Reader, WireError, type Writer } from '../../bytes/wire.js';
import type { Action } from '../../tree/action.js';
import { MAX_NAME, MAX_PATH, refusePath } from '../../tree/path.js';
import type { Step } from '../host.js';
import type { Seen } from '../seen.js';
import type { ColumnReader, ColumnWriter } from './columns.js';

export type IntentStep = Step & {
  /** What must stand there; null for nothing, or for what this list put there. */
  readonly seen: Seen | null;
  /** For a hard link: what its leader was. */
  readonly leader: Seen | null;
  /** Inode of what lies in staging for it; null for nothing, or where a whole folder carries it. */
  readonly staged: number | null;
  /** It had further names: renaming or removing one of those changes what is seen here. */
  readonly linked: boolean;
  /** Digest of a file's content, '' where there is none. */
  readonly digest: string;
};

export const writeIntentStep = (writer: Writer, columns: ColumnWriter, step: IntentStep): void => {
  const { action, seen, leader, staged, linked } = step;
  const whole = action.do === 'folder' && action.whole;
  const keep = 'keep' in action && action.keep;
  const lies = action.do === 'hard' ? leader !== null : staged !== null;
  writer.u8(
    KINDS.indexOf(action.do) |
      (seen !== null || whole ? SEEN : 0) |
      (keep ? KEEP : 0) |
      (linked ? LINKED : 0) |
      (lies ? STAGED : 0),
  );
  columns.path(action.path);
  switch (action.do) {
    case 'folder':
      writer.varint(action.mode);
      writer.string(action.owner);
      writer.string(action.group);
      writer.string(action.extra);
      break;
    case 'file':
      columns.number('size', action.size);
      writer.varint(action.mode);
      columns.number('modified', action.modified ?? UNKNOWN);
      writer.string(step.digest);
      break;
    case 'link':
      writer.string(action.target);
      columns.number('modified', action.modified ?? UNKNOWN);
      break;
    case 'hard':
      writer.string(action.leader);
      break;
    case 'adjust':
      writeAdjust(writer, columns, action);
      break;
    case 'remove':
    case 'remove-folder':
      break;
  }
  if (seen !== null) writeStood(writer, columns, seen);
  if (action.do === 'hard' && leader !== null) writeStood(writer, columns, leader);
  else if (staged !== null) columns.number('inode', staged);
};

/** Throws WireError. */
export const readIntentStep = (reader: Reader, columns: ColumnReader, part: number): IntentStep => {
  const bits = reader.u8();
  const kind = KINDS[bits & KIND_BITS];
  if (kind === undefined) throw new WireError(`a step of unknown kind ${bits & KIND_BITS}`);
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const path = columns.path();
  const refused = path === '' ? 'is empty' : refusePath(path);
  if (refused !== null) throw new WireError(`a path is refused: ${refused}`);
  const expect = has(SEEN) ? 'seen' : 'absent';
  const keep = has(KEEP);
  let digest = '';
  const action = ((): Action => {
    switch (kind) {
      case 'folder': {
        const mode = reader.varint();
        const [owner, group, extra] = [reader.string(MAX_NAME), reader.string(MAX_NAME), reader.string(MAX_EXTRA)];
        return { do: kind, path, mode, owner, group, extra, whole: has(SEEN) };
      }
      case 'file': {
        const [size, mode, modified] = [columns.number('size'), reader.varint(), columns.number('modified')];
        digest = reader.string(MAX_NAME);
        return { do: kind, path, size, mode, modified: known(modified), ...UNOWNED, extra: '', expect, keep };
      }
      case 'link': {
        const [target, modified] = [reader.string(MAX_PATH), columns.number('modified')];
        return { do: kind, path, target, modified: known(modified), ...UNOWNED, expect, keep };
      }
      case 'hard':
        return { do: kind, path, leader: reader.string(MAX_PATH), expect, keep };
      case 'adjust':
        return readAdjust(reader, columns, path);
      case 'remove':
      case 'remove-folder':
        return { do: kind, path };
    }
  })();
  const seen = has(SEEN) && kind !== 'folder' ? readStood(reader, columns) : null;
  const leader = kind === 'hard' && has(STAGED) ? readStood(reader, columns) : null;
  const staged = kind !== 'hard' && has(STAGED) ? columns.number('inode') : null;
  return { part, action, seen, leader, staged, linked: has(LINKED), digest };
};

const writeAdjust = (writer: Writer, columns: ColumnWriter, action: Action & { do: 'adjust' }): void => {
  const { mode, modified, owner, group, extra } = action;
  writer.u8(
    [mode, modified, owner, group, extra].reduce<number>((all, one, i) => all | (one === null ? 0 : 1 << i), 0),
  );
  if (mode !== null) writer.varint(mode);
  if (modified !== null) columns.number('modified', modified);
  for (const text of [owner, group, extra]) if (text !== null) writer.string(text);
};

const readAdjust = (reader: Reader, columns: ColumnReader, path: string): Action => {
  const bits = reader.u8();
  const has = (i: number): boolean => (bits & (1 << i)) !== 0;
  return {
    do: 'adjust',
    path,
    mode: has(0) ? reader.varint() : null,
    modified: has(1) ? columns.number('modified') : null,
    owner: has(2) ? reader.string(MAX_NAME) : null,
    group: has(3) ? reader.string(MAX_NAME) : null,
    extra: has(4) ? reader.string(MAX_EXTRA) : null,
  };
};

const writeStood = (writer: Writer, columns: ColumnWriter, seen: Seen): void => {
  writer.u8(STOOD.indexOf(seen.kind));
  columns.number('size', seen.size);
  columns.number('modified', seen.modified);
  columns.number('changed', seen.changed);
  columns.number('inode', seen.inode);
};

const readStood = (reader: Reader, columns: ColumnReader): Seen => {
  const kind = STOOD[reader.u8()];
  if (kind === undefined) throw new WireError('something of unknown kind is expected');
  const [size, modified] = [columns.number('size'), columns.number('modified')];
  return { kind, size, modified, changed: columns.number('changed'), inode: columns.number('inode') };
};

const known = (modified: number): number | null => (modified === UNKNOWN ? null : modified);

const KINDS: readonly Action['do'][] = ['folder', 'file', 'link', 'hard', 'adjust', 'remove', 'remove-folder'];
const KIND_BITS = 15;
const SEEN = 16;
const KEEP = 32;
const LINKED = 64;
const STAGED = 128;
const STOOD: readonly Seen['kind'][] = ['file', 'folder', 'link', 'fifo', 'socket', 'device'];
/** The staged file has its owner already. */
const UNOWNED = { owner: '', group: '' };
const MAX_EXTRA = 1_048_576;
/** A time that nobody has, and that costs one byte from the second on. */
const UNKNOWN = 1 - 2 ** 51;
