// What doctor makes of all that it found out about a host: ready, ready with less, or not; and the one reason that matters most.
import { bytesText } from '../ui/amounts.js';
import { unkeptText } from '../ui/unkept-text.js';
import { clockTrouble, filesTrouble } from './doctor-about.js';
import { type Examined, troublesOf } from './examine.js';
import { withoutHost } from './trouble.js';

export type Verdict = {
  readonly verdict: 'ready' | 'weaker' | 'fails';
  /** '' where there is nothing to say. Safe to show. */
  readonly reason: string;
};

export const verdictOf = (found: Examined): Verdict => {
  const [worst] = troublesOf(found);
  if (worst !== undefined)
    return { verdict: 'fails', reason: 'asks' in worst ? unkeptText(worst) : withoutHost(worst.message, found.host) };
  const { unkept = [], facts, about, runtime } = found;
  const less = [
    ...unkept.map(unkeptText),
    ...(about === undefined ? [] : [clockTrouble(about), filesTrouble(about)]),
    ...(facts?.weaker ?? []),
  ].find(text => text !== null);
  if (less !== undefined) return { verdict: 'weaker', reason: less };
  const reason =
    runtime?.state === 'to-be-copied' ? `plan and apply copy Node.js there first (${bytesText(runtime.bytes)})` : '';
  return { verdict: 'ready', reason };
};
