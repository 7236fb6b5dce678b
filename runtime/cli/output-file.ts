// Whether a file that a command writes at its end could be written: asked before it does anything else.
//
// 1. It is tried as replaceText (files.ts) does it, with an empty file beside the wanted one that goes at once: rights on
//    paper tell too little, of a disk without inodes, of one that is read-only, or to root.
// 2. What stands there is looked at, never opened.
import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, openSync, realpathSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { displayMessage, displayText, shellQuote } from '../ui/display.js';
import { type Call, EXIT } from './command.js';
import { reasonOf } from './reasons.js';

type Fault = { readonly why: string; readonly help: string };

/** Null where it can be written; else it has been said why not, and what to do, and this is the exit code. */
export const refuseOutput = ({ terminal }: Call, output: string): number | null => {
  const fault = findFault(resolve(terminal.folder, output), output);
  if (fault === null) return null;
  terminal.say(`syncplan: cannot write ${displayText(output)}: ${displayMessage(fault.why)}\n  ${fault.help}\n`);
  return EXIT.failed;
};

const findFault = (path: string, output: string): Fault | null => {
  const target = attempt(() => realpathSync(path)) ?? path;
  const folder = dirname(target);
  const shown = dirname(output);
  const around = attempt(() => statSync(folder));
  if (around === null && isMissing(folder)) {
    const help = `make it first (mkdir -p ${shellQuote(shown)}), or name a file elsewhere`;
    return { why: `the folder ${displayText(shown)} does not exist`, help };
  }
  const stands = attempt(() => statSync(target));
  if (stands?.isDirectory()) return { why: 'it is a folder', help: 'name a file in it' };
  if (stands !== null && !stands.isFile()) return { why: 'it is no ordinary file', help: ELSEWHERE };
  const trouble = tryBeside(target);
  if (trouble !== null)
    return { why: `no file can be made in ${displayText(shown)}: ${trouble}`, help: `mend that, or ${ELSEWHERE}` };
  const isOthers = around !== null && stands !== null && isKeptForItsOwner(around, stands);
  return isOthers ? { why: 'it belongs to somebody else, who alone may replace it there', help: ELSEWHERE } : null;
};

const tryBeside = (target: string): string | null => {
  const trial = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    closeSync(openSync(trial, 'wx', 0o600));
    unlinkSync(trial);
    return null;
  } catch (error) {
    return reasonOf((error as NodeJS.ErrnoException).code);
  }
};

/** In a sticky folder, such as /tmp, a file is replaced by its owner, the folder's, or root. */
const isKeptForItsOwner = (folder: Stats, file: Stats): boolean => {
  const user = process.geteuid?.() ?? 0;
  return (folder.mode & STICKY) !== 0 && user !== 0 && user !== file.uid && user !== folder.uid;
};

const isMissing = (path: string): boolean => {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
};

const attempt = <T>(look: () => T): T | null => {
  try {
    return look();
  } catch {
    return null;
  }
};

const STICKY = 0o1000;
const ELSEWHERE = 'name another file';
