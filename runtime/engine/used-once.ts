// A saved plan is used once: from then on, advice to run the same command again names the command that goes on instead.

import type { RunEvent, Summary } from './events.js';
import type { Expected } from './expect-saved.js';

export type Claiming = Expected & {
  /** Asked once, before the first write: false where the plan has been used meanwhile. */
  readonly claim: () => Promise<boolean>;
  /** The command line that goes on where a run ends that has used the plan. */
  readonly goesOn: string;
};

type Saying = { readonly emit: (event: RunEvent) => void; readonly expected?: Claiming };

/** The same options, and what is to be made of the summary. Nothing is another one for a run without a saved plan. */
export const usedOnce = <T extends Saying>(
  options: T,
): { readonly options: T; readonly ended: (summary: Summary) => Summary } => {
  const { emit, expected } = options;
  if (expected === undefined) return { options, ended: summary => summary };
  let again: string | null = null;
  const claim = async (): Promise<boolean> => {
    const isMine = await expected.claim();
    if (isMine) again = expected.goesOn;
    return isMine;
  };
  return {
    options: {
      ...options,
      emit: event => emit(again === null ? event : advise(event, again)),
      expected: { ...expected, claim },
    },
    ended(summary) {
      if (again === null) return summary;
      const { relations, hosts } = summary;
      const by = again;
      return {
        ...summary,
        ...(ASIDE.has(summary.exitCode) ? {} : { again: by }),
        relations: relations.map(one => advise(one, by)),
        hosts: hosts.map(one => advise(one, by)),
      };
    },
  };
};

/** The same with its help about the command that goes on; null and no help stay. */
const advise = <T extends object>(said: T, again: string): T =>
  'help' in said && typeof said.help === 'string'
    ? { ...said, help: said.help.replace(SAME, (_, run: string) => `${run} ${again}`) }
    : said;

const SAME = /\b(run) the same command again/gi;
/** Done; or refused, where somebody has to look first. */
const ASIDE: ReadonlySet<number> = new Set([0, 4]);
