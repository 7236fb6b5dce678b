// Every finding of this room: code, severity, title, what it means, and an example that has it.
import type { Severity } from './diagnostic.js';

export type Message = {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly explanation: string;
  /** A text that has the finding. */
  readonly example: string;
};

export type SyntaxCode = keyof typeof TABLE;

type Row = readonly [severity: Severity, title: string, explanation: string, example: string];

const TABLE = {
  SP1001: [
    'error',
    'a character that means nothing',
    'The language is made of names, strings, numbers and the signs { } ( ) [ ] , ; = -> < <= > >=. Anything else belongs between double quotes.',
    'syncplan 1\nblock web ^ { take all in www }\n',
  ],
  SP1002: [
    'error',
    'the text is too large',
    'A plan file holds at most two million characters. Split it and take the parts in with import; long lists of paths belong in a file named by `listed in`.',
    'a file of more than two million characters',
  ],
  SP1003: [
    'error',
    'nested too deeply',
    'Brackets and braces nest at most 64 levels deep, and at most 8 `not` stand in a row. The rest of the file is not read.',
    'syncplan 1\nclass deep where not not not not not not not not not executable\n',
  ],
  SP1004: [
    'error',
    'a string without its closing quote',
    'A string starts and ends on the same line. A quote inside a string is written \\", a line break \\n.',
    'syncplan 1\nimport "./fleet.sp\n',
  ],
  SP1005: [
    'error',
    'an escape that is not known',
    'Known escapes are \\" \\\\ \\n \\t \\$ and \\u{…} with one to six hexadecimal digits. A backslash itself is written \\\\.',
    'syncplan 1\nlet folder = "C:\\data"\n',
  ],
  SP1006: [
    'error',
    'a malformed insertion',
    'A value is inserted by a dollar sign and its name in braces, with the name of a `let` or an `input`. A dollar sign before a brace that is meant as such is written \\$.',
    'syncplan 1\nlet www = "/srv/${release"\n',
  ],
  SP1007: [
    'error',
    'an invisible character',
    'Control characters, characters that change the direction of the text and halves of surrogate pairs make a text look like something else than it is. In a string they are written \\u{…}; halves of pairs are not possible at all.',
    'syncplan 1\nlet www = "/srv/\u0007www"\n',
  ],
  SP1008: [
    'error',
    'a malformed number',
    'A number is made of digits, perhaps a decimal fraction, perhaps a unit. Names start with a letter; what starts with a digit and is no number is quoted.',
    'syncplan 1\nclass archive where ext in [7zip]\n',
  ],
  SP1009: [
    'error',
    'a unit that is not known',
    'Units are B kB MB GB TB (powers of 1000), KiB MiB GiB TiB (powers of 1024), the same with /s, ms s m h d, and %.',
    'syncplan 1\nclass small where size < 64Mb\n',
  ],
  SP1010: [
    'error',
    'a mode with a digit that is not octal',
    'A number with a leading zero is a file mode and octal: its digits go from 0 to 7, and it is at most 07777. A decimal number has no leading zero.',
    'syncplan 1\nclass odd where mode is 0689\n',
  ],
  SP1011: [
    'error',
    'a number that is too large or not whole',
    'Sizes, rates, counts and durations are kept exactly: at most 9007199254740991 in their base (bytes, seconds), sizes in whole bytes, durations in whole milliseconds.',
    'syncplan 1\nclass huge where size > 9999999TiB\n',
  ],
  SP1012: [
    'error',
    'a malformed name',
    'Names consist of the letters a to z and A to Z, digits, - and _, and start with a letter; dots join several of them. Anything else is quoted.',
    'syncplan 1\nrole remote is eu..web\n',
  ],
  SP1013: [
    'error',
    'a path, glob, address or command without quotes',
    'Only names, numbers and the words of the language are bare. Paths, globs, addresses and commands stand between double quotes.',
    'syncplan 1\nblock web { take *.html in www }\n',
  ],
  SP1014: [
    'error',
    'a bracket that is never closed',
    'Every { ( [ wants its partner. Brackets cannot reach over a brace or a semicolon: whatever is still open there was forgotten.',
    'syncplan 1\nblock web { take all in www\n',
  ],
  SP1015: [
    'error',
    'a bracket that closes nothing',
    'There is a } ) ] without an open partner: one too many, or the opening one is missing.',
    'syncplan 1\nblock web { take all in www } }\n',
  ],
  SP1016: [
    'error',
    'a statement that does not start with a name',
    'Every statement starts with the name of what it sets or declares; values follow.',
    'syncplan 1\n"www" root\n',
  ],
  SP1017: [
    'error',
    'a sign that does not belong here',
    'Comparisons, parentheses and their like belong in a condition, after `where`.',
    'syncplan 1\nrole remote is (eu.web)\n',
  ],
  SP1018: [
    'error',
    'a malformed condition',
    'After `where` stand tests such as `ext in [html, css]`, `size < 64MiB`, `executable` or `class other`, joined by `and` and `or`, turned around by `not`, grouped by parentheses.',
    'syncplan 1\nclass page where ext is\n',
  ],
  SP1019: [
    'error',
    'a malformed list',
    'A list holds names, strings, numbers or lists, separated by commas, between [ and ].',
    'syncplan 1\nclass page where ext in [html css]\n',
  ],
  SP1020: [
    'error',
    'too many errors',
    'Only the first 100 syntax errors of a file are reported.',
    'a file with more than 100 syntax errors',
  ],
  SP1021: [
    'error',
    'a condition goes on where it has ended',
    'A condition goes on in the next line only when the line ends in `and` or `or`, or inside parentheses.',
    'syncplan 1\nclass page where ext is html\n  or ext is css\n',
  ],
  SP1022: [
    'error',
    'an arrow that leads nowhere',
    'An arrow joins two names, as in `build -> eu.web`; a line that ends in one goes on.',
    'syncplan 1\nroute { build -> }\n',
  ],
  SP1101: [
    'warning',
    'a sign between a setting and its value',
    'Settings are written without = or :, as in `compress 6`. Only `let` has an =.',
    'syncplan 1\ntransfer { parallel = 6 }\n',
  ],
  SP1102: [
    'warning',
    "an operator in another language's spelling",
    'Conditions are written with the words `and` `or` `not` `is` `is not`.',
    'syncplan 1\nclass page where ext is html && !executable\n',
  ],
  SP1103: [
    'warning',
    'a comma too many',
    'Commas stand between items, not after the last one.',
    'syncplan 1\nclass page where ext in [html, css,]\n',
  ],
  SP1104: [
    'warning',
    'a space between a number and its unit',
    'The unit is part of the number, as in `10MB`.',
    'syncplan 1\nclass small where size < 10 MB\n',
  ],
  SP1105: [
    'warning',
    'a brace on the next line',
    'The opening brace stands on the line of its head.',
    'syncplan 1\nfleet\n{\n}\n',
  ],
  SP1106: ['warning', 'single quotes', 'Strings stand between double quotes.', "syncplan 1\nimport './fleet.sp'\n"],
  SP1107: [
    'warning',
    'a statement right behind a closing brace',
    'A statement ends at a newline or a semicolon.',
    'syncplan 1\nfleet { } transfer { }\n',
  ],
  SP1108: [
    'warning',
    'a byte order mark',
    'The file starts with an invisible mark (U+FEFF) that UTF-8 does not need.',
    '\uFEFFsyncplan 1\n',
  ],
  SP1109: [
    'warning',
    'Windows line ends',
    'Lines end in a line feed alone; `syncplan fmt` rewrites them.',
    'syncplan 1\r\n',
  ],
  SP1110: ['warning', 'a comment in another spelling', 'Comments start with #.', 'syncplan 1 // the edition\n'],
  SP1199: [
    'error',
    'the formatter refused to write',
    'What it was about to write would not have read as the same plan, or would have lost a comment, so the file was left alone. This is a fault of syncplan; please report the file.',
    'a file on which the formatter is at fault',
  ],
} as const satisfies Record<string, Row>;

export const MESSAGES: Readonly<Record<SyntaxCode, Message>> = messages(Object.entries(TABLE));

function messages(rows: readonly [string, Row][]): Record<SyntaxCode, Message> {
  const entries = rows.map(([code, [severity, title, explanation, example]]) => [
    code,
    { code, severity, title, explanation, example },
  ]);
  return Object.fromEntries(entries) as Record<SyntaxCode, Message>;
}
