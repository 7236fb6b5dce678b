// Real content for tests that run the program: two releases of a published package, and trees full of hard names.
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** The older release, with what a package has none of: links of both kinds, an empty folder, several modes. */
export const putOldRelease = (folder: string): void => putRelease('node_modules/sample-old', folder, 'old');

/** The newer one; links point elsewhere, a file became a folder, a folder a file, a mode changed. */
export const putNewRelease = (folder: string): void => putRelease('node_modules/sample-new', folder, 'new');

const putRelease = (sample: string, folder: string, which: 'old' | 'new'): void => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(sample, folder, { recursive: true, preserveTimestamps: true });
  const at = (...names: string[]): string => join(folder, ...names);
  mkdirSync(at('bin', 'empty'), { recursive: true, mode: 0o755 });
  writeFileSync(at('bin', 'run'), `#!/bin/sh\necho ${which}\n`);
  chmodSync(at('bin', 'run'), which === 'old' ? 0o755 : 0o750);
  writeFileSync(at('bin', 'secret'), 'the same in both releases\n');
  chmodSync(at('bin', 'secret'), which === 'old' ? 0o600 : 0o640);
  linkSync(at('LICENSE'), at('bin', 'LICENSE'));
  symlinkSync(which === 'old' ? 'run' : '../index.js', at('bin', 'start'));
  symlinkSync('nowhere/at all', at('bin', 'dangling'));
  if (which === 'old') {
    mkdirSync(at('turns', 'into'), { recursive: true });
    writeFileSync(at('turns', 'into', 'a-file'), 'old\n');
    writeFileSync(at('becomes'), 'a folder\n');
  } else {
    writeFileSync(at('turns'), 'a file\n');
    mkdirSync(at('becomes'));
    writeFileSync(at('becomes', 'inside'), 'new\n');
  }
  for (const name of ['run', 'secret'])
    utimesSync(at('bin', name), 1_600_000_000.25, which === 'old' ? 1_600_000_000.25 : 1_700_000_000.5);
};

/** Other content, same size, same modification time: only a checksum tells. */
export const alterQuietly = (path: string): void => {
  const { size, atime, mtime } = statSync(path);
  writeFileSync(path, Buffer.alloc(size, 'x'));
  utimesSync(path, atime, mtime);
};

/** Names that break what is careless with shells, terminals, lines and encodings. Byte strings. */
export const HARD_NAMES: readonly string[] = [
  'two\nlines',
  '"double" and \'single\'',
  '$(touch pwned) `id` $HOME',
  '-rf',
  '--delete',
  ' leading and trailing ',
  'back\\slash',
  'tab\there',
  '\u001b[31mred',
  '*?[a]{b,c}',
  '#comment; true',
  // A bidi override and a zero-width space, in UTF-8.
  Buffer.from('gpj.\u202eexe\u200b', 'utf8').toString('latin1'),
  Buffer.from('naïve – 日本語 🙂', 'utf8').toString('latin1'),
  // No UTF-8 at all.
  'latin\xe9\xff',
  '\xc3\x28',
  'n'.repeat(255),
];

/** A file under each hard name, in a folder of a hard name, and one 120 folders deep. */
export const putHardNames = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
  for (const name of HARD_NAMES) {
    writeFileSync(bytes(folder, name), `file ${HARD_NAMES.indexOf(name)}\n`);
  }
  mkdirSync(bytes(folder, 'folder\n\xff'));
  writeFileSync(bytes(folder, 'folder\n\xff/$(inside)'), 'inside\n');
  const deep = join(folder, ...Array.from({ length: 120 }, (_, level) => `d${level}`));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'bottom'), 'bottom\n');
};

export const bytes = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);

/** Every name below a folder that looks like something unfinished. */
export const leftovers = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    name => /\.(tmp|part|new|staged)$|~$/.test(name) && !name.startsWith('.syncplan'),
  );
