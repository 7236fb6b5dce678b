// Blocks: which hosts, which files of which roots, in which order, and how. What is not said has its default here.
import type { Name, Statement } from '../../grammar/ast.js';
import { finding } from '../catalog/finding.js';
import * as names from '../catalog/names.js';
import { readBlockSettings, readDurability } from './block-settings.js';
import type { Classes } from './classes.js';
import { readConsistency, readExceptions } from './consistency.js';
import { readFolder, readGlob } from './file-test.js';
import { readHooks } from './hooks.js';
import type { Surroundings } from './level.js';
import type { BlockModel, FleetModel, HostModel, ItemModel, PlaceModel, RoleModel, TakeModel } from './model.js';
import type { Said } from './shape.js';

export type Names = {
  readonly fleet: FleetModel;
  readonly roles: ReadonlyMap<string, RoleModel>;
  readonly classes: Classes;
};

/** One whose name another has already is reported, and kept: it is checked like any other. */
export const resolveBlocks = (known: Names, around: Surroundings): readonly BlockModel[] => {
  const blocks: BlockModel[] = [];
  const statements = around.shapes.top('block');
  const declared = statements.flatMap(statement => {
    const name = around.shapes.of(statement)?.one('NAME');
    return name?.kind === 'name' ? [name.text] : [];
  });
  for (const statement of statements) {
    const block = readBlock(statement, declared, known, around);
    if (block === null) continue;
    const first = blocks.find(({ name }) => name === block.name);
    blocks.push(block);
    if (first === undefined) continue;
    const labels = [{ span: first.span, message: 'declared here first' }];
    around.report(finding(names.duplicateName, block.span, ['block', block.name], { labels }));
  }
  return blocks;
};

const readBlock = (
  statement: Statement,
  declared: readonly string[],
  known: Names,
  around: Surroundings,
): BlockModel | null => {
  const { shapes } = around;
  const said = shapes.of(statement);
  const name = said?.one('NAME');
  if (said === null || name?.kind !== 'name') return null;
  const inner = shapes.body(statement);
  const from = inner.find(([one]) => one.head.text === 'from');
  const hosts = readRoles(from, name, statement, known, around);
  const order = inner.find(([one]) => one.head.text === 'order')?.[1].all('ITEM') ?? [];
  const settings = readBlockSettings(statement, around);
  return {
    name: name.text,
    span: name.span,
    after: readAfter(said, declared, around),
    ...hosts,
    takes: inner.flatMap(([one, take]) => (one.head.text === 'take' ? readTake(one, take, known, around) : [])),
    order: order.map(item => readItem(item, known, around)),
    strategy: readConsistency(inner.find(([one]) => one.head.text === 'consistency') ?? null, statement, around),
    exceptions: readExceptions(inner, known.fleet, around),
    hooks: readHooks(inner, item => readItem(item, known, around), around),
    ...settings,
    durability: settings.durability ?? ofFile(around),
    statement,
  };
};

const ofFile = (around: Surroundings): BlockModel['durability'] => {
  const [transfer] = around.shapes.top('transfer');
  return (transfer === undefined ? null : readDurability(transfer, around)) ?? 'strict';
};

const readAfter = (
  said: Said,
  declared: readonly string[],
  { report, isPoisoned }: Surroundings,
): BlockModel['after'] =>
  said.all('BLOCK').flatMap(block => {
    if (block.kind !== 'name') return [];
    if (declared.includes(block.text)) return [{ block: block.text, span: block.span }];
    if (!isPoisoned(block.text)) report(finding(names.unknownBlock, block.span, [block.text, declared]));
    return [];
  });

const readRoles = (
  from: readonly [Statement, Said] | undefined,
  name: Name,
  statement: Statement,
  known: Names,
  around: Surroundings,
): Pick<BlockModel, 'from' | 'to' | 'rolesSpan' | 'masters' | 'remotes' | 'isAssigned'> => {
  const master = from?.[1].one('ROLE', '') ?? null;
  const remote = from?.[1].one('ROLE', 'to') ?? null;
  // A `from` that is faulty was reported; what it would have said is not known.
  const isFaulty = from === undefined && statement.body?.statements.some(one => one.head.text === 'from') === true;
  const find = (role: Name | null, byDefault: string): readonly HostModel[] | null => {
    const text = role?.text ?? byDefault;
    const found = known.roles.get(text);
    if (found !== undefined) return found.hosts;
    if (!isFaulty && !around.isPoisoned(text)) {
      around.report(
        finding(names.unknownRole, role?.span ?? name.span, [text, [...known.roles.keys()], role === null]),
      );
    }
    return null;
  };
  const masterName = master?.kind === 'name' ? master : null;
  const remoteName = remote?.kind === 'name' ? remote : null;
  const to = remoteName?.text ?? 'remote';
  return {
    from: masterName?.text ?? 'master',
    to,
    rolesSpan: from?.[0].span ?? name.span,
    masters: find(masterName, 'master'),
    remotes: find(remoteName, 'remote'),
    isAssigned: known.roles.get(to)?.isAssigned === true,
  };
};

const readTake = (statement: Statement, said: Said, known: Names, around: Surroundings): readonly TakeModel[] => {
  const shared = readPlace(said, 'in', around);
  const from = shared ?? readPlace(said, 'from', around);
  const into = shared ?? readPlace(said, 'into', around);
  if (from === null || into === null) return [];
  const include = said.all('ITEM', '').map(item => readItem(item, known, around));
  const except = said.all('ITEM', 'except').map(item => readItem(item, known, around));
  return [{ include, except, from, into, span: statement.span }];
};

const readPlace = (said: Said, word: string, around: Surroundings): PlaceModel | null => {
  const root = said.one('ROOT', word);
  if (root?.kind !== 'name') return null;
  const written = said.one('FOLDER', word);
  const text = written?.kind === 'string' ? around.values.text(written) : '';
  const folder = written === null ? '' : text === null ? null : readFolder(text, written.span, around);
  return { root: root.text, folder: folder ?? '', span: root.span };
};

const readItem = (item: ReturnType<Said['all']>[number], known: Names, around: Surroundings): ItemModel => {
  const { span } = item;
  if (item.kind === 'name') {
    const shown = item.text === 'all' ? '`all`' : `the class \`${item.text}\``;
    return { test: known.classes.test(item.text, span), shown, className: item.text, span };
  }
  const text = item.kind === 'string' ? around.values.text(item) : null;
  const glob = text === null ? null : readGlob(text, span, around);
  return {
    test: glob === null ? null : { is: 'matches', on: 'path', glob },
    shown: `the glob "${text ?? ''}"`,
    className: null,
    span,
  };
};
