// The one table of everything that has a name in the language; it drives checking, did-you-mean, completion and docs.
import type { Operator, Statement } from './ast.js';
import { BLOCK_PART_ROWS, BLOCK_ROWS } from './schema/block.js';
import { FILE_ROWS, FLEET_ROWS, SSH_ROWS } from './schema/fleet.js';
import { FILE_PREDICATES, HOST_PREDICATES } from './schema/predicates.js';
import { type Context, type Predicate, type Setting, settingOf } from './schema/row.js';
import { RESERVED_WORDS, TRANSFER_ROWS } from './schema/transfer.js';

export { bareSubject } from './schema/predicates.js';
export type { Context, Operand, Predicate, Setting, UnitRow } from './schema/row.js';
export { RESERVED_WORDS } from './schema/transfer.js';
export { UNITS } from './schema/units.js';

/** The edition of the language this program knows. */
export const EDITION = 1;

export const SETTINGS: readonly Setting[] = [
  ...FILE_ROWS,
  ...FLEET_ROWS,
  ...SSH_ROWS,
  ...BLOCK_ROWS,
  ...BLOCK_PART_ROWS,
  ...TRANSFER_ROWS,
].map(settingOf);

const BY_CONTEXT = new Map<Context, Map<string, Setting>>();
for (const setting of SETTINGS) {
  for (const context of setting.contexts) {
    const rows = BY_CONTEXT.get(context) ?? new Map<string, Setting>();
    BY_CONTEXT.set(context, rows.set(setting.name, setting));
  }
}

/** Every setting that may stand in a context, in the order of the documentation. */
export function settingsIn(context: Context): readonly Setting[] {
  return [...(BY_CONTEXT.get(context)?.values() ?? [])];
}

export function settingNamed(context: Context, name: string): Setting | null {
  return BY_CONTEXT.get(context)?.get(name) ?? null;
}

/** Where a name would be legal, for a setting that was misplaced; [] where it is known nowhere. */
export function contextsOf(name: string): readonly Context[] {
  return SETTINGS.filter(setting => setting.name === name).flatMap(setting => setting.contexts);
}

export function isReserved(word: string): boolean {
  return RESERVED_WORDS.includes(word);
}

export function predicates(over: 'file' | 'host'): readonly Predicate[] {
  return over === 'file' ? FILE_PREDICATES : HOST_PREDICATES;
}

export function predicateNamed(over: 'file' | 'host', name: string): Predicate | null {
  return predicates(over).find(predicate => predicate.name === name) ?? null;
}

/** What an operator of a predicate takes; null where the predicate does not know the operator. */
export function operandOf(
  predicate: Predicate,
  operator: Operator | null,
): Predicate['tests'][number]['operand'] | null {
  return predicate.tests.find(test => test.operator === operator)?.operand ?? null;
}

/** The context that the body of this statement opens; null where the setting takes no body there. */
export function bodyContext(setting: Setting, statement: Statement): Context | null {
  if (setting.body === null || typeof setting.body === 'string') return setting.body;
  const first = statement.items[0];
  return (first?.kind === 'name' ? setting.body[first.text] : null) ?? null;
}
