// One test of a file as the plan writes it: values as byte strings, globs and paths checked where they stand.
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import { parseGlob } from '../glob.js';
import type { FileTest } from '../plan.js';
import type { Asked } from './condition.js';
import type { Surroundings } from './level.js';
import { ALL, toBytes } from './model.js';
import { shownBeside } from './program.js';
import { readInnerPath } from './root-path.js';

export const fileTest = (asked: Asked, around: Surroundings): FileTest | null => {
  const test = positive(asked, around);
  return test === null || !asked.negated ? test : { is: 'not', test };
};

/** The glob as a byte string, or null where it is malformed, which is reported. */
export const readGlob = (text: string, span: Span, { report }: Surroundings): string | null => {
  const glob = parseGlob(text);
  if (!('error' in glob)) return toBytes(text);
  report(finding(settings.badGlob, placeIn(text, glob.at, span), [glob.error]));
  return null;
};

/** A folder or path below the folder taken, or null where it is none, which is reported. */
export const readFolder = (text: string, span: Span, { report }: Surroundings): string | null => {
  const found = readInnerPath(text);
  if ('path' in found) return found.path;
  report(finding(settings.badPath, span, [text, found.flaw]));
  return null;
};

const positive = (asked: Asked, around: Surroundings): FileTest | null => {
  const { texts, number, operandSpan } = asked;
  switch (asked.predicate) {
    case 'all':
      return ALL;
    case 'executable':
      return { is: 'executable' };
    case 'size':
      return asked.operator === '<' || asked.operator === '<=' || asked.operator === '>' || asked.operator === '>='
        ? { is: 'size', op: asked.operator, bytes: number }
        : { is: 'size', op: '=', bytes: number };
    case 'modified':
      return { is: 'age', op: asked.operator === 'within' ? '<=' : '>', seconds: number };
    case 'mode':
      return { is: 'mode', values: asked.operator === 'in' ? unique(texts.map(Number)) : [number] };
    case 'type':
      return { is: 'type', values: TYPES.filter(type => texts.includes(type)) };
    case 'path':
      return pathTest(asked, around);
    case 'name':
      if (asked.operator === 'matches') return globTest(asked, 'name', around);
      return nameTest(asked, 'name', around);
    case 'ext':
      return nameTest(asked, 'ext', around);
    case 'owner':
    case 'group':
      return { is: asked.predicate, values: unique(texts.map(toBytes)) };
    default:
      throw new Error(
        `the schema has a predicate ${asked.predicate} that the compiler does not know, at ${operandSpan.start}`,
      );
  }
};

const TYPES = ['file', 'directory', 'link'] as const;

const pathTest = (asked: Asked, around: Surroundings): FileTest | null => {
  const [text = ''] = asked.texts;
  switch (asked.operator) {
    case 'matches':
      return globTest(asked, 'path', around);
    case 'under': {
      const folder = readFolder(text, asked.operandSpan, around);
      return folder === null ? null : { is: 'under', folder };
    }
    case 'listed in': {
      const source = shownBeside(around.program, asked.operandSpan.file, text);
      const paths = around.program.lists.get(source);
      return paths === null || paths === undefined ? null : { is: 'listed', source, paths };
    }
    default: {
      const paths = asked.texts.map(path => readFolder(path, asked.operandSpan, around));
      return paths.every(path => path !== null) ? { is: 'path', values: unique(paths) } : null;
    }
  }
};

const globTest = (asked: Asked, on: 'name' | 'path', around: Surroundings): FileTest | null => {
  const [text = ''] = asked.texts;
  const glob = readGlob(text, asked.operandSpan, around);
  if (glob === null) return null;
  if (on === 'path' || !text.includes('/')) return { is: 'matches', on, glob };
  around.report(
    finding(settings.notWritten, asked.operandSpan, ['a name', 'never holds a "/"; compare with `path matches`']),
  );
  return null;
};

const nameTest = (asked: Asked, is: 'name' | 'ext', around: Surroundings): FileTest | null => {
  const odd = asked.texts.find(text => text.includes('/') || (is === 'ext' && text.includes('.')));
  if (odd === undefined) return { is, values: unique(asked.texts.map(toBytes)) };
  const why = odd.includes('/')
    ? 'never holds a "/"; compare with `path`'
    : 'is what follows the last dot, without any dot';
  around.report(finding(settings.notWritten, asked.operandSpan, [is === 'ext' ? 'an extension' : 'a name', why]));
  return null;
};

const unique = <T extends string | number>(values: readonly T[]): readonly T[] =>
  [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** One character within a text, where the text stands in the file as it is; else the whole text. */
const placeIn = (text: string, at: number, span: Span): Span => {
  const isLiteral = span.end - span.start === text.length + 2;
  return isLiteral && at < text.length
    ? { file: span.file, start: span.start + 1 + at, end: span.start + 2 + at }
    : span;
};
