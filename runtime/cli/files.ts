// Text files of the user: read as strict UTF-8, written so that nobody ever sees half a file.
import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The whole file as text; an error that names the file where it is not UTF-8. */
export const readText = async (path: string): Promise<string> =>
  decodeText(await readFile(path).catch(about(path)), path);

export const decodeText = (bytes: Uint8Array, name: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw notText(name, cause);
  }
};

/** Temporary file beside it, made durable, renamed over it; through a symbolic link the link is kept, and so is the mode,
 * unless one is wanted. */
export const replaceText = async (path: string, text: string, wanted: number | null = null): Promise<void> => {
  const target = await realpath(path).catch(() => path);
  const kept = await stat(target).then(
    found => found.mode & 0o7777,
    () => null,
  );
  const mode = wanted ?? kept;
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx', mode ?? 0o666);
    try {
      await file.writeFile(text);
      if (mode !== null) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    about(path)(error);
  }
};

/** A compiled or saved plan; a plan's text never begins so. `missing` is the answer for a file that cannot be read. */
export const looksLikeJson = async (path: string, missing: boolean): Promise<boolean> => {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return missing;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return isJson(buffer.subarray(0, bytesRead).toString('latin1'));
  } catch {
    return missing;
  } finally {
    await file.close();
  }
};

export const isJson = (text: string): boolean => /^\s*\{/.test(text);

/** Rethrows an error of the operating system so that it names the file that the user did. */
const about =
  (path: string) =>
  (error: unknown): never => {
    throw error instanceof Error && 'syscall' in error ? Object.assign(error, { path }) : error;
  };

/** Shaped like an error of the operating system, so that it is told like one. */
const notText = (path: string, cause: unknown): Error =>
  Object.assign(new Error(`${path} is not UTF-8`, { cause }), { code: 'EILSEQ', syscall: 'read', path });
