// What happens to content between the disk it is read from and its way: cut small and slowed where there is a limit, squeezed.
//
//  1. A limit is for everything that this host sends under its name, whoever receives it: all wait in one line.
//  2. It counts what travels, after it was squeezed, and lets nothing go before it has been paid for.
//  3. A clock that is set back holds nothing up, and one that is set forward lets no more go than one chunk each.
import { setTimeout } from 'node:timers/promises';
import { splitPack } from '../bytes/split.js';
import { squeezePack } from '../bytes/squeeze.js';
import type { Travel } from './host.js';

/** The limits of one host, by name. */
export type Limits = { readonly hold: (name: string, rate: number, bytes: number) => Promise<void> };

export const travelling = (
  pack: AsyncIterable<Uint8Array>,
  { compress, limit }: Travel,
  limits: Limits,
): AsyncIterable<Uint8Array> => {
  const small = limit === null ? pack : splitPack(pack, grainOf(limit.rate));
  const squeezed = compress === 0 ? small : squeezePack(small, compress);
  return limit === null ? squeezed : paying(squeezed, bytes => limits.hold(limit.shared, limit.rate, bytes));
};

/** `now` in milliseconds. */
export const makeLimits = (
  now: () => number,
  sleep: (milliseconds: number) => Promise<unknown> = milliseconds => setTimeout(milliseconds),
): Limits => {
  /** Of each limit, when all that waits will have been paid for; kept in step with a clock that is set back. */
  const lines = new Map<string, number>();
  let seen = now();
  const look = (): number => {
    const at = now();
    if (at < seen) for (const [one, end] of lines) lines.set(one, end - (seen - at));
    seen = at;
    return at;
  };
  return {
    async hold(name, rate, bytes) {
      const at = look();
      const end = Math.max(lines.get(name) ?? at, at) + (bytes * 1000) / rate;
      lines.set(name, end);
      await sleep(end - at);
      look();
    },
  };
};

async function* paying(
  pack: AsyncIterable<Uint8Array>,
  pay: (bytes: number) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of pack) {
    await pay(chunk.length);
    yield chunk;
  }
}

/** About a quarter of a second's worth, so that it trickles; not so small that it would not shrink. */
const grainOf = (rate: number): number => Math.min(Math.max(Math.floor(rate / 4), SMALLEST), LARGEST);
const SMALLEST = 4_096;
const LARGEST = 1_048_576;
