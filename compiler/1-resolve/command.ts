// Commands of hooks and locks: a program and its arguments, started without a shell, so that nothing in them is expanded.
import type { Name, Value } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import type { Surroundings } from './level.js';

/** null where it is faulty, which is reported. */
export const readCommand = (
  setting: string,
  written: Name | Value | null,
  around: Surroundings,
): readonly string[] | null => {
  const parts = written === null ? null : partsOf(setting, written, around);
  if (written === null || parts === null) return null;
  for (const [at, { text, span }] of parts.entries()) {
    const flaw = at === 0 ? programFlaw(text) : argumentFlaw(text);
    if (flaw === null) continue;
    around.report(finding(settings.badCommand, span, [setting, ...flaw]));
    return null;
  }
  if (parts.length > 0) return parts.map(({ text }) => text);
  around.report(finding(settings.badCommand, written.span, [setting, ...EMPTY]));
  return null;
};

type Flaw = readonly [why: string, help: string];

/** Each part at its own place; those of a list that is declared elsewhere at the place of its name. */
const partsOf = (
  setting: string,
  written: Name | Value,
  { values, report }: Surroundings,
): readonly { readonly text: string; readonly span: Span }[] | null => {
  if (written.kind !== 'list') return values.listOf(written)?.map(text => ({ text, span: written.span })) ?? null;
  const nested = written.items.find(item => item.kind === 'list');
  if (nested !== undefined) {
    report(
      finding(settings.badCommand, nested.span, [
        setting,
        'holds a list in a list',
        'each argument is a text of its own',
      ]),
    );
    return null;
  }
  const parts = written.items.map(item => ({ text: values.textOf(item), span: item.span }));
  return parts.every((part): part is { text: string; span: Span } => part.text !== null) ? parts : null;
};

const programFlaw = (text: string): Flaw | null => {
  if (text === '') return EMPTY;
  if (text.startsWith('~')) return ['begins with "~", which no shell expands here', 'write the whole path'];
  if (text.includes('/')) {
    return text.startsWith('/')
      ? argumentFlaw(text)
      : ['begins with a relative path', 'write the whole path, or a bare name, which is looked up in PATH'];
  }
  if (/\s/.test(text))
    return ['holds several words in one text', 'write each argument by itself: ["program", "argument"]'];
  return argumentFlaw(text);
};

const argumentFlaw = (text: string): Flaw | null =>
  text.includes('\0') ? ['holds a NUL character', 'no program can be given one'] : null;

const EMPTY: Flaw = ['names no program', 'write it as ["program", "argument"]'];
