// The steps of a transaction as they travel: about 25 bytes each, because neighbours are alike.
//
//   step     = [KEEP:u8] tag:u8 [part:varint owner:string group:string mode:varint extra:string] path rest
//   tag      = deed (0 to 6, in the order of DEEDS) | SEEN | WHOLE | ALIKE | NEAR | UNTIMED
//   rest     = file: size:varint time · link: target:string time · hard: leader as a path after its own
//              adjust: present:u8 then those present of mode:varint modified:signed owner:string group:string extra:string
//   time     = nothing with UNTIMED; else signed — with NEAR as difference to the time before it in the piece, else as it is
//
// KEEP, a byte of its own before the tag, is there where what stands at the path is kept: few steps have it.
// ALIKE: part, owner, group, mode and extra are those of the step before in the piece, and left out. Only folder, file and
// link have them (a link's mode is 0, its extra ''); of the others only the part counts, and the rest is written as it was.
//   change   = index:signed kept:u8 [step]     — kept 0: the step is dropped; index as difference to the one before
import { type Reader, WireError, type Writer } from '../../bytes/wire.js';
import type { Action, Expected } from '../../tree/action.js';
import { MAX_NAME, MAX_PATH } from '../../tree/path.js';
import type { Step } from '../host.js';
import { checkIndex, inPieces, items, readPath, writePath } from './lists.js';
import { MAX_EXTRA } from './protocol.js';

export const encodeSteps = (steps: Iterable<Step>): Generator<Buffer> => {
  const last = fresh();
  return inPieces(
    steps,
    () => Object.assign(last, fresh()),
    (writer, step) => writeStep(writer, step, last),
  );
};

export const decodeSteps = (piece: Buffer): Step[] => {
  const last = fresh();
  return items(piece, reader => readStep(reader, last));
};

export type Change = { readonly index: number; readonly action: Action | null };

export const encodeChanges = (changes: readonly Change[]): Generator<Buffer> => {
  const last = fresh();
  return inPieces(
    changes,
    () => Object.assign(last, fresh()),
    (writer, { index, action }) => {
      writer.signed(index - last.index);
      last.index = index;
      writer.u8(action === null ? 0 : 1);
      if (action !== null) writeStep(writer, { part: 0, action }, last);
    },
  );
};

export const decodeChanges = (piece: Buffer): Change[] => {
  const last = fresh();
  return items(piece, reader => {
    last.index = checkIndex(last.index + reader.signed());
    const kept = reader.u8();
    if (kept > 1) throw new WireError('a change neither keeps nor drops its step');
    return { index: last.index, action: kept === 0 ? null : readStep(reader, last).action };
  });
};

/** What the step before in the piece was like. */
type Last = {
  path: string;
  part: number;
  owner: string;
  group: string;
  mode: number;
  extra: string;
  modified: number;
  index: number;
};
const fresh = (): Last => ({ path: '', part: 0, owner: '', group: '', mode: 0, extra: '', modified: 0, index: 0 });

const writeStep = (writer: Writer, { part, action }: Step, last: Last): void => {
  const owned = action.do === 'file' || action.do === 'folder' || action.do === 'link';
  const owner = owned ? action.owner : last.owner;
  const group = owned ? action.group : last.group;
  const attributed = action.do === 'file' || action.do === 'folder';
  const mode = attributed ? action.mode : owned ? 0 : last.mode;
  const extra = attributed ? action.extra : owned ? '' : last.extra;
  const time = action.do === 'file' || action.do === 'link' ? action.modified : null;
  const near = time !== null && Math.abs(time - last.modified) < NEARBY;
  const alike =
    part === last.part && owner === last.owner && group === last.group && mode === last.mode && extra === last.extra;
  const seen = 'expect' in action && action.expect === 'seen';
  const inside = action.do === 'folder' && action.whole;
  if ('keep' in action && action.keep) writer.u8(KEEP);
  writer.u8(
    DEEDS.indexOf(action.do) |
      (seen ? SEEN : 0) |
      (inside ? WHOLE : 0) |
      (alike ? ALIKE : 0) |
      (near ? NEAR : 0) |
      (time === null ? UNTIMED : 0),
  );
  if (!alike) {
    writer.varint(part);
    writer.string(owner);
    writer.string(group);
    writer.varint(mode);
    writer.string(extra);
    Object.assign(last, { part, owner, group, mode, extra });
  }
  writePath(writer, action.path, last);
  switch (action.do) {
    case 'file':
      writer.varint(action.size);
      break;
    case 'link':
      writer.string(action.target);
      break;
    case 'hard':
      writePath(writer, action.leader, { path: action.path });
      break;
    case 'adjust':
      writeAdjust(writer, action);
      break;
    case 'folder':
    case 'remove':
    case 'remove-folder':
      break;
  }
  if (time === null) return;
  writer.signed(near ? time - last.modified : time);
  last.modified = time;
};

const readStep = (reader: Reader, last: Last): Step => {
  const first = reader.u8();
  const keep = first === KEEP;
  const tag = keep ? reader.u8() : first;
  const deed = DEEDS[tag & DEED];
  if (deed === undefined || (keep && !KEEPING.has(deed))) throw new WireError(`a step of unknown kind ${tag}`);
  if ((tag & ALIKE) === 0) {
    last.part = reader.varint();
    last.owner = reader.string(MAX_NAME);
    last.group = reader.string(MAX_NAME);
    last.mode = checkMode(reader.varint());
    last.extra = reader.string(MAX_EXTRA);
  }
  const { part, owner, group, mode, extra } = last;
  const path = readPath(reader, last);
  const expect: Expected = (tag & SEEN) === 0 ? 'absent' : 'seen';
  const time = (): number | null => {
    if ((tag & UNTIMED) !== 0) return null;
    last.modified = reader.signed() + ((tag & NEAR) === 0 ? 0 : last.modified);
    if (!Number.isSafeInteger(last.modified)) throw new WireError('a time is out of range');
    return last.modified;
  };
  switch (deed) {
    case 'folder':
      return { part, action: { do: deed, path, mode, owner, group, extra, whole: (tag & WHOLE) !== 0 } };
    case 'file': {
      const size = reader.varint();
      return { part, action: { do: deed, path, size, mode, modified: time(), owner, group, extra, expect, keep } };
    }
    case 'link': {
      const target = reader.string(MAX_PATH);
      if (target === '' || target.includes('\0')) throw new WireError('a link has no possible target');
      return { part, action: { do: deed, path, target, modified: time(), owner, group, expect, keep } };
    }
    case 'hard':
      return { part, action: { do: deed, path, leader: readPath(reader, { path }), expect, keep } };
    case 'adjust':
      return { part, action: readAdjust(reader, path) };
    case 'remove':
    case 'remove-folder':
      return { part, action: { do: deed, path } };
  }
};

type Adjust = Extract<Action, { do: 'adjust' }>;

const writeAdjust = (writer: Writer, { mode, modified, owner, group, extra }: Adjust): void => {
  writer.u8(
    (mode === null ? 0 : 1) |
      (modified === null ? 0 : 2) |
      (owner === null ? 0 : 4) |
      (group === null ? 0 : 8) |
      (extra === null ? 0 : 16),
  );
  if (mode !== null) writer.varint(mode);
  if (modified !== null) writer.signed(modified);
  if (owner !== null) writer.string(owner);
  if (group !== null) writer.string(group);
  if (extra !== null) writer.string(extra);
};

const readAdjust = (reader: Reader, path: string): Adjust => {
  const present = reader.u8();
  if (present > 31) throw new WireError('an adjustment of unknown attributes');
  return {
    do: 'adjust',
    path,
    mode: (present & 1) === 0 ? null : checkMode(reader.varint()),
    modified: (present & 2) === 0 ? null : reader.signed(),
    owner: (present & 4) === 0 ? null : reader.string(MAX_NAME),
    group: (present & 8) === 0 ? null : reader.string(MAX_NAME),
    extra: (present & 16) === 0 ? null : reader.string(MAX_EXTRA),
  };
};

const checkMode = (mode: number): number => {
  if (mode > 0o7777) throw new WireError(`${mode} is no mode`);
  return mode;
};

const DEEDS = ['folder', 'file', 'link', 'hard', 'adjust', 'remove', 'remove-folder'] as const;
const KEEPING: ReadonlySet<string> = new Set(['file', 'link', 'hard']);
/** No deed has this number. */
const KEEP = 7;
const DEED = 7;
const SEEN = 8;
const WHOLE = 16;
const ALIKE = 32;
const NEAR = 64;
const UNTIMED = 128;
/** Differences that surely fit, whatever the times are. */
const NEARBY = 2 ** 45;
