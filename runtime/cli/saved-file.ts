// Saved plans as files: canonical JSON under a seal, read strictly (the format is specified in runtime/engine/saved-plan.ts).
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import type { Plan } from '../../compiler/plan.js';
import { decodePlan } from '../../compiler/read-plan.js';
import { SAVED_VERSION, type SavedPlan } from '../engine/saved-plan.js';
import { refusePath } from '../tree/path.js';
import { decodeText, replaceText } from './files.js';

/** 0600: it names every path of a fleet. Nobody ever sees half of one. */
export const writeSaved = async (path: string, saved: SavedPlan): Promise<void> => {
  const text = encodeSaved(saved);
  if (text.length > MAX_TEXT) throw new Error(`the plan cannot be saved: it is larger than ${MAX_TEXT / 2 ** 20} MiB`);
  await replaceText(path, text, 0o600);
};

/** Throws an error that says why it is no saved plan. */
export const readSaved = async (path: string): Promise<SavedPlan> => {
  const { size } = await stat(path);
  if (size > MAX_TEXT) throw refuse(`it is larger than ${MAX_TEXT / 2 ** 20} MiB`);
  return decodeSaved(decodeText(await readFile(path), path));
};

export const encodeSaved = (saved: SavedPlan): string => {
  const body = canonical(saved);
  return `${JSON.stringify({ ...(body as object), seal: sealOf(body) }, null, 1)}\n`;
};

const isCompiled = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'plan' in json && 'blocks' in json;

export const decodeSaved = (text: string): SavedPlan => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw refuse(`it is no JSON: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || !('saved' in json))
    throw refuse(isCompiled(json) ? 'it was made by `syncplan compile`' : 'it does not say its version');
  if (json.saved !== SAVED_VERSION) {
    throw refuse(`it is of version ${JSON.stringify(json.saved)}, and this program knows version ${SAVED_VERSION}`);
  }
  const { seal, ...body } = json as { readonly seal?: unknown; readonly plan?: unknown };
  if (sealOf(canonical(body)) !== seal) throw refuse('it was cut short or changed after it was saved');
  const found = SCHEMA.safeParse(body);
  if (!found.success) {
    const [issue] = found.error.issues;
    throw refuse(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'does not fit its schema'}`);
  }
  const saved = { ...found.data, plan: planOf(body.plan) };
  const disagreement = findDisagreement(saved);
  if (disagreement !== null) throw refuse(disagreement);
  return saved;
};

const refuse = (why: string): Error =>
  Object.assign(new Error(`the saved plan cannot be read: ${why}`), { saved: true });

const planOf = (plan: unknown): Plan => decodePlan(JSON.stringify(plan));

const sealOf = (body: unknown): string => createHash('sha256').update(JSON.stringify(body), 'utf8').digest('hex');

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, canonical(one)]));
};

const bytes = z.string().regex(/^[\u0000-\u00ff]*$/, 'is no byte string');
const path = bytes.refine(text => text === '' || refusePath(text) === null, 'is no path below a root');
const count = z.int().nonnegative();
const digest = z.string().regex(/^([0-9a-f]{2}){1,64}$/, 'is no digest');
const names = { owner: bytes, group: bytes };
const entry = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    size: count,
    mode: z.int().min(0).max(0o7777),
    modified: z.int(),
    ...names,
    extra: bytes,
  }),
  z.strictObject({
    kind: z.literal('folder'),
    selected: z.boolean(),
    unreadable: z.boolean(),
    mode: z.int().min(0).max(0o7777),
    ...names,
    extra: bytes,
  }),
  z.strictObject({ kind: z.literal('link'), target: bytes, modified: z.int(), ...names }),
  z.strictObject({ kind: z.literal('hard'), leader: path }),
]);
const change = z
  .strictObject({
    path,
    kind: z.enum(['create', 'replace', 'attributes', 'delete']),
    why: z.enum(['size', 'time', 'content', 'kind', 'target', 'link']).nullable(),
    was: entry.nullable(),
    becomes: entry.nullable(),
    content: digest.nullable(),
  })
  .refine(
    ({ kind, was, becomes, why }) =>
      (was === null) === (kind === 'create') &&
      (becomes === null) === (kind === 'delete') &&
      (why !== null) === (kind === 'replace'),
    'says something else than its kind',
  );
const texts = z.array(z.string());
const SCHEMA = z.strictObject({
  saved: z.literal(SAVED_VERSION),
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'is no id'),
  created: z.iso.datetime(),
  syncplan: z.string(),
  file: z.string().startsWith('/'),
  options: z.strictObject({
    only: texts,
    except: texts,
    roles: z.record(z.string(), texts),
    allowDelete: z.boolean(),
    acceptRoots: texts,
  }),
  plan: z.unknown(),
  relations: z.array(
    z.strictObject({
      block: z.string(),
      host: z.string(),
      unchanged: count,
      skipped: count,
      specialBits: count.optional(),
      alike: z.strictObject({ files: count, bytes: count }).optional(),
      drift: z.array(path),
      takes: z.array(
        z.strictObject({
          take: count,
          root: bytes,
          exists: z.boolean(),
          master: digest,
          remote: digest,
          changes: z.array(change),
        }),
      ),
    }),
  ),
});

/** What a schema cannot tell: its relations are those of its plan. */
const findDisagreement = ({ plan, relations }: SavedPlan): string | null => {
  const expected = plan.blocks.flatMap(({ name, remotes }) => remotes.map(host => `${name} on ${host}`));
  const found = relations.map(({ block, host }) => `${block} on ${host}`);
  if (expected.join('\n') !== found.join('\n')) return 'its relations are not those of its plan';
  for (const { block, host, takes } of relations) {
    const count = plan.blocks.find(({ name }) => name === block)!.takes.length;
    if (takes.some(({ take }) => take >= count))
      return `${block} on ${host} speaks of a folder that its block does not take`;
  }
  return null;
};

const MAX_TEXT = 256 * 2 ** 20;
