// A plan read back from its file: anything that is no plan of this version is refused with the place.
//
// Apart from plan-file.ts, which writes it: its schema takes longer to load than most plans take to compile.
import type * as z from 'zod';
import { PLAN_VERSION, type Plan } from './plan.js';
import { findDisagreement, PLAN_SCHEMA } from './plan-schema.js';

export const decodePlan = (text: string): Plan => {
  if (text.length > MAX_TEXT) throw refuse(`it is larger than ${MAX_TEXT / 2 ** 20} MiB`);
  if (isTooDeep(text)) throw refuse(`it is nested more than ${MAX_DEPTH} levels deep`);
  const json = parseJson(text);
  const version = typeof json === 'object' && json !== null && 'plan' in json ? json.plan : undefined;
  if (version === undefined) throw refuse('it is no plan: it does not say its version');
  if (version !== PLAN_VERSION) {
    throw refuse(
      `it is of version ${JSON.stringify(version)}, and this program knows version ${PLAN_VERSION}; compile it again`,
    );
  }
  const found = PLAN_SCHEMA.safeParse(json);
  if (!found.success) throw refuse(firstIssue(found.error));
  const disagreement = findDisagreement(found.data);
  if (disagreement !== null) throw refuse(disagreement);
  return withoutPrototypes(found.data);
};

const MAX_TEXT = 256 * 2 ** 20;
/** Far above what the language can nest: 64 brackets, each two levels of objects, classes written into each other. */
const MAX_DEPTH = 1000;

const refuse = (why: string): Error => new Error(`the plan cannot be read: ${why}`);

/** Told from the text, so that no reader is ever recursed deeper than this. */
const isTooDeep = (text: string): boolean => {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      if (++depth > MAX_DEPTH) return true;
    } else if (character === '}' || character === ']') depth--;
  }
  return false;
};

const parseJson = (text: string): unknown => {
  let isOdd = false;
  let json: unknown;
  try {
    json = JSON.parse(text, (key, value: unknown) => {
      isOdd ||= key === '__proto__';
      return value;
    });
  } catch (error) {
    throw refuse(`it is no JSON: ${(error as Error).message}`);
  }
  if (isOdd) throw refuse('it has a key "__proto__", which no plan has');
  return json;
};

const firstIssue = (error: z.ZodError): string => {
  const [issue] = error.issues;
  if (issue === undefined) return 'it does not fit its schema';
  const place = issue.path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${place === '' ? 'the whole' : place.slice(1)}: ${issue.message}`;
};

/** Records are looked up by names from outside, so nothing inherited may answer. */
const withoutPrototypes = (plan: Plan): Plan => ({
  ...plan,
  inputs: bare(plan.inputs),
  blocks: plan.blocks.map(block => ({
    ...block,
    consistencyOf: bare(block.consistencyOf),
    takes: block.takes.map(take => ({ ...take, roots: bare(take.roots) })),
  })),
});

const bare = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.assign(Object.create(null), record);
