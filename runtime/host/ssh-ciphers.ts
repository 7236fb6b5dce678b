// Does the user's SSH configuration choose ciphers? Then ours is not imposed on it. Read at once: ssh waits for the answer.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

/** True also where it cannot be told: a file that is not readable, or an Include too clever for us. */
export const choosesCiphers = (config: string | undefined, home: string): boolean => {
  const userFolder = join(home, '.ssh');
  const files = config === undefined ? [join(userFolder, 'config'), '/etc/ssh/ssh_config'] : [config];
  for (const file of files) {
    const folder = file === '/etc/ssh/ssh_config' ? '/etc/ssh' : userFolder;
    if (mentions(file, folder, home, 0)) return true;
  }
  return false;
};

const mentions = (file: string, folder: string, home: string, depth: number): boolean => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
  if (/^\s*ciphers\b/im.test(text)) return true;
  for (const [, patterns] of text.matchAll(/^\s*include[\s=]+(.*)$/gim)) {
    if (depth === MAX_DEPTH) return true;
    for (const pattern of patterns!.trim().split(/\s+/)) {
      const included = expand(pattern, folder, home);
      if (included === null) return true;
      for (const path of included) if (mentions(path, folder, home, depth + 1)) return true;
    }
  }
  return false;
};

/** The files an Include names; null where it uses more than `*` and `?` in the last component. */
const expand = (pattern: string, folder: string, home: string): string[] | null => {
  const unquoted = pattern.replace(/^"(.*)"$/, '$1');
  const path = unquoted.startsWith('~/') ? join(home, unquoted.slice(2)) : unquoted;
  const whole = isAbsolute(path) ? path : join(folder, path);
  const last = whole.slice(whole.lastIndexOf('/') + 1);
  if (/[*?[\]%$"']/.test(dirname(whole)) || /[[\]%$"']/.test(last)) return null;
  if (!/[*?]/.test(last)) return [whole];
  const names = namesIn(dirname(whole));
  const shape = new RegExp(
    `^${last
      .replace(/[.+^{}()|\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  );
  return names.filter(name => shape.test(name)).map(name => join(dirname(whole), name));
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const MAX_DEPTH = 16;
