// The one escaper: every untrusted string becomes text that holds nothing a terminal or a log could obey or hide.
//
// What is escaped, and how:
//   C0 and DEL           `\n` `\r` `\t`, else `\x1b`        bytes that are not UTF-8   `\xff`
//   C1, format and bidi controls, zero-width characters, line separators, private and unassigned characters, blanks other
//   than the space, lone surrogates, combining marks with nothing to stand on or piled up      `\u{202e}`
//   the backslash itself `\\`, in names, so that two different names never look the same
import type { Path } from '../tree/path.js';

/** A path as it may be shown; the root itself is `.`. */
export const displayPath = (path: Path): string => (path === '' ? '.' : displayBytes(path));

/** A byte string as it may be shown. */
export const displayBytes = (bytes: string): string => {
  if (PLAIN_ASCII.test(bytes)) return bytes;
  let shown = '';
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      shown += displayText(text) + hexByte(bytes.charCodeAt(i));
      text = '';
      i++;
    } else {
      text += length === 1 ? bytes[i] : Buffer.from(bytes.slice(i, i + length), 'latin1').toString('utf8');
      i += length;
    }
  }
  return shown + displayText(text);
};

/** A name or any other untrusted text: escapes backslashes too, so no two texts look the same. */
export const displayText = (text: string): string =>
  PLAIN_ASCII.test(text) ? text : displayMessage(text.replaceAll('\\', '\\\\'));

/** A sentence of this program's own that may quote untrusted text: backslashes stay as they are. */
export const displayMessage = (text: string): string =>
  PRINTABLE_ASCII.test(text) ? text : text.replace(UNSAFE, escapeCharacter);

/** What a change line says of a change: its names are byte strings like paths, and `→` is all else it may hold. */
export const displayDetail = (detail: string): string => detail.split('→').map(displayBytes).join('→');

/** The same as plain text, not escaped: bytes that are not UTF-8 are replaced. */
export const detailText = (detail: string): string =>
  detail
    .split('→')
    .map(part => Buffer.from(part, 'latin1').toString('utf8'))
    .join('→');

/** JSON whose strings hold no such character in the raw. */
export const escapeJson = (json: string): string =>
  PRINTABLE_ASCII.test(json)
    ? json
    : json.replace(UNSAFE, character =>
        Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(''),
      );

/** Text as one word of a POSIX shell, fit to be shown and pasted: what must be escaped makes it a `$'…'` word. */
export const shellQuote = (text: string): string => {
  if (SHELL_WORD.test(text)) return text;
  if (!text.match(UNSAFE)) return `'${text.replaceAll("'", "'\\''")}'`;
  const quoted = text
    .replace(/[\\']/g, '\\$&')
    .replace(UNSAFE, character => Array.from(Buffer.from(character, 'utf8'), hexByte).join(''));
  return `$'${quoted}'`;
};

/** The same for a path. */
export const shellQuotePath = (path: Path): string => {
  const text = Buffer.from(path, 'latin1').toString('utf8');
  if (Buffer.from(text, 'utf8').toString('latin1') === path) return shellQuote(text);
  return `$'${path.replace(/[\\']/g, '\\$&').replace(/[^ -~]/g, byte => hexByte(byte.charCodeAt(0)))}'`;
};

const escapeCharacter = (character: string): string => {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  return code < 0x80 ? hexByte(code) : `\\u{${code.toString(16)}}`;
};

/** How many bytes from `at` are one well-formed UTF-8 character; 0 for none (over-long forms and surrogates are none). */
const sequenceLength = (bytes: string, at: number): number => {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) if ((bytes.charCodeAt(at + i) & 0xc0) !== 0x80) return 0;
  const second = bytes.charCodeAt(at + 1);
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second >= 0xa0) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second >= 0x90) return 0;
  return length;
};

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const hexByte = (byte: number): string => `\\x${hex(byte, 2)}`;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const PLAIN_ASCII = /^[ -[\]-~]*$/;
const PRINTABLE_ASCII = /^[ -~]*$/;
const SHELL_WORD = /^[A-Za-z0-9_@%+:,./-]+$/;
/** \p{C} holds controls, format characters, surrogates that stand alone, private and unassigned characters. */
const UNSAFE =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?<![\p{L}\p{N}\p{M}\p{S}])\p{M}|(?<=\p{M}{4})\p{M}/gu;
