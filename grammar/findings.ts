// Builds a finding of this room: the code decides the severity, the caller the words and the place.
import type { Diagnostic, Edit } from './diagnostic.js';
import { MESSAGES, type SyntaxCode } from './messages.js';
import type { Span } from './source.js';

export function finding(
  code: SyntaxCode,
  span: Span,
  message: string,
  more: { help?: string; labels?: Diagnostic['labels']; fix?: readonly Edit[] } = {},
): Diagnostic {
  return {
    code,
    severity: MESSAGES[code].severity,
    message,
    span,
    labels: more.labels ?? [],
    help: more.help ?? null,
    fix: more.fix ?? null,
  };
}

/** A piece of the text as messages quote it: cut, on one line, with what cannot be seen made visible. */
export function quoted(text: string): string {
  const visible = [...text.slice(0, 64)].map(showCharacter).join('');
  const cut = visible.length > 48 || text.length > 64 ? `${visible.slice(0, 45)}…` : visible;
  return `\`${cut}\``;
}

/** Control, format and unassigned characters as `\u{…}`. */
export function showCharacter(character: string): string {
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(character) ? `\\u{${hexOf(character)}}` : character;
}

export function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
