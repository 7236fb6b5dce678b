// What tells this machine, its user and this process from others: in lock records, in claims, and as a fact of a host.
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Holder } from './lock/lease.js';

/** A user id without an entry in the password file has no name. */
export const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
};

/** Another one after each start of the system; '' where that has none. */
export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
};

/** The same clock for all processes of this machine, since it started. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e9;

/** This process as it takes locks. */
export const holderHere = (now: () => number): Holder => ({
  name: `${userName()}@${hostname()}`,
  process: process.pid,
  boot: bootId(),
  monotonic,
  now,
});
