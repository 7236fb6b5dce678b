// Where a listing keeps its rows and its pages: chunks of numbers and segments of bytes that never move.

export type Rows = {
  readonly append: (columns: Float64Array, count: number) => number;
  readonly get: (row: number, field: number) => number;
  readonly copy: (first: number, count: number) => Float64Array;
  readonly count: () => number;
};

export const makeRows = (): Rows => {
  const chunks: Float64Array[] = [];
  let count = 0;
  return {
    append(columns, added) {
      const first = count;
      for (let done = 0; done < added; ) {
        const within = count % CHUNK_ROWS;
        if (within === 0) chunks.push(new Float64Array(CHUNK_ROWS * ROW_FIELDS));
        const fit = Math.min(added - done, CHUNK_ROWS - within);
        const part = columns.subarray(done * ROW_FIELDS, (done + fit) * ROW_FIELDS);
        chunks[chunks.length - 1]!.set(part, within * ROW_FIELDS);
        done += fit;
        count += fit;
      }
      return first;
    },
    get: (row, field) => chunks[Math.floor(row / CHUNK_ROWS)]![(row % CHUNK_ROWS) * ROW_FIELDS + field]!,
    copy(first, wanted) {
      const copied = new Float64Array(wanted * ROW_FIELDS);
      for (let done = 0; done < wanted; ) {
        const within = (first + done) % CHUNK_ROWS;
        const fit = Math.min(wanted - done, CHUNK_ROWS - within);
        const chunk = chunks[Math.floor((first + done) / CHUNK_ROWS)]!;
        copied.set(chunk.subarray(within * ROW_FIELDS, (within + fit) * ROW_FIELDS), done * ROW_FIELDS);
        done += fit;
      }
      return copied;
    },
    count: () => count,
  };
};

/** Pages one after another in segments; a page larger than a segment has one of its own. */
export const makePages = () => {
  const segments: Buffer[] = [];
  let free = 0;
  return {
    put(page: Buffer): { segment: number; offset: number } {
      if (page.length > free) {
        free = Math.max(SEGMENT_BYTES, page.length);
        segments.push(Buffer.allocUnsafeSlow(free));
      }
      const segment = segments.length - 1;
      if (segment < 0) return { segment: 0, offset: 0 };
      const offset = segments[segment]!.length - free;
      page.copy(segments[segment]!, offset);
      free -= page.length;
      return { segment, offset };
    },
    view: (segment: number, offset: number, length: number): Buffer =>
      length === 0 ? NOTHING : segments[segment]!.subarray(offset, offset + length),
  };
};

const NOTHING = Buffer.alloc(0);
/** Of a row. */
export const ROW_FIELDS = 5;
const CHUNK_ROWS = 8192;
export const SEGMENT_BYTES = 262_144;
