// Carries content to a remote from other remotes that have it, or are getting it; what none of them brings, from the master.
//
//  1. What came from a relay counts only once the digest that its receiver computed is the master's own (proven.ts).
//  2. A relay that is lost, refuses, or falls silent costs seconds, and none of what it brought before.
//  3. A relay that altered content is named and not asked again; what it spoiled is fetched elsewhere.
import { setTimeout } from 'node:timers/promises';
import type { LinkContent, Transaction, Wanted } from '../host/host.js';
import { asText, type Path } from '../tree/path.js';
import type { Carry } from './carry.js';
import type { Ends, OwnLink } from './linking.js';
import { type SendingOver, sendOver } from './over-link.js';
import { unproven } from './proven.js';
import { type Relation, shownPath } from './relation.js';
import type { Relays, Source } from './relays.js';
import { goingOn } from './resume.js';
import { about } from './state.js';
import type { Work } from './work.js';

export type Relaying = SendingOver & { readonly relays: Relays };

/** `direct` is how content comes from the master. */
export const makeRelayedCarry = (
  relation: Relation,
  work: Work,
  transaction: Transaction,
  direct: Carry,
  context: Relaying,
): Carry => {
  const { relays, linking, signal } = context;
  const sizesOf = (wanted: readonly Wanted[]): number =>
    wanted.reduce((sum, { index }) => {
      const action = work.actionOf(index);
      return sum + (action?.do === 'file' ? action.size : 0);
    }, 0);

  const blame = (source: Source, part: number, paths: readonly Path[]): void => {
    if (!relays.distrust(source)) return;
    const first = asText(shownPath(relation.takes[part]!.take, paths[0]!));
    const others = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
    const message = `what it passed on is not what the master holds: ${first}${others}`;
    context.emit({ type: 'link', ...about(relation, context), from: source.id, state: 'altered', message });
  };

  /** Stages what a relay brings of these; what it does not bring is still missing then. */
  const ask = async (source: Source, part: number, wanted: readonly Wanted[], as: 'whole' | 'delta'): Promise<void> => {
    const from = await within(contentOf(source, relation, part, wanted));
    if (from === null) return;
    const { compress, encrypt, limit } = source.transfer;
    const host = Promise.resolve(source.relation.remoteHost!);
    const link = linking.openFrom(relation, { id: source.id, host, encrypt });
    const ends = await opened(link);
    if (ends === null) return;
    const watch = watchOver(source, link);
    const signatures = as === 'delta' ? relation.takes[part]!.remote.sign(wanted) : null;
    const content = { from, wanted, travel: { compress, limit }, signatures, master: source.id };
    const to = { relation, work, transaction, close: async () => void link.close() };
    const came = (bytes: number): void => {
      watch.came();
      relation.tally.bytesRelayed += bytes;
    };
    const options = { came, patience: ANSWER_MS };
    const { sending, receiving, outcomes } = await sendOver(ends, content, to, context, options);
    watch.end();
    const fault = receiving ?? sending;
    if (fault === null || signal.aborted) void link.close();
    else await within(link.lose(watch.isStuck() ? `passed on nothing for ${STUCK_MS / 1000} s` : fault.message));
    // A delta that does not come out right may be nobody's fault.
    const corrupt = outcomes.filter(one => one.result === 'failed' && one.problem.code === 'corrupt');
    if (as === 'whole' && corrupt.length > 0)
      blame(
        source,
        part,
        corrupt.map(({ index }) => work.placeOf(index).path),
      );
  };

  return async (part, wanted, as) => {
    const asked = new Set<string>();
    let rest = wanted;
    while (rest.length > 0 && !signal.aborted) {
      const source = relays.next(relation, asked);
      if (source === null) return direct(part, rest, as);
      asked.add(source.key);
      const before = work.progress.bytes;
      await ask(source, part, rest, as);
      const missing = new Set(await transaction.missing());
      const came = rest.filter(({ index }) => !missing.has(index));
      const { spoiled, blamed } = await unproven({ relation, work, transaction, relays }, source, part, came);
      if (blamed.length > 0) blame(source, part, blamed);
      const left = rest.filter(one => missing.has(one.index) || spoiled.has(one.index));
      work.comeAgain(work.progress.bytes - before - (sizesOf(rest) - sizesOf(left)));
      rest = as === 'whole' ? await goingOn(transaction, left) : left;
    }
    return [];
  };
};

/** What a relay reads for it: what it is staging, or what stands in its place since it has ended. */
const contentOf = async (
  { relation: other, staging }: Source,
  relation: Relation,
  part: number,
  wanted: readonly Wanted[],
): Promise<LinkContent['from'] | null> => {
  const { take, masterRoot } = relation.takes[part]!;
  const theirs = other.takes.findIndex(one => one.take === take && one.masterRoot.path === masterRoot.path);
  if (theirs < 0) return null;
  if (staging !== null) return { transaction: staging.transaction, part: theirs };
  const { remote, changes } = other.takes[theirs]!;
  // What was put in place since it was scanned has to be seen there first.
  if (changes.length > 0) await remote.lookup(wanted.map(({ path }) => path));
  return remote;
};

const opened = async (link: OwnLink): Promise<Ends | null> => {
  await within(link.settled);
  const ends = link.now();
  // One that comes too late is closed when it comes.
  if (ends === null) void link.close();
  return ends;
};

/** Ends a link over which nothing comes although its relay goes on, or for too long in any case. */
const watchOver = ({ staging }: Source, link: OwnLink) => {
  const progress = (): number => staging?.work.progress.bytes ?? Number.POSITIVE_INFINITY;
  let silent = 0;
  let before = progress();
  let stuck = false;
  const timer = setInterval(() => {
    silent += LOOK_MS;
    const goesOn = progress() > before || staging === null;
    if (silent < STUCK_MS || (!goesOn && silent < 2 * STUCK_MS)) return;
    stuck = true;
    void link.close();
  }, LOOK_MS);
  timer.unref();
  return {
    came(): void {
      silent = 0;
      before = progress();
    },
    isStuck: () => stuck,
    end: () => clearInterval(timer),
  };
};

/** A relay is not waited for longer than this; null where it did not answer, or with an error. */
const within = <T>(work: Promise<T>): Promise<T | null> =>
  Promise.race([work.catch(() => null), setTimeout(ANSWER_MS, null, { ref: false })]);

const ANSWER_MS = 8_000;
const STUCK_MS = 30_000;
const LOOK_MS = 1_000;
