// Every statement against the schema: is its head known here, said once, followed by what it takes, and built already?
import type { Item, Name, Statement, Value } from '../../grammar/ast.js';
import {
  bodyContext,
  type Context,
  contextsOf,
  EDITION,
  isReserved,
  type Setting,
  settingNamed,
  settingsIn,
} from '../../grammar/schema.js';
import type { Span } from '../../grammar/source.js';
import * as blocks from '../catalog/blocks.js';
import { finding, type Report } from '../catalog/finding.js';
import * as later from '../catalog/later.js';
import * as names from '../catalog/names.js';
import * as settings from '../catalog/settings.js';
import { reportMismatch } from './mismatch.js';
import type { Program } from './program.js';
import { SECRET_NAME } from './secret-name.js';
import { type Capture, matchSignature } from './signature.js';
import type { Values } from './values.js';

/** The statements whose shape is right, with what they said; the others are reported, and left alone from here on. */
export type Shapes = {
  readonly of: (statement: Statement) => Said | null;
  /** The statements of a kind at the top level, right ones only. */
  readonly top: (head: string) => readonly Statement[];
  /** The statements of a body with right shape, with what they said. */
  readonly body: (statement: Statement) => readonly (readonly [Statement, Said])[];
};

export type Said = {
  readonly all: (slot: string, after?: string) => readonly (Name | Value)[];
  readonly one: (slot: string, after?: string) => Name | Value | null;
  /** The literal words, in order. */
  readonly words: readonly string[];
};

export const shapeProgram = (program: Program, values: Values, report: Report): Shapes => {
  const said = new Map<Statement, Said>();
  const walk = (statements: readonly Statement[], context: Context): void => {
    const seen = new Map<string, Statement>();
    for (const statement of statements) {
      if (context === 'route') {
        shapeEdge(statement, report);
        continue;
      }
      const setting = settingNamed(context, statement.head.text);
      if (setting === null) {
        reportUnknown(statement, context, report);
        continue;
      }
      const first = seen.get(setting.name);
      if (!setting.many && first !== undefined && setting.name !== 'syncplan') reportRepeated(statement, first, report);
      else seen.set(setting.name, statement);
      const match = matchSignature(setting.signature, statement, values.lookup);
      if ('captures' in match) said.set(statement, saidOf(match.captures));
      else reportMismatch(setting, statement, match, report);
      shapeBody(setting, statement, 'captures' in match);
    }
  };
  const shapeBody = (setting: Setting, statement: Statement, isRight: boolean): void => {
    if (statement.body === null) return;
    const inner = bodyContext(setting, statement);
    if (inner !== null) {
      walk(statement.body.statements, inner);
      if (inner !== 'route') reportMissing(statement, inner, report);
    } else if (isRight) {
      const written = [statement.head, ...statement.items].map(item => ('text' in item ? item.text : '')).join(' ');
      report(finding(settings.misplacedBody, statement.body.span, [written.trim()]));
    }
  };
  shapeEditions(program, report);
  walk(program.statements, 'file');
  return {
    of: statement => said.get(statement) ?? null,
    top: head => program.statements.filter(statement => statement.head.text === head && said.has(statement)),
    body: statement =>
      (statement.body?.statements ?? []).flatMap(inner => {
        const found = said.get(inner);
        return found === undefined ? [] : [[inner, found] as const];
      }),
  };
};

const saidOf = (captures: readonly Capture[]): Said => {
  const all = (slot: string, after?: string): readonly (Name | Value)[] =>
    captures
      .filter(capture => capture.slot === slot && (after === undefined || capture.after === after))
      .map(capture => capture.item)
      .filter(isValue);
  return {
    all,
    one: (slot, after) => all(slot, after)[0] ?? null,
    words: captures.flatMap(({ slot, item }) => (slot === 'word' && item.kind === 'name' ? [item.text] : [])),
  };
};

const isValue = (item: Item): item is Name | Value =>
  item.kind === 'name' || item.kind === 'string' || item.kind === 'number' || item.kind === 'list';

/** `HOST -> HOST, …`; the hosts are looked up later. */
const shapeEdge = (statement: Statement, report: Report): void => {
  const kinds = statement.items.map(item => item.kind);
  const arrow = kinds.indexOf('arrow');
  const rest = kinds.slice(arrow + 1).filter(kind => kind !== 'comma');
  const isEdge =
    arrow >= 0 &&
    rest.length > 0 &&
    [...rest, ...kinds.slice(0, arrow)].every(kind => kind === 'name' || kind === 'comma');
  if (!isEdge || statement.body !== null || statement.where !== null)
    report(finding(blocks.badEdge, statement.span, []));
};

const reportUnknown = (statement: Statement, context: Context, report: Report): void => {
  const { text, span } = statement.head;
  const homes = contextsOf(text);
  if (isReserved(text)) report(finding(later.reservedWord, span, [text]));
  else if (SECRET_NAME.test(text)) report(finding(settings.secret, statement.span, ['a secret']));
  else if (homes.length > 0) {
    report(finding(settings.misplacedSetting, span, [text, PLACES[context], homes.map(home => PLACES[home])]));
  } else {
    const legal = settingsIn(context).map(setting => setting.name);
    report(finding(settings.unknownSetting, span, [text, PLACES[context], legal]));
  }
};

const reportRepeated = (statement: Statement, first: Statement, report: Report): void => {
  const labels = [{ span: first.head.span, message: 'set here first' }];
  report(finding(settings.repeatedSetting, statement.head.span, [statement.head.text], { labels }));
};

const reportMissing = (statement: Statement, inner: Context, report: Report): void => {
  for (const setting of settingsIn(inner)) {
    if (!setting.required || statement.body?.statements.some(one => one.head.text === setting.name)) continue;
    const name = statement.items[0];
    const place = name?.kind === 'name' ? `the ${statement.head.text} \`${name.text}\`` : PLACES[inner];
    report(
      finding(settings.missingSetting, name?.span ?? statement.head.span, [setting.name, place, setting.signature]),
    );
  }
};

const shapeEditions = (program: Program, report: Report): void => {
  for (const { source, syntax } of program.files.values()) {
    const [first] = syntax.statements;
    if (first?.head.text !== 'syncplan') {
      const start: Span = { file: source.path, start: 0, end: 0 };
      const fix = [{ span: start, text: `syncplan ${EDITION}\n` }];
      report(finding(names.editionMissing, first?.head.span ?? start, [], { fix }));
      continue;
    }
    const edition = first.items[0];
    if (edition?.kind === 'number' && edition.text !== String(EDITION)) {
      report(finding(names.editionUnknown, edition.span, [edition.text, EDITION]));
    }
    for (const again of syntax.statements.slice(1)) {
      if (again.head.text === 'syncplan') reportRepeated(again, first, report);
    }
  }
};

/** How messages name a place. */
const PLACES: Readonly<Record<Context, string>> = {
  file: 'the top level of a file',
  fleet: '`fleet { }`',
  region: 'a region',
  group: 'a group',
  host: 'a host',
  ssh: '`ssh { }`',
  block: 'a block',
  links: '`links { }`',
  lock: '`consistency lock { }`',
  verify: '`consistency verify { }`',
  delete: '`delete mirror { }`',
  set: '`set { }`',
  for: '`for … { }`',
  transfer: '`transfer { }`',
  section: 'a section of `transfer { }`',
  route: 'a route',
};
