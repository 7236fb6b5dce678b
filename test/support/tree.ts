// What a folder holds, as lines that two equal trees share: path, type, mode, time, content, links.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type TreeOptions = {
  /** Modification times of files and links, in microseconds. Those of folders never count. */
  readonly times?: boolean;
};

/**
 * One line for each entry below the folder, in path order; names byte for byte. The further names of a file tell the
 * first. The program's own `.syncplan` folder is left out.
 */
export const treeOf = (folder: string, { times = true }: TreeOptions = {}): string[] => {
  const firstNames = new Map<string, string>();
  const lines: string[] = [];
  const visit = (path: string): void => {
    for (const name of readdirSync(at(folder, path), { encoding: 'latin1' }).sort()) {
      if (path === '' && name === '.syncplan') continue;
      const below = path === '' ? name : `${path}/${name}`;
      lines.push(`${JSON.stringify(below)} ${describe(folder, below, times, firstNames)}`);
      if (lstatSync(at(folder, below)).isDirectory()) visit(below);
    }
  };
  visit('');
  return lines;
};

/** Fails with the paths that differ. Times are equal within the 2 µs that Node.js may be off when it sets one. */
export const assertSameTree = (actual: string, expected: string, label = actual): void => {
  assert.deepEqual(differencesOf(treeOf(actual), treeOf(expected)), [], label);
};

/** For lines of trees at different moments or places: at most twenty differences. */
export const differencesOf = (actual: readonly string[], expected: readonly string[]): string[] => {
  const [left, right] = [actual, expected].map(lines => new Map(lines.map(line => [pathOf(line), line])));
  const paths = [...new Set([...left!.keys(), ...right!.keys()])].sort();
  const differing = paths.filter(path => !isSame(left!.get(path), right!.get(path)));
  return differing
    .slice(0, 20)
    .map(path => `${left!.get(path) ?? `${path} absent`}, expected ${right!.get(path) ?? 'absent'}`);
};

const pathOf = (line: string): string => /^"(?:[^"\\]|\\.)*"/.exec(line)![0];

const isSame = (a: string | undefined, b: string | undefined): boolean => {
  if (a === undefined || b === undefined || a === b) return a === b;
  const [timeA, timeB] = [a, b].map(line => Number(/ @(\d+)/.exec(line)?.[1] ?? 0));
  const [bareA, bareB] = [a, b].map(line => line.replace(/ @\d+/, ''));
  return bareA === bareB && Math.abs(timeA! - timeB!) <= 2;
};

const describe = (folder: string, path: string, times: boolean, firstNames: Map<string, string>): string => {
  const found = lstatSync(at(folder, path), { bigint: true });
  const mode = (found.mode & 0o7777n).toString(8).padStart(4, '0');
  const time = times ? ` @${found.mtimeNs / 1000n}` : '';
  if (found.isDirectory()) return `folder ${mode}`;
  if (found.isSymbolicLink()) return `link -> ${JSON.stringify(readlinkSync(at(folder, path), 'latin1'))}${time}`;
  if (!found.isFile()) return 'special';
  const identity = `${found.dev}:${found.ino}`;
  const first = firstNames.get(identity);
  if (first !== undefined) return `same file as ${JSON.stringify(first)}`;
  if (found.nlink > 1n) firstNames.set(identity, path);
  const digest = createHash('sha256')
    .update(readFileSync(at(folder, path)))
    .digest('hex');
  return `file ${mode} ${found.size}${time} ${digest}`;
};

/** Names are bytes: a path is a byte string until the system gets it. */
const at = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(folder), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')]);
