// What is told of a tree by programs that are not ours, and of a run by its summary: for hosts that keep less than an agent does.
import { execFileSync } from 'node:child_process';
import type { Ended } from './program.js';

/** Folders by path and mode, all else by path and these facts of find's `-printf`, and the SHA-256 of every file. */
export const tell = (folder: string, facts: string): string =>
  execFileSync(
    'sh',
    [
      '-c',
      `cd "$1" && find . -path ./.syncplan -prune -o -mindepth 1 \\( -type d -printf '%p %y %m\\n' -o -printf "%p %y %m $2\\n" \\) | LC_ALL=C sort &&
       find . -path ./.syncplan -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`,
      'sh',
      folder,
      facts,
    ],
    { encoding: 'latin1' },
  );

export type Summary = Record<string, unknown> & { readonly relations: readonly Record<string, unknown>[] };

/** The last event of a run that was asked for `--json`. */
export const summaryOf = ({ out }: Ended): Summary => JSON.parse(out.trimEnd().split('\n').at(-1)!);

const CHANGES = ['created', 'replaced', 'attributes', 'linked', 'moved', 'deleted', 'inconsistent', 'failed'] as const;

/** Created, replaced, attributes, linked, moved, deleted, inconsistent, failed. */
export const counts = (summary: Summary): number[] => CHANGES.map(key => summary[key] as number);
