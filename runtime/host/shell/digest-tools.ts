// Digests by the programs of a far machine: which of them make which algorithm, and what they print, read into digests.
//
//  1. A program is believed to make an algorithm only where it gave the right digest of a known text when the host was probed.
//  2. What it prints is matched against the names it was given, in their order: `HEX  ./NAME`, with a backslash before the line
//     where the name is written with escapes, or `SUM BYTES ./NAME`. A name that could be read in two ways is asked for alone.

import type { Algorithm } from '../../../compiler/plan.js';
import { openDigests } from '../../bytes/digest.js';

/** Commands by algorithm, the best known first; each prints one line for a file. Those with `-r` are of the BSDs. */
const COMMANDS: readonly (readonly [Algorithm, string])[] = [
  ['xxh128', 'xxhsum -H2'],
  ['xxh128', 'xxh128sum'],
  ['xxh64', 'xxhsum -H1'],
  ['xxh64', 'xxh64sum'],
  ['blake3', 'b3sum'],
  ['blake2b', 'b2sum'],
  ['sha512', 'sha512sum'],
  ['sha512', 'shasum -a 512'],
  ['sha512', 'sha512 -r'],
  ['sha512', 'openssl dgst -r -sha512'],
  ['sha256', 'sha256sum'],
  ['sha256', 'shasum -a 256'],
  ['sha256', 'sha256 -r'],
  ['sha256', 'openssl dgst -r -sha256'],
  ['sha1', 'sha1sum'],
  ['sha1', 'shasum -a 1'],
  ['sha1', 'sha1 -r'],
  ['sha1', 'openssl dgst -r -sha1'],
  ['md5', 'md5sum'],
  ['md5', 'md5 -r'],
  ['md5', 'openssl dgst -r -md5'],
  ['cksum', 'cksum'],
];

export type DigestCommands = ReadonlyMap<Algorithm, string>;

/** What the probe has every command digest. */
export const SAMPLE = 'syncplan';

export const digestCommandWords = (): readonly string[] => [...new Set(COMMANDS.map(([, command]) => command))];

/** `said`: what each command printed of the sample. */
export const chooseCommands = async (said: ReadonlyMap<string, string>): Promise<DigestCommands> => {
  const chosen = new Map<Algorithm, string>();
  for (const [algorithm, command] of COMMANDS) {
    if (chosen.has(algorithm)) continue;
    const digest = digestIn(algorithm, said.get(command) ?? '');
    if (digest !== null && digest === (await openDigests(algorithm)).hash(Buffer.from(SAMPLE))) {
      chosen.set(algorithm, command);
    }
  }
  return chosen;
};

/** Names that a program may write down in a way that two names share. */
export const isPlainWord = (word: string): boolean => !/[\\\n\r]/.test(word);

/** Of each word, in their order; null for one that no line tells of. Null altogether where there is more than that. */
export const parseDigests = (
  algorithm: Algorithm,
  text: string,
  words: readonly string[],
): readonly (string | null)[] | null => {
  if (words.length === 1 && !isPlainWord(words[0]!)) return [digestIn(algorithm, text)];
  const digests: (string | null)[] = [];
  let rest = 0;
  for (const word of words) {
    const end = text.indexOf('\n', rest);
    const line = end < 0 ? '' : text.slice(rest, end);
    const digest = line.endsWith(word) ? digestIn(algorithm, line) : null;
    const exact = digest !== null && HEAD.exec(line)![0].length + word.length === line.length;
    digests.push(exact ? digest : null);
    if (exact) rest = end + 1;
  }
  return rest === text.length ? digests : null;
};

/** The digest that a line begins with. */
const digestIn = (algorithm: Algorithm, line: string): string | null => {
  const [, escaped, sum, size] = HEAD.exec(line) ?? [];
  if (sum === undefined) return null;
  if (algorithm === 'cksum') return size === undefined || escaped !== '' ? null : bigEndian(Number(sum));
  return size !== undefined || sum.length % 2 === 1 ? null : Buffer.from(sum, 'hex').toString('latin1');
};

const bigEndian = (sum: number): string | null => {
  if (!(sum >= 0 && sum < 2 ** 32)) return null;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString('latin1');
};

/** The name follows; all that are given begin with a dot. */
const HEAD = /^(\\?)([0-9a-f]+)(?: (\d+) | [ *]?)(?=\.)/;
