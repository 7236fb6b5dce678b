// The schema of plan files: the types of plan.ts for values that come from outside, and what must agree between their parts.
import * as z from 'zod';
import { ALGORITHMS, type FileTest, PLAN_VERSION, type Plan } from './plan.js';

const LABEL = '[A-Za-z][A-Za-z0-9_-]*';
const name = z.string().regex(new RegExp(`^${LABEL}$`), 'is no name');
const hostId = z.string().regex(new RegExp(`^${LABEL}(\\.${LABEL}){0,2}$`), 'is no name of a host');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256');
const seconds = z.number().nonnegative();
const mode = z.int().min(0).max(0o7777);
const bytes = z.string().regex(/^[\u0000-\u00ff]*$/, 'is no byte string');
const folder = bytes.refine(
  text =>
    text === '' || text.split('/').every(part => part !== '' && part !== '.' && part !== '..' && !part.includes('\0')),
  'is no folder below a root',
);

const user = z.string().regex(/^[A-Za-z_][A-Za-z0-9._-]*$/, 'is no user name');

const jump = z.strictObject({
  host: z.string().regex(/^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/, 'is no address'),
  user: user.optional(),
  port: z.int().min(1).max(65_535).optional(),
  key: z.string().optional(),
  config: z.string().optional(),
  base: z.string(),
});

const address = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('local') }),
  jump.extend({ kind: z.enum(['ssh', 'sftp']), via: z.array(jump).min(1).optional() }),
]);

const host = z
  .strictObject({
    id: hostId,
    name,
    region: name,
    group: name,
    tags: z.array(name),
    address,
    agent: z.enum(['auto', 'node', 'shell', 'sftp', 'push-runtime']),
    become: user.optional(),
  })
  .refine(
    ({ address: { kind }, agent }) => kind !== 'sftp' || agent === 'sftp',
    'is reached by SFTP and driven otherwise',
  );

const fileTest: z.ZodType<FileTest> = z.lazy(() =>
  z.discriminatedUnion('is', [
    z.strictObject({ is: z.literal('all') }),
    z.strictObject({ is: z.literal('not'), test: fileTest }),
    z.strictObject({ is: z.enum(['and', 'or']), tests: z.array(fileTest) }),
    z.strictObject({ is: z.enum(['name', 'path', 'ext', 'owner', 'group']), values: z.array(bytes) }),
    z.strictObject({ is: z.literal('matches'), on: z.enum(['name', 'path']), glob: bytes }),
    z.strictObject({ is: z.literal('under'), folder }),
    z.strictObject({ is: z.literal('type'), values: z.array(z.enum(['file', 'directory', 'link'])) }),
    z.strictObject({
      is: z.literal('size'),
      op: z.enum(['<', '<=', '>', '>=', '=', '!=']),
      bytes: z.int().nonnegative(),
    }),
    z.strictObject({ is: z.literal('age'), op: z.enum(['<=', '>']), seconds }),
    z.strictObject({ is: z.literal('mode'), values: z.array(mode) }),
    z.strictObject({ is: z.literal('executable') }),
    z.strictObject({ is: z.literal('listed'), source: z.string(), paths: z.array(folder) }),
  ]),
);

const place = z.strictObject({ root: name, folder });

const rootPath = z.strictObject({
  path: z.string().min(1),
  base: z.string(),
  state: z.string().min(1).nullable(),
});

const take = z.strictObject({
  from: place,
  into: place,
  roots: z.record(hostId, z.array(rootPath).min(1)),
  terms: z.array(z.strictObject({ base: folder, include: fileTest, except: fileTest.nullable() })).min(1),
});

const command = z
  .array(z.string().regex(/^[^\0]*$/, 'holds a NUL character'))
  .refine(([program = '']) => /^[^/~\s][^/\s]*$/.test(program) || program.startsWith('/'), 'names no program');

const lock = z.strictObject({
  strategy: z.literal('lock'),
  wait: seconds,
  hold: z.number().min(1),
  by: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('advisory') }),
    z.strictObject({ kind: z.literal('permissions') }),
    z.strictObject({ kind: z.literal('command'), command, release: command }),
  ]),
});

const consistency = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('none') }),
  z.strictObject({
    strategy: z.literal('verify'),
    rounds: z.int().min(1).max(100),
    every: seconds,
    then: z.union([z.literal('fail'), lock]),
  }),
  lock,
]);

const orderItem = z.strictObject({ base: folder, test: fileTest });

const account = z.string().regex(/^([A-Za-z_][A-Za-z0-9._-]*\$?|\d{1,10})$/, 'is no owner or group');

const transfer = z.strictObject({
  mode: z.enum(['auto', 'whole', 'delta']),
  compress: z.int().min(0).max(9),
  encrypt: z.boolean(),
  limit: z.strictObject({ rate: z.number().min(1), shared: z.string().min(1).max(512) }).nullable(),
});

const bySection = z.strictObject({ 'same-group': transfer, 'same-region': transfer, 'other-region': transfer });

const block = z.strictObject({
  name,
  after: z.array(name),
  master: hostId,
  remotes: z.array(hostId).min(1),
  takes: z.array(take).min(1),
  order: z.array(orderItem),
  compare: z.discriminatedUnion('by', [
    z.strictObject({ by: z.literal('quick') }),
    z.strictObject({ by: z.literal('checksum'), algorithm: z.enum(ALGORITHMS) }),
  ]),
  attributes: z.array(z.enum(['mode', 'modified', 'owner', 'group', 'acl', 'xattr', 'special'])),
  links: z.strictObject({
    symbolic: z.enum(['keep', 'follow', 'skip']),
    hard: z.enum(['keep', 'split']),
    escaping: z.enum(['keep', 'refuse', 'skip']),
  }),
  consistency,
  consistencyOf: z.record(hostId, consistency),
  delete: z.discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('never') }),
    z.strictObject({
      mode: z.literal('mirror'),
      maxPercent: z.number().min(0).max(100).nullable(),
      maxFiles: z.int().nonnegative().nullable(),
      protect: z.array(bytes),
      trash: seconds,
    }),
  ]),
  commit: z.enum(['independent', 'together']),
  hooks: z.array(
    z.strictObject({
      when: z.enum(['before', 'after']),
      changed: z.array(orderItem).nullable(),
      command,
      on: z.enum(['master', 'remote', 'server']),
      timeout: z.number().positive(),
    }),
  ),
  set: z
    .strictObject({
      owner: account.nullable(),
      group: account.nullable(),
      files: mode.nullable(),
      folders: mode.nullable(),
    })
    .nullable(),
  durability: z.enum(['strict', 'none']),
  transfer,
  transferOf: z.record(hostId, transfer),
  route: z
    .strictObject({
      shape: z.enum(['chain', 'tree', 'edges']),
      senders: z.record(hostId, hostId),
      between: bySection,
      betweenOf: z.record(hostId, bySection),
    })
    .optional(),
});

export const PLAN_SCHEMA: z.ZodType<Plan> = z.strictObject({
  plan: z.literal(PLAN_VERSION),
  sources: z.array(z.strictObject({ path: z.string(), sha256 })),
  inputs: z.record(name, z.string()),
  hosts: z.array(host),
  blocks: z.array(block),
  onFailure: z.enum(['continue', 'stop']),
  parallel: z.int().min(1).max(1000),
});

/** What a schema cannot tell: that every name in the plan is one of the plan's own. */
export const findDisagreement = (plan: Plan): string | null => {
  const hosts = new Set(plan.hosts.map(({ id }) => id));
  if (hosts.size < plan.hosts.length) return 'a host is in it twice';
  const done = new Set<string>();
  for (const block of plan.blocks) {
    const where = `the block ${JSON.stringify(block.name)}`;
    const own = [block.master, ...block.remotes];
    const unknown = own.find(id => !hosts.has(id));
    if (unknown !== undefined) return `${where} names the host ${JSON.stringify(unknown)}, which is not in it`;
    if (new Set(own).size < own.length) return `${where} names a host twice`;
    for (const { from, roots } of block.takes) {
      const without = own.find(id => !Object.hasOwn(roots, id));
      if (without !== undefined) return `${where} does not say where ${without} keeps ${from.root}`;
      const count = roots[block.master]?.length ?? 0;
      const odd = block.remotes.find(id => count > 1 && roots[id]?.length !== count);
      if (odd !== undefined) return `${where} cannot pair the parallel paths of ${block.master} with those of ${odd}`;
    }
    const lost = routeFault(block);
    if (lost !== null) return `${where} has a route ${lost}`;
    const later = block.after.find(name => !done.has(name));
    if (later !== undefined) return `${where} comes after ${JSON.stringify(later)}, which does not stand before it`;
    if (done.has(block.name)) return `${where} is in it twice`;
    done.add(block.name);
  }
  return null;
};

/** Every remote is reached from the master, over remotes of the block. */
const routeFault = ({ master, remotes, route }: Plan['blocks'][number]): string | null => {
  if (route === undefined) return null;
  const known = new Set(remotes);
  const odd = Object.keys(route.betweenOf).find(id => !known.has(id));
  if (odd !== undefined) return `that names ${JSON.stringify(odd)}, which is no remote of it`;
  const { senders } = route;
  if (route.shape !== 'edges')
    return Object.keys(senders).length === 0 ? null : 'that is no list of edges and has some';
  if (Object.keys(senders).some(id => !known.has(id))) return 'to hosts that are no remotes of it';
  const reached = new Set([master]);
  for (const remote of remotes) {
    const trail: string[] = [];
    let at: string | undefined = remote;
    while (at !== undefined && !reached.has(at) && trail.length <= remotes.length) {
      trail.push(at);
      at = Object.hasOwn(senders, at) ? senders[at] : undefined;
    }
    if (at === undefined || !reached.has(at)) return `that does not reach ${JSON.stringify(remote)}`;
    for (const one of trail) reached.add(one);
  }
  return null;
};
