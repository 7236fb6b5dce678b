// Digests files where they lie: some files of a folder in one request, each looked at before and after.
import type { Algorithm } from '../../../compiler/plan.js';
import { type Digested, type Fault, type Folder, isFault, type Stat } from '../file-verbs.js';
import { notFile } from '../kind.js';
import { answerFault, faultAmong, faultOf, followedTo, UNREADABLE } from './complaints.js';
import { isPlainWord, parseDigests } from './digest-tools.js';
import { pathOf, wordFor } from './folder.js';
import { parseLooked } from './records.js';
import type { ShellSession } from './session.js';

export type DigestAsk = {
  readonly session: ShellSession;
  readonly algorithm: Algorithm;
  readonly command: string;
  readonly at: Folder;
  readonly follow: boolean;
};

/** One answer for each name, in order. */
export const digestAll = async (asked: DigestAsk, names: readonly string[]): Promise<(Digested | Fault)[]> => {
  const words = names.map(wordFor);
  const batches: string[][] = [];
  let open: string[] | null = null;
  for (const word of words) {
    if (isFault(word)) continue;
    if (!isPlainWord(word)) batches.push([word]);
    else if (open !== null && open.length < TOGETHER) open.push(word);
    else {
      open = [word];
      batches.push(open);
    }
  }
  const answers = new Map((await Promise.all(batches.map(batch => digestSome(asked, batch)))).flat());
  return words.map(word => (isFault(word) ? word : (answers.get(word) ?? UNREADABLE)));
};

const digestSome = async (
  { session, algorithm, command, at, follow }: DigestAsk,
  words: readonly string[],
): Promise<readonly (readonly [string, Digested | Fault])[]> => {
  const how = follow ? 'follow' : 'own';
  const answer = await session.ask('digest', [pathOf(at), command, how, ...words], { patience: PATIENCE_MS });
  const all = (fault: Fault) => words.map(word => [word, fault] as const);
  const fault = answerFault(answer);
  if (fault !== null) return all(fault);
  const parts = answer.output.toString('latin1').split('\0');
  if (parts.length !== 4) return all(UNREADABLE);
  const [first, sums, last, said] = parts as [string, string, string, string];
  const before = looked(first, session.mark);
  const after = looked(last, session.mark);
  const files = words.filter(word => before?.get(word)?.kind === 'file');
  const digests = parseDigests(algorithm, sums, files);
  if (before === null || after === null || digests === null) return all(UNREADABLE);
  const byWord = new Map(files.map((word, index) => [word, digests[index]!]));
  const complaint = faultAmong(said) ?? faultOf('ENOENT');
  return words.map(word => {
    const [one, other, digest] = [before.get(word), after.get(word), byWord.get(word)];
    const led = one === undefined || !follow ? one : followedTo(one);
    if (led !== undefined && isFault(led)) return [word, led];
    if (one !== undefined && one.kind !== 'file') return [word, notFile(one.kind)];
    if (one === undefined || other === undefined || digest == null) return [word, complaint];
    return [word, { digest, before: one, after: other }];
  });
};

const looked = (text: string, mark: string): ReadonlyMap<string, Stat> | null => {
  const named = parseLooked(text, mark);
  return named === null ? null : new Map(named.map(({ name, stat }) => [name, stat]));
};

/** Words of one request. */
const TOGETHER = 500;
/** Nothing is heard while a large file is digested: the end of the connection is noticed all the same. */
const PATIENCE_MS = 3_600_000;
