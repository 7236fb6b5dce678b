// The settings of a block that have a default: how it is compared, which attributes and links, deletions and the rest.
import type { Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import { ALGORITHMS, type Attribute, type CompareMethod, type DeletePolicy, type LinkPolicy } from '../plan.js';
import { readGlob } from './file-test.js';
import { readSet } from './fixed.js';
import type { Surroundings } from './level.js';
import type { BlockModel } from './model.js';
import { type Bounds, readNumber } from './numbers.js';
import type { Said } from './shape.js';
import { readTransfer, refuseMisplaced } from './transfer.js';

type Settings = Pick<
  BlockModel,
  | 'roots'
  | 'rootsSpan'
  | 'compare'
  | 'attributes'
  | 'saidAttributes'
  | 'links'
  | 'delete'
  | 'guard'
  | 'together'
  | 'set'
  | 'transfer'
> & { readonly durability: BlockModel['durability'] | null };

export const readBlockSettings = (block: Statement, around: Surroundings): Settings => {
  const inner = around.shapes.body(block);
  const find = (head: string): readonly [Statement, Said] | null =>
    inner.find(([one]) => one.head.text === head) ?? null;
  const roots = find('roots');
  const remove = find('delete');
  const commit = find('commit');
  const transfer = find('transfer')?.[0] ?? null;
  const said = readAttributes(find('attributes')?.[1] ?? null, around);
  if (transfer !== null) refuseMisplaced(transfer, 'the transfer of a block', { parallel: OF_FILE }, around);
  return {
    roots: ROOTS.find(word => word === roots?.[1].words[0]) ?? 'all',
    rootsSpan: roots?.[0].span ?? block.items[0]?.span ?? block.span,
    compare: readCompare(find('compare')?.[1] ?? null, around),
    attributes: said === null ? ['mode', 'modified'] : ATTRIBUTES.filter(attribute => said.has(attribute)),
    saidAttributes: said ?? new Map(),
    links: readLinks(find('links')?.[0] ?? null, around),
    delete: readDelete(remove, around),
    guard: guardOf(remove, around),
    together: commit?.[1].words[0] === 'together' ? commit[0].span : null,
    set: readSet(find('set')?.[0] ?? null, around),
    durability: transfer === null ? null : readDurability(transfer, around),
    transfer: readTransfer(transfer, around),
  };
};

/** Of a transfer; null where it does not say. */
export const readDurability = (transfer: Statement, { shapes }: Surroundings): BlockModel['durability'] | null => {
  const found = shapes.body(transfer).find(([inner]) => inner.head.text === 'durability');
  return DURABILITIES.find(word => word === found?.[1].words[0]) ?? null;
};

const ROOTS = ['all', 'first', 'second'] as const;
const DURABILITIES = ['strict', 'none'] as const;

const readCompare = (said: Said | null, { report }: Surroundings): CompareMethod => {
  if (said?.words[0] === 'quick') return { by: 'quick' };
  const written = said?.one('ALGORITHM');
  if (written?.kind !== 'name') return { by: 'checksum', algorithm: 'xxh128' };
  const algorithm = ALGORITHMS.find(one => one === written.text);
  if (algorithm !== undefined) return { by: 'checksum', algorithm };
  report(finding(settings.refusedAlgorithm, written.span, [written.text, weakness(written.text)]));
  return { by: 'checksum', algorithm: 'xxh128' };
};

const weakness = (algorithm: string): string => {
  if (/^md2$/i.test(algorithm)) return 'it is broken, and slower than every sound one';
  return 'it has 16 bits, so that one in 65536 changed files would pass for unchanged';
};

/** Each with its place; null where the setting is not there. */
const readAttributes = (said: Said | null, { report }: Surroundings): ReadonlyMap<string, Span> | null => {
  if (said === null) return null;
  const found = new Map<string, Span>();
  for (const item of said.all('ATTRIBUTE')) {
    if (item.kind !== 'name') continue;
    const first = found.get(item.text);
    found.set(item.text, first ?? item.span);
    if (first === undefined) continue;
    report(
      finding(settings.repeatedSetting, item.span, [item.text], {
        labels: [{ span: first, message: 'set here first' }],
      }),
    );
  }
  return found;
};

/** In the order of the plan. */
const ATTRIBUTES: readonly Attribute[] = ['mode', 'modified', 'owner', 'group', 'acl', 'xattr', 'special'];

const readLinks = (statement: Statement | null, { shapes }: Surroundings): LinkPolicy => {
  const words = new Map(
    statement === null ? [] : shapes.body(statement).map(([inner, said]) => [inner.head.text, said.words[0]]),
  );
  const pick = <T extends string>(name: string, legal: readonly T[], byDefault: T): T =>
    legal.find(word => word === words.get(name)) ?? byDefault;
  return {
    symbolic: pick('symbolic', ['keep', 'follow', 'skip'], 'keep'),
    hard: pick('hard', ['keep', 'split'], 'keep'),
    escaping: pick('escaping', ['keep', 'refuse', 'skip'], 'keep'),
  };
};

const readDelete = (found: readonly [Statement, Said] | null, around: Surroundings): DeletePolicy => {
  if (found === null || found[1].words[0] !== 'mirror') return { mode: 'never' };
  const percents: number[] = [];
  const counts: number[] = [];
  const protect = new Set<string>();
  let trash = 7 * DAY;
  for (const [inner, said] of around.shapes.body(found[0])) {
    switch (inner.head.text) {
      case 'max': {
        percents.push(...present(readNumber('max', said.one('PERCENT'), PERCENT, around)));
        counts.push(...present(readNumber('max', said.one('COUNT'), COUNT, around)));
        break;
      }
      case 'protect':
        for (const item of said.all('GLOB')) {
          const text = item.kind === 'string' ? around.values.text(item) : null;
          const glob = text === null ? null : readGlob(text, item.span, around);
          if (glob !== null) protect.add(glob);
        }
        break;
      case 'trash':
        trash = readNumber('trash', said.one('DURATION'), TRASH, around) ?? trash;
        break;
    }
  }
  return {
    mode: 'mirror',
    maxPercent: percents.length === 0 ? null : Math.min(...percents),
    maxFiles: counts.length === 0 ? null : Math.min(...counts),
    protect: [...protect].sort(),
    trash,
  };
};

/** The first of the bounds, for a warning about all of them. */
const guardOf = (
  found: readonly [Statement, Said] | null,
  { shapes }: Surroundings,
): { readonly span: Span } | null => {
  const max = found === null ? undefined : shapes.body(found[0]).find(([inner]) => inner.head.text === 'max');
  return max === undefined ? null : { span: max[0].span };
};

const present = (value: number | null): readonly number[] => (value === null ? [] : [value]);

/** How many hosts transfer at once is a matter of the whole run. */
const OF_FILE = "the file's own `transfer { }`";
const DAY = 86_400;
const PERCENT: Bounds = { low: 0, high: 100, shown: ['0%', '100%'] };
const COUNT: Bounds = { low: 0, high: Number.MAX_SAFE_INTEGER, shown: ['0', '9007199254740991'] };
const TRASH: Bounds = { low: 0, high: 3650 * DAY, shown: ['0s', '3650d'] };
