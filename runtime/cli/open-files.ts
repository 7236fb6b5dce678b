// Whether enough files may be open at once for the program to start: Node.js tries for ever to load one where it may not be.
import { readdirSync, readFileSync } from 'node:fs';

/** What to say where there are too few; null where there are enough, or where the system does not tell. */
export const tooFewOpenFiles = (): string | null => {
  const few = counted();
  if (few === null || few.limit - few.open >= NEEDED) return null;
  return `syncplan: only ${few.limit} files may be open at once here, and ${few.open} are open already: that is too few to start with
  Nothing was done. Allow more before you run it, for instance: ulimit -n 256
`;
};

const counted = (): { readonly limit: number; readonly open: number } | null => {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? null : { limit: Number(limit), open: readdirSync('/proc/self/fd').length };
  } catch {
    return null;
  }
};

/** The program's own files are loaded side by side; 27 were enough. */
const NEEDED = 32;
