// Where the program stands: a home and a working folder, without which nothing can be done.
import { homedir } from 'node:os';

/** What is wrong, as a complaint; null where all is well. */
export const noPlace = (folder: () => string = () => process.cwd(), home: () => string = homedir): string | null => {
  if (!works(folder)) {
    return 'syncplan: the folder you are in is not there any more, or may not be entered\n  cd into another one\n';
  }
  if (works(home)) return null;
  const user = process.getuid?.() ?? 'this user';
  return `syncplan: HOME is not set, and the system's list of users has no home for ${user}\n  set HOME to a folder that this user may write to\n`;
};

const works = (ask: () => string): boolean => {
  try {
    ask();
    return true;
  } catch {
    return false;
  }
};
