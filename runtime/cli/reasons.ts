// The words for error codes of the operating system; the program's start has need of them, so they stand by themselves.

export const reasonOf = (code: string | undefined): string => REASONS[String(code)] ?? `${String(code)}`;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'it exists already',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EILSEQ: 'it is not UTF-8 text; save it as UTF-8',
};
