// Strings: from quote to quote on one line, with escapes and insertions; every fault is reported at its own characters.
import type { StringValue } from './ast.js';
import { finding, hexOf, quoted } from './findings.js';
import { lineEnd, push, type Scanner } from './scanner.js';
import * as T from './tokens.js';

/** Control characters but the tab, halves of pairs, and what turns the direction of the text around. */
export const HIDDEN = /(?!\t)[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/u;

const INSERTION = /\$\{([A-Za-z][A-Za-z0-9_-]*)\}/y;
const CODE_POINT = /\\u\{([0-9A-Fa-f]{1,6})\}/y;
const SIMPLE: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['n', '\n'],
  ['t', '\t'],
  ['$', '$'],
]);

type Part = StringValue['parts'][number];

export function scanString(scanner: Scanner, quote: '"' | "'"): void {
  const { text, at, file } = scanner;
  const close = closingQuote(text, at, quote);
  const end = close ?? endOfUnterminated(text, at);
  const parts = readParts(scanner, at + 1, end, quote);
  const after = close === null ? end : end + 1;
  if (close === null) {
    const help = 'a string ends on the line it starts on; a quote inside it is written \\"';
    scanner.findings.push(
      finding('SP1004', { file, start: at, end: at + 1 }, 'the string that starts here has no closing quote', { help }),
    );
  }
  const image = quote === '"' && close !== null ? text.slice(at, after) : `"${requote(text.slice(at + 1, end))}"`;
  if (quote === "'") {
    const span = { file, start: at, end: after };
    scanner.findings.push(
      finding('SP1106', span, 'a string stands between double quotes', { fix: [{ span, text: image }] }),
    );
  }
  push(scanner, T.Str, after - at, { parts }, image);
}

function closingQuote(text: string, at: number, quote: string): number | null {
  for (let index = at + 1; index < text.length; index++) {
    const character = text[index];
    if (character === '\n') return null;
    if (character === quote) return index;
    if (character === '\\' && text[index + 1] !== '\n') index++;
  }
  return null;
}

/** The rest of the line belongs to the string, but the braces and semicolons at its end most likely do not. */
function endOfUnterminated(text: string, at: number): number {
  const end = lineEnd(text, at);
  let cut = end;
  while (cut > at + 1 && ' \t\r;{}'.includes(text[cut - 1]!)) cut--;
  while (cut < end && !' \t\r;'.includes(text[cut]!)) cut++;
  return cut;
}

function readParts(scanner: Scanner, start: number, end: number, quote: string): readonly Part[] {
  const { text, file } = scanner;
  const parts: Part[] = [];
  let literal = '';
  let at = start;
  while (at < end) {
    const character = String.fromCodePoint(text.codePointAt(at)!);
    if (character === '\\') {
      const read = readEscape(scanner, at, end, quote);
      literal += read.text;
      at += read.length;
    } else if (character === '$' && text[at + 1] === '{') {
      INSERTION.lastIndex = at;
      const found = INSERTION.exec(text);
      if (found === null || at + found[0].length > end) {
        at += reportInsertion(scanner, at, end);
        continue;
      }
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ insert: found[1]!, span: { file, start: at, end: at + found[0].length } });
      at += found[0].length;
    } else {
      if (HIDDEN.test(character)) reportHidden(scanner, at, character);
      literal += character;
      at += character.length;
    }
  }
  return literal === '' && parts.length > 0 ? parts : [...parts, literal];
}

function readEscape(scanner: Scanner, at: number, end: number, quote: string): { text: string; length: number } {
  const { text, file } = scanner;
  const next = at + 1 < end ? String.fromCodePoint(text.codePointAt(at + 1)!) : '';
  const simple = SIMPLE.get(next);
  if (simple !== undefined) return { text: simple, length: 2 };
  if (next === quote) return { text: quote, length: 2 };
  CODE_POINT.lastIndex = at;
  const found = CODE_POINT.exec(text);
  const length = found !== null && at + found[0].length <= end ? found[0].length : 1 + next.length;
  const value = Number.parseInt(found?.[1] ?? '', 16);
  if (found !== null && value > 0 && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff)) {
    return { text: String.fromCodePoint(value), length };
  }
  const span = { file, start: at, end: at + length };
  const help = 'escapes are \\" \\\\ \\n \\t \\$ and \\u{…}; a backslash itself is written \\\\';
  const why = found === null ? 'is not an escape' : 'is not a character that a string can hold';
  scanner.findings.push(finding('SP1005', span, `${quoted(text.slice(at, at + length))} ${why}`, { help }));
  return { text: '', length };
}

function reportInsertion(scanner: Scanner, at: number, end: number): number {
  const { text, file } = scanner;
  const close = text.indexOf('}', at);
  const length = close !== -1 && close < end ? close + 1 - at : 2;
  const help =
    'a value is inserted by a dollar sign and its name in braces; a dollar sign that is meant as such is written \\$';
  const message = `${quoted(text.slice(at, at + length))} inserts no value`;
  scanner.findings.push(finding('SP1006', { file, start: at, end: at + length }, message, { help }));
  return length;
}

function reportHidden(scanner: Scanner, at: number, character: string): void {
  const span = { file: scanner.file, start: at, end: at + character.length };
  const message = `a string holds the invisible character U+${hexOf(character)}`;
  const writable = !/\p{Cs}|\0/u.test(character);
  const written = `\\u{${hexOf(character)}}`;
  const more = writable
    ? { help: `write ${written} if it is meant`, fix: [{ span, text: written }] }
    : { help: 'remove it' };
  scanner.findings.push(finding('SP1007', span, message, more));
}

/** From single to double quotes. */
function requote(content: string): string {
  return content.replace(/\\.|"/g, piece => (piece === '"' ? '\\"' : piece === "\\'" ? "'" : piece));
}
