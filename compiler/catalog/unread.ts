// Why a file cannot be read, in words, and what to do about it where it is the plan itself.

export const FOLDER = 'it is a folder';
export const DENIED = 'permission denied';

export const helpOfMain = (path: string, why: string): string => {
  if (path === '-')
    return 'a plan is a file, which its paths are relative to; only `syncplan fmt` reads standard input';
  if (why === FOLDER) return 'name the file of the plan in it; `syncplan init DIR` writes a first one';
  if (why === DENIED) return 'let this user read it';
  return 'the path is relative to the folder you are in; `syncplan init` writes a first plan';
};
