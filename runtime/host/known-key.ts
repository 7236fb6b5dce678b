// The fingerprint of a key that a known_hosts file holds, so that a person can compare it with the one that was offered.
import { readFileSync } from 'node:fs';
import { fingerprintOf, keyOnLine } from './known-hosts.js';

/** Null where the file cannot be read, or has no key on that line. */
export const fingerprintAt = (path: string, line: number): string | null => {
  try {
    const key = keyOnLine(readFileSync(path, 'latin1'), line);
    return key === null ? null : fingerprintOf(key);
  } catch {
    return null;
  }
};
