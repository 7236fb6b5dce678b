// What the disk under the tests can keep, told by trying; and attributes of its files as the system's own programs show them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Can a file here have extended attributes, and access lists? A test that needs more than there is is skipped, and says so. */
export const canKeep = (what: 'xattr' | 'acl'): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-probe-'));
  try {
    writeFileSync(join(folder, 'x'), '');
    if (what === 'xattr') setAttribute(join(folder, 'x'), 'user.probe', '1');
    else setList(join(folder, 'x'), 'u:1:r');
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const isRoot = process.getuid?.() === 0;

/** Byte strings. */
export const setAttribute = (path: string, name: string, value: string): void => {
  const hex = `0x${Buffer.from(value, 'latin1').toString('hex')}`;
  execFileSync('setfattr', ['-h', '-n', name, '-v', hex, '--', path], { stdio: 'pipe' });
};

export const setList = (path: string, list: string): void => {
  execFileSync('setfacl', ['-m', list, '--', path], { stdio: 'pipe' });
};

/** `NAME=HEX` of each, sorted. */
export const attributesOf = (path: string): string[] =>
  execFileSync('getfattr', ['-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', path], { encoding: 'latin1' })
    .split('\n')
    .filter(line => line.includes('=0x'))
    .sort();

/** The lines of getfacl, numbers as numbers. */
export const listOf = (path: string): string[] =>
  execFileSync('getfacl', ['-cpn', '--', path], { encoding: 'latin1' }).split('\n').filter(Boolean);
