// Lists of similar rows, written as what differs from the row before: paths share their beginnings, times and numbers lie near
// each other.
//
//   path   = shared:varint rest:string      — bytes shared with the path before, and the bytes after them
//   number = signed difference from the last number of that column; where that is out of bounds, ESCAPE and 8 bytes, a
//            double, least significant byte first

import { type Reader, WireError, type Writer } from '../../bytes/wire.js';
import { MAX_PATH, type Path } from '../../tree/path.js';

/** Numbers of one column are near each other; different columns are not. */
export type Column = 'size' | 'modified' | 'changed' | 'inode' | 'index';

export type ColumnWriter = {
  readonly path: (path: Path) => void;
  readonly number: (column: Column, value: number) => void;
};

export type ColumnReader = {
  readonly path: () => Path;
  readonly number: (column: Column) => number;
};

export const writeColumns = (writer: Writer): ColumnWriter => {
  let before: Path = '';
  const last = startOfColumns();
  const double = Buffer.alloc(8);
  return {
    path(path) {
      const end = Math.min(before.length, path.length);
      let shared = 0;
      while (shared < end && before.charCodeAt(shared) === path.charCodeAt(shared)) shared++;
      writer.varint(shared);
      writer.string(path.slice(shared));
      before = path;
    },
    number(column, value) {
      const difference = value - last[column];
      last[column] = value;
      if (Number.isSafeInteger(difference) && Number.isSafeInteger(value) && Math.abs(difference) < ESCAPE) {
        writer.signed(difference);
        return;
      }
      writer.signed(ESCAPE);
      double.writeDoubleLE(value);
      writer.raw(double);
    },
  };
};

export const readColumns = (reader: Reader): ColumnReader => {
  let before: Path = '';
  const last = startOfColumns();
  return {
    path() {
      const shared = reader.varint();
      if (shared > before.length) throw new WireError('a path shares more than the one before it has');
      before = before.slice(0, shared) + reader.string(MAX_PATH);
      if (before.length > MAX_PATH) throw new WireError(`a path is longer than ${MAX_PATH} bytes`);
      return before;
    },
    number(column) {
      const difference = reader.signed();
      const value = difference === ESCAPE ? reader.raw(8).readDoubleLE() : last[column] + difference;
      last[column] = value;
      return value;
    },
  };
};

const startOfColumns = (): Record<Column, number> => ({ size: 0, modified: 0, changed: 0, inode: 0, index: 0 });

const ESCAPE = 2 ** 51;
