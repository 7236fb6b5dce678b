// The history of runs on this machine: one JSON line per run in $XDG_STATE_HOME/syncplan/history.jsonl.
//
// Format 1, one object a line: { history: 1, run, command, file, started (ISO 8601, UTC), summary }. The summary is that of
// the stream (runtime/engine/events.ts), without the counts of relations that are 0: that of a `plan`, which does nothing, has
// `planned`, and its counts are of what an `apply` would have done. Lines are appended in one write, so runs side by side
// never mix theirs.
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Summary } from '../engine/events.js';
import { makeFolders } from '../host/make-folders.js';

export const HISTORY_VERSION = 1;

export type HistoryRecord = {
  readonly run: string;
  readonly command: 'plan' | 'apply';
  /** Absolute, of the plan's main file. */
  readonly file: string;
  readonly started: Date;
  readonly summary: Summary;
};

/** Where the file is; a run that cannot be recorded has still happened, so the caller gets the error as a value. */
export const recordRun = async (stateFolder: string, record: HistoryRecord): Promise<Error | null> => {
  const path = historyFile(stateFolder);
  const { summary, started } = record;
  const brief = { ...summary, relations: summary.relations.map(withoutZeros) };
  const line = JSON.stringify({ history: HISTORY_VERSION, ...record, started: started.toISOString(), summary: brief });
  try {
    makeFolders(dirname(path), 0o700);
    const file = await open(path, 'a', 0o600);
    try {
      await file.write(`${line}\n`);
    } finally {
      await file.close();
    }
    return null;
  } catch (error) {
    return error as Error;
  }
};

/** A run has hosts × blocks relations, most of which have nothing to tell. */
const withoutZeros = (relation: object): object =>
  Object.fromEntries(Object.entries(relation).filter(([, value]) => value !== 0));

export const historyFile = (stateFolder: string): string => join(stateFolder, 'history.jsonl');

/** `$XDG_STATE_HOME/syncplan`, `~/.local/state/syncplan`; a relative XDG folder is ignored, as its specification says. */
export const stateFolder = (environment: Readonly<Record<string, string | undefined>>, home: string): string =>
  join(absolute(environment.XDG_STATE_HOME) ?? join(home, '.local/state'), 'syncplan');

export const cacheFolder = (environment: Readonly<Record<string, string | undefined>>, home: string): string =>
  join(absolute(environment.XDG_CACHE_HOME) ?? join(home, '.cache'), 'syncplan');

const absolute = (path: string | undefined): string | null => (path?.startsWith('/') ? path : null);
