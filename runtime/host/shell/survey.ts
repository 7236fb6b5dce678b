// One listing of a folder with all below it, from which a scan is answered while it walks: one find instead of one for each.
//
//  1. Only what was listed with something in it is answered from it: an empty folder and one that could not be read look
//     alike there, so these are listed by themselves.
//  2. A listing that find complained of, for more than vanished or forbidden names, counts for nothing.
import type { KeptFolder } from '../../tree/listing.js';
import { ROW_FIELDS } from '../../tree/listing-store.js';
import { kindAt, namesAt } from '../../tree/page.js';
import { type FoundAsKept, isFault, type KeptFolderOf, type Named } from '../file-verbs.js';
import { apart, faultAmong } from './complaints.js';
import { FIND_FORMAT, type FoundRecords, makeFoundRecords } from './found.js';
import type { ShellSession } from './session.js';

export type Survey = {
  /** Does it tell what is in the folder with this path? */
  readonly knows: (path: string) => Promise<boolean>;
  /** What is in a folder, by its path; null where the survey does not tell. */
  readonly list: (path: string) => Promise<readonly Named[] | null>;
  /** The same, but only the folders in it, where all else is what its kept page tells. */
  readonly listKept: (path: string, kept: KeptFolder) => Promise<FoundAsKept | readonly Named[] | null>;
  /** What a link in a folder points to. */
  readonly target: (folder: string, name: string) => Promise<string | null>;
};

export const openSurvey = (session: ShellSession, top: string): Survey => {
  const listed = survey(session, top);
  // Whoever asks is told; nobody may.
  listed.catch(() => undefined);
  const find = async (path: string): Promise<Listed | null> => {
    const at =
      path === top
        ? ''
        : path.startsWith(top === '/' ? '/' : `${top}/`)
          ? path.slice(top === '/' ? 1 : top.length + 1)
          : null;
    return at === null ? null : ((await listed)?.get(at) ?? null);
  };
  return {
    knows: async path => (await find(path)) !== null,
    list: async path => (await find(path))?.named() ?? null,
    async listKept(path, kept) {
      const listed = await find(path);
      return listed === null ? null : (listed.asKept(kept) ?? listed.named());
    },
    target: async (folder, name) => (await find(folder))?.target(name) ?? null,
  };
};

const survey = async (session: ShellSession, top: string): Promise<ReadonlyMap<string, Listed> | null> => {
  const gathering = gatherFolders();
  const answer = await session.ask('survey', [top, FIND_FORMAT], {
    most: MOST_LISTED,
    patience: PATIENCE_MS,
    // What begins with a NUL are no more records: it is the rest of the answer, and is not looked through again and again.
    take: bytes => (bytes[0] === 0 ? 0 : gathering.add(bytes.toString('latin1'))),
  });
  const parts = apart(answer);
  if (isFault(parts) || faultAmong(parts.said, FORBIDDEN) !== null) return null;
  return gathering.add(parts.text) === parts.text.length ? gathering.folders() : null;
};

/** One folder of a survey. */
type Listed = {
  readonly named: () => readonly Named[];
  readonly asKept: (kept: KeptFolder) => FoundAsKept | null;
  readonly target: (name: string) => string | null;
};

/** Records by the folder that they are in: those that follow each other in one folder are a stretch of it. */
const gatherFolders = () => {
  const records = makeFoundRecords();
  const folders = new Map<string, Listed & { readonly stretches: number[] }>();
  let last = '';
  let stretches: number[] | null = null;
  let broken = false;

  const sort = (record: number): void => {
    if (stretches !== null && records.isIn(record, last)) {
      stretches[stretches.length - 1] = record + 1;
      return;
    }
    last = records.folder(record);
    let folder = folders.get(last);
    if (folder === undefined) {
      const own: number[] = [];
      folder = { ...listedOf(records, last === '' ? 0 : last.length + 1, own), stretches: own };
      folders.set(last, folder);
    }
    stretches = folder.stretches;
    stretches.push(record, record + 1);
  };

  return {
    /** Says how many characters it is done with; what is no record, or never becomes one, spoils all and is passed over. */
    add(text: string): number {
      let record = records.count();
      const done = broken ? null : records.add(text);
      broken ||= done === null || (text.length - done > LONGEST && text.charCodeAt(done) !== 0);
      for (; record < records.count(); record++) sort(record);
      return broken || done === null ? text.length : done;
    },
    folders: () => (broken ? null : folders),
  };
};

/** `behind` so many characters of its path is the name of each; `stretches` are the first of some records, and the one after. */
const listedOf = (records: FoundRecords, behind: number, stretches: readonly number[]): Listed => {
  let targets: Map<string, string> | null = null;
  const each = (use: (record: number) => void): void => {
    for (let i = 0; i < stretches.length; i += 2)
      for (let record = stretches[i]!; record < stretches[i + 1]!; record++) use(record);
  };
  return {
    named() {
      const all: Named[] = [];
      each(record => all.push(records.named(record, behind)));
      return all;
    },
    asKept({ page, columns, count }) {
      const rows = new Map(namesAt(page, columns, ROW_FIELDS).map((name, row) => [name, row]));
      const folders: KeptFolderOf[] = [];
      let same = 0;
      each(record => {
        const name = records.name(record, behind);
        const row = rows.get(name);
        // Nothing is there twice.
        if (row === undefined || !rows.delete(name)) return;
        const at = row * ROW_FIELDS;
        if (kindAt(page, columns[at]!) !== 'file') {
          if (records.isFolder(record)) folders.push({ row, ...records.named(record, behind) });
          else return;
        } else if (!records.isSame(record, columns[at + 1]!, columns[at + 2]!, columns[at + 3]!, columns[at + 4]!))
          return;
        same++;
      });
      const isAll = same === count && lengthOf(stretches) === count;
      return isAll ? { folders: folders.sort((a, b) => a.row - b.row) } : null;
    },
    target(name) {
      if (targets === null) {
        const found = new Map<string, string>();
        each(record => {
          const target = records.target(record);
          if (target !== null) found.set(records.named(record, behind).name, target);
        });
        targets = found;
      }
      return targets.get(name) ?? null;
    },
  };
};

const lengthOf = (stretches: readonly number[]): number => {
  let length = 0;
  for (let i = 0; i < stretches.length; i += 2) length += stretches[i + 1]! - stretches[i]!;
  return length;
};

/** What stands in a folder that may not be entered is asked for by itself, and then its own fault is told. */
const FORBIDDEN: ReadonlySet<string> = new Set(['ENOENT', 'EACCES']);
/** Bytes: some four million names. */
const MOST_LISTED = 402_653_184;
const PATIENCE_MS = 300_000;
/** Characters of one record at most, far more than two paths have. */
const LONGEST = 65_536;
