// A host that failed as a whole is told once, under its own name: what would have been done on it only points there. Of hosts that
// failed alike, the first is told in full.
import type { Summary } from '../engine/events.js';
import { countText } from './amounts.js';
import { displayMessage, displayText } from './display.js';
import { hanging } from './fit.js';
import { hostNames } from './host-names.js';
import type { Marks } from './marks.js';

type Faults = readonly Pick<Summary['hosts'][number], 'host' | 'message'>[];
type Failed = { readonly host: string; readonly message?: string; readonly help?: string };

/** The same relation; one that failed only because a host did says which, instead of the host's message and help. */
export const pointToHost = <R extends Failed>(relation: R, faults: Faults, where: 'above' | 'below'): R => {
  if (relation.message === undefined) return relation;
  const fault = faults.find(({ message }) => message === relation.message);
  if (fault === undefined) return relation;
  const name = fault.host === relation.host ? 'the host' : displayText(fault.host);
  return { ...relation, message: `${name} failed, see ${where}`, help: '' };
};

/** What a host says of itself, where its name stands already. */
export const faultText = ({ host, message }: Faults[number]): string =>
  displayMessage(message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message);

/** Faults that are alike but for what names the host, each kind by its first; in the order of these. */
export const faultKinds = <F extends Told>(
  faults: readonly F[],
): { readonly fault: F; readonly others: string[] }[] => {
  const kinds = new Map<string, { readonly fault: F; readonly others: string[] }>();
  for (const fault of faults) {
    const key = kindOf(fault);
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { fault, others: [] });
    else known.others.push(fault.host);
  }
  return [...kinds.values()];
};

/** Below the first of a kind: on which others it is the same. */
export const alikeLines = (others: readonly string[], width: number, signs: Marks): string[] =>
  others.length === 0
    ? []
    : hanging(`the same on ${countText(others.length, 'more host')}: `, hostNames(others, signs), 4, width);

/** What a fault says without the names and addresses of its host. A fingerprint is none of these: it keeps faults apart. */
export const kindOf = ({ host, code, message, help }: Told): string => {
  const [, destination] = / -- (\S+?)[;,.]?(?=\s|$)/.exec(help) ?? [];
  const names = [host, ...(destination === undefined ? [] : [destination, destination.replace(/^.*@/, '')])];
  const nameless = names.reduce(
    (text, name) => text.replaceAll(new RegExp(`(?<![\\w.-])${escaped(name)}(?![\\w.-])`, 'g'), 'HOST'),
    `${faultText({ host, message })}\n${help}`,
  );
  return `${code} ${nameless.replaceAll(ADDRESS, 'HOST').replaceAll(PORT, '$1PORT')}`;
};

const escaped = (name: string): string => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

type Told = Summary['hosts'][number];

const ADDRESS = /\[[^\]\s]+\]:\d+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g;
const PORT = /( port | -p )\d+/g;
