// Plans as files: canonical JSON (keys sorted, one layout, a newline at the end) and its hash; read back by read-plan.ts.
//
// The same plan gives the same bytes, on every machine.
import { createHash } from 'node:crypto';
import type { Plan } from './plan.js';

export const encodePlan = (plan: Plan): string => `${JSON.stringify(sortKeys(plan), null, 2)}\n`;

/** SHA-256 of the canonical form, in hex. */
export const planHash = (plan: Plan): string => createHash('sha256').update(encodePlan(plan), 'utf8').digest('hex');

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const sorted: Record<string, unknown> = Object.create(null);
  for (const [key, one] of entries) sorted[key] = sortKeys(one);
  return sorted;
};
