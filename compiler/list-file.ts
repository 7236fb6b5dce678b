// The file behind `listed in`: one path a line, as bytes, relative to the folder taken. Empty lines are skipped.

/** Paths as byte strings, sorted, each once; or the first line that is none. Lines count from 1. */
export const readList = (
  bytes: Uint8Array,
): { readonly paths: readonly string[] } | { readonly line: number; readonly flaw: string } => {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n');
  const paths = new Set<string>();
  for (const [at, raw] of lines.entries()) {
    const path = raw.replace(/\r$/, '').replace(/^(?:\.\/)+/, '');
    if (path === '') continue;
    const flaw = flawOf(path);
    if (flaw !== null) return { line: at + 1, flaw };
    paths.add(path);
  }
  return { paths: [...paths].sort() };
};

const flawOf = (path: string): string | null => {
  if (path.startsWith('/')) return 'it is absolute';
  if (path.endsWith('/')) return 'it ends with a "/", and a folder is not taken by its name';
  if (path.includes('\0')) return 'it holds a NUL byte';
  for (const part of path.split('/')) {
    if (part === '') return 'it has an empty part';
    if (part === '.' || part === '..') return 'it has a "." or ".." part';
    if (part.length > 255) return 'it has a part longer than 255 bytes';
  }
  return null;
};
