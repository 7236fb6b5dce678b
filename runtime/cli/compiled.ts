// Runs the program's script by the code that V8 made of it in an earlier run: compiling takes a fifth of every start.
//
// Kept in `code/` of the cache folder, one file for each script, version of Node.js and use (what a command needs is compiled
// when it is first called, so each command has its own): the SHA-256 of the rest, 32 bytes, then V8's data.
//
//  1. It is code, so it is taken only from a file that this user owns and nobody else may write.
//  2. It is digested before it is used: V8 looks at versions and lengths, not at what was damaged.
//  3. Code that was kept cannot import modules, so whoever runs a script hands in what it may need.
//  4. Whatever is wrong with it costs time alone: the script is compiled as ever.
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { Script } from 'node:vm';
import { makeFolders } from '../host/make-folders.js';

export type Compiled = {
  readonly exports: unknown;
  /** To be called at the end: keeps the code for the next run, where there was none for this one. */
  readonly keep: () => void;
};

/** `script` is the absolute path of a CommonJS module whose name changes with its content; `use` is a word. */
export const runCompiled = (script: string, cacheFolder: string, use: string): Compiled => {
  const folder = join(cacheFolder, 'code');
  const name = basename(script);
  const file = join(folder, `${name}.${process.version}-${process.arch}.${use}`);
  const known = readCode(file);
  const compiled = new Script(`${HEAD}${readFileSync(script, 'latin1')}${TAIL}`, {
    filename: script,
    ...(known === null ? {} : { cachedData: known }),
  });
  const module: { exports: unknown } = { exports: {} };
  compiled.runInThisContext()(module.exports, createRequire(script), module, script, '.');
  return {
    exports: module.exports,
    keep() {
      if (known !== null && compiled.cachedDataRejected !== true) return;
      try {
        makeFolders(folder, 0o700);
        writeCode(file, compiled.createCachedData());
        tidy(folder, name);
      } catch {
        // The next run compiles again.
      }
    },
  };
};

const readCode = (file: string): Buffer | null => {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const { uid, mode } = fstatSync(descriptor);
      if (uid !== process.geteuid?.() || (mode & OTHERS_WRITE) !== 0) return null;
      const bytes = readFileSync(descriptor);
      const code = bytes.subarray(DIGEST);
      return bytes.length > DIGEST && digestOf(code).equals(bytes.subarray(0, DIGEST)) ? code : null;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
};

const writeCode = (file: string, code: Buffer): void => {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, Buffer.concat([digestOf(code), code]), { flag: 'wx', mode: 0o600 });
  renameSync(temporary, file);
};

/** What other versions left goes when nobody wrote it for a month. */
const tidy = (folder: string, name: string): void => {
  for (const other of readdirSync(folder)) {
    if (other.startsWith(`${name}.`)) continue;
    const path = join(folder, other);
    if (Date.now() - statSync(path).mtimeMs > MONTH_MS) rmSync(path, { force: true });
  }
};

const digestOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** As Node.js wraps such a module. */
const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n});';
const DIGEST = 32;
const OTHERS_WRITE = 0o022;
const MONTH_MS = 30 * 24 * 3600 * 1000;
