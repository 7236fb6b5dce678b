// The tools of a BSD, presented over those of this machine: the same options, words and errors, and nothing of GNU's beyond them.
//
// A folder that is to be the whole PATH of a session: scripts (bsd-scripts.ts), and this machine's own tools, without options
// behind operands (POSIXLY_CORRECT). They were compared with FreeBSD’s own stat, readlink, mv, ln, touch and fsync, built from its
// sources for Linux: what bsd-tools.test.ts asks was asked of both, and so was the conformance suite. With a folder of such
// programs in SYNCPLAN_TEST_BSD_TOOLS, they are asked of these again.
//  1. A format, an option or a time that the scripts do not know is refused, also where a BSD knows it.
//  2. What of a BSD is no tool is not here: its kernel, its file systems, its sh. The sh is this machine's.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSD_SCRIPTS } from './bsd-scripts.js';

export type BsdTools = {
  /** To be the whole PATH. */
  readonly path: string;
  /** Of its sessions. */
  readonly environment: Readonly<Record<string, string>>;
  readonly remove: () => void;
};

export const makeBsdTools = (): BsdTools => {
  const path = mkdtempSync(join(tmpdir(), 'syncplan-bsd-'));
  const own = process.env.SYNCPLAN_TEST_BSD_TOOLS ?? '';
  const theirs = new Set(own === '' ? [] : readdirSync(own));
  const put = (name: string, target: string | null): void => {
    if (target !== null && !theirs.has(name)) symlinkSync(target, join(path, name));
  };
  for (const name of PLAIN) put(name, programHere(name));
  put('tar', programHere('bsdtar'));
  for (const [name, text] of Object.entries(BSD_SCRIPTS)) {
    if (theirs.has(name)) continue;
    const script = text.replaceAll(/(?<![$"])@(\w+)/g, (_, tool) => programHere(tool) ?? 'false');
    writeFileSync(join(path, name), script);
    chmodSync(join(path, name), 0o755);
  }
  for (const name of theirs) symlinkSync(join(own, name), join(path, name));
  return { path, environment: { PATH: path, POSIXLY_CORRECT: '1' }, remove: () => rmSync(path, { recursive: true }) };
};

const programHere = (name: string): string | null =>
  ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map(folder => join(folder, name)).find(existsSync) ?? null;

/** What a shell host asks of these is alike everywhere. No flock, and no digests by GNU's names. */
const PLAIN =
  'cat chmod chown cksum dd df env head id kill mkdir mkfifo mktemp mount pwd readlink rm rmdir sh sleep tr true uname'.split(
    ' ',
  );
