// The settings that go down the fleet: ssh, roots and agent of the fleet, a region, a group or a host. The innermost wins.
import type { Name, Statement, Value } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding, type Report } from '../catalog/finding.js';
import * as fleet from '../catalog/fleet.js';
import * as names from '../catalog/names.js';
import * as settings from '../catalog/settings.js';
import { type Address, isPort, isUser, parseAddress } from './address.js';
import type { IsPoisoned } from './poison.js';
import { baseOf, type Program } from './program.js';
import { readRootPath } from './root-path.js';
import type { Said, Shapes } from './shape.js';
import type { Values } from './values.js';

/** How a host is driven. */
export type Driver = 'auto' | 'node' | 'shell' | 'sftp' | 'push-runtime';

export type Level = {
  readonly parent: Level | null;
  user: Setting<string> | null;
  port: Setting<number> | null;
  key: Setting<string> | null;
  config: Setting<string> | null;
  via: Via | null;
  agent: (Setting<Driver> & { readonly span: Span }) | null;
  become: (Setting<string> & { readonly span: Span }) | null;
  readonly roots: Map<string, RootSetting>;
  /** Statements that set something here, for naming both where it is set twice. */
  readonly set: Map<string, Span>;
};

/** A value and the folder of the file that says it. */
export type Setting<T> = { readonly value: T; readonly base: string };

/** A host of the fleet, or an address. */
export type Via = { readonly span: Span } & ({ readonly reference: string } | { readonly address: Address });

/** Null where faulty, which is reported. */
export type RootSetting = {
  /** Several are parallel. */
  readonly paths: readonly { readonly text: string; readonly span: Span }[] | null;
  readonly state: { readonly text: string; readonly span: Span } | null;
  readonly base: string;
  readonly span: Span;
  readonly name: Span;
};

export type Surroundings = {
  readonly program: Program;
  readonly shapes: Shapes;
  readonly values: Values;
  readonly report: Report;
  readonly isPoisoned: IsPoisoned;
};

export const newLevel = (parent: Level | null): Level => ({
  parent,
  user: null,
  port: null,
  key: null,
  config: null,
  via: null,
  agent: null,
  become: null,
  roots: new Map(),
  set: new Map(),
});

/** The innermost value of a setting. */
export const inherited = <K extends 'user' | 'port' | 'key' | 'config' | 'agent' | 'become'>(
  level: Level | null,
  name: K,
): Level[K] | null => (level === null ? null : (level[name] ?? inherited(level.parent, name)));

/** All roots by name, the innermost of each name. */
export const inheritedRoots = (level: Level | null): ReadonlyMap<string, RootSetting> =>
  level === null ? new Map() : new Map([...inheritedRoots(level.parent), ...level.roots]);

/** Takes in the statements of one body; a level may have several, in several files. */
export const readLevel = (level: Level, owner: Statement, around: Surroundings): void => {
  const { shapes, report } = around;
  for (const [statement, said] of shapes.body(owner)) {
    switch (statement.head.text) {
      case 'ssh':
        readSsh(level, statement, around);
        break;
      case 'root':
        readRoot(level, statement, around);
        break;
      case 'agent':
        if (isAgain(level, 'agent', statement.head.span, owner, report)) break;
        level.agent = { value: driverOf(said.words[0]), base: '', span: statement.head.span };
        break;
      case 'become': {
        if (isAgain(level, 'become', statement.head.span, owner, report)) break;
        const user = readUser(said, around);
        if (user !== null) level.become = { value: user, base: '', span: statement.head.span };
        break;
      }
    }
  }
};

const driverOf = (word: string | undefined): Driver =>
  word === 'node' || word === 'shell' || word === 'sftp' || word === 'push-runtime' ? word : 'auto';

const readUser = (said: Said, { values, report }: Surroundings): string | null => {
  const written = said.one('USER');
  const value = written === null ? null : values.textOf(written);
  if (written === null || value === null) return null;
  if (isUser(value)) return value;
  report(finding(fleet.badUser, written.span, [value]));
  return null;
};

const readSsh = (level: Level, ssh: Statement, around: Surroundings): void => {
  const { program, shapes, values, report } = around;
  const base = baseOf(program, ssh.span);
  for (const [statement, said] of shapes.body(ssh)) {
    const name = statement.head.text;
    if (isAgain(level, name, statement.head.span, ssh, report)) continue;
    switch (name) {
      case 'user': {
        const value = readUser(said, around);
        if (value !== null) level.user = { value, base };
        break;
      }
      case 'via':
        level.via = readVia(said, around);
        break;
      case 'port': {
        const written = said.one('PORT');
        const number = written === null ? null : values.numberOf(written);
        if (written === null || number === null) break;
        if (isPort(number.value)) level.port = { value: number.value, base };
        else report(finding(settings.outOfRange, written.span, ['port', number.text, '1', '65535']));
        break;
      }
      case 'key':
      case 'config': {
        const written = said.one('PATH');
        const value = written?.kind === 'string' ? values.text(written) : null;
        if (written === null || value === null) break;
        const flaw = /^-/.test(value) ? 'begins with a dash' : fileFlaw(value);
        if (flaw === null) level[name] = { value, base };
        else report(finding(fleet.badRootPath, written.span, [value, flaw]));
        break;
      }
    }
  }
};

const readVia = (said: Said, { values, report }: Surroundings): Via | null => {
  const host = said.one('HOST');
  if (host?.kind === 'name') return { reference: host.text, span: host.span };
  const written = said.one('ADDRESS');
  const text = written?.kind === 'string' ? values.text(written) : null;
  if (written === null || text === null) return null;
  const address = parseAddress(text);
  if (typeof address !== 'string') return { address, span: written.span };
  report(finding(fleet.badAddress, written.span, [text, address]));
  return null;
};

const readRoot = (level: Level, statement: Statement, around: Surroundings): void => {
  const said = around.shapes.of(statement);
  const name = said?.one('NAME') ?? null;
  const [first, ...others] = said?.all('PATH', '') ?? [];
  if (said === null || name?.kind !== 'name' || first === undefined) return;
  const earlier = level.roots.get(name.text);
  if (earlier !== undefined) {
    const labels = [{ span: earlier.name, message: 'declared here first' }];
    around.report(finding(names.duplicateName, name.span, ['root', name.text], { labels }));
    return;
  }
  const paths = [first, ...others].map(path => readPath(path, statement, said, around));
  const written = said.one('PATH', 'state');
  const state = written === null ? null : readPath(written, statement, said, around);
  const isWhole = paths.every(path => path !== null) && (written === null || state !== null);
  level.roots.set(name.text, {
    paths: isWhole ? paths : null,
    state,
    base: baseOf(around.program, statement.span),
    span: first.span,
    name: name.span,
  });
};

const readPath = (
  written: Name | Value,
  statement: Statement,
  said: Said,
  { values, report }: Surroundings,
): { readonly text: string; readonly span: Span } | null => {
  const { span } = written;
  const text = values.textOf(written);
  if (text === null) return null;
  const found = readRootPath(text);
  if (found === 'forbidden') report(finding(fleet.forbiddenRoot, span, [text]));
  else if ('flaw' in found) report(finding(fleet.badRootPath, span, [text, found.flaw]));
  else if (found.isShallow && !said.words.includes('wide')) {
    const { end } = statement.items.at(-1)?.span ?? span;
    const labels = [{ span: { file: span.file, start: end, end }, message: '`wide` goes here' }];
    report(finding(fleet.shallowRoot, span, [text], { labels }));
  } else return { text: found.path, span };
  return null;
};

/** Said twice for one level by two bodies; within one body it is reported with the shape. */
const isAgain = (level: Level, name: string, span: Span, owner: Statement, report: Report): boolean => {
  const first = level.set.get(name);
  level.set.set(name, first ?? span);
  if (first === undefined) return false;
  const inOneBody = owner.body?.statements.some(one => one.head.span.start === first.start && first.file === span.file);
  if (!inOneBody) {
    const labels = [{ span: first, message: 'set here first' }];
    report(finding(settings.repeatedSetting, span, [name], { labels }));
  }
  return true;
};

const fileFlaw = (path: string): string | null => {
  if (path === '') return 'is empty';
  return /[\u0000-\u001f\u007f-\u009f]/.test(path) ? 'holds a control character' : null;
};
