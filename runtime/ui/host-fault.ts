// A host that failed as a whole is told once, under its own name: what would have been done on it only points there.
import type { Summary } from '../engine/events.js';
import { displayMessage, displayText } from './display.js';

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
