// Findings 3xxx: settings, their values, conditions, globs and secrets.
import { quoted } from '../../grammar/findings.js';
import { kind, listing, suggest } from './finding.js';

export const unknownSetting = kind({
  code: 'SP3001',
  severity: 'error',
  title: 'a setting that is not known',
  explanation: 'Each place knows its own settings; the message names the nearest, or all of them.',
  example: 'block app { tak all in www }\n',
  say: (name: string, where: string, legal: readonly string[]) => [
    `${where} knows no setting ${quoted(name)}`,
    legal.length === 0 ? 'nothing can be set here' : suggest(name, legal, 'settings'),
  ],
});

export const misplacedSetting = kind({
  code: 'SP3002',
  severity: 'error',
  title: 'a setting in the wrong place',
  explanation: 'The setting exists, but belongs somewhere else.',
  example: 'block app { take all in www; trash 7d }   # trash belongs in delete mirror { }\n',
  say: (name: string, where: string, homes: readonly string[]) => [
    `${quoted(name)} does not belong in ${where}`,
    `it belongs in ${homes.join(' or ')}`,
  ],
});

export const repeatedSetting = kind({
  code: 'SP3003',
  severity: 'error',
  title: 'a setting said twice',
  explanation: 'A setting stands once in its place; which of two would hold is nobody’s guess.',
  example: 'block app { take all in www; compare quick; compare checksum }\n',
  say: (name: string) => [`${quoted(name)} is set twice here`, 'keep one of them'],
});

export const missingSetting = kind({
  code: 'SP3004',
  severity: 'error',
  title: 'a setting that must not be left out',
  explanation: 'Some statements mean nothing without it: a block takes something.',
  example: 'block app { delete mirror }\n',
  absence: true,
  say: (name: string, where: string, signature: string) => [
    `${where} has no ${quoted(name)}`,
    `write \`${name} ${signature}\``,
  ],
});

export const unexpectedItem = kind({
  code: 'SP3005',
  severity: 'error',
  title: 'something unexpected in a setting',
  explanation: 'What may follow a setting, and in which order, is fixed; the help line shows it.',
  example: 'block app { take all from www }   # … into ROOT is missing, or `in` was meant\n',
  say: (head: string, found: string, expected: string, signature: string) => [
    expected === ''
      ? `${quoted(head)} takes nothing more here, not ${found}`
      : `${quoted(head)} wants ${expected} here, not ${found}`,
    `\`${`${head} ${signature}`.trim()}\``,
  ],
});

export const incompleteSetting = kind({
  code: 'SP3006',
  severity: 'error',
  title: 'a setting that ends too early',
  explanation: 'Something that must follow is missing; the help line shows the whole.',
  example: 'block app { take all }\n',
  say: (head: string, expected: string, signature: string) => [
    `${quoted(head)} ends where ${expected} should follow`,
    `\`${`${head} ${signature}`.trim()}\``,
  ],
});

/** What people call it elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = { folder: 'directory', dir: 'directory', symlink: 'link' };

const meant = (found: string, legal: readonly string[]): string | null => {
  const word = ELSEWHERE[found];
  if (word !== undefined && legal.includes(word)) return `did you mean ${quoted(word)}?`;
  const help = suggest(found, legal, 'words');
  return help.startsWith('did') ? help : null;
};

export const wrongWord = kind({
  code: 'SP3007',
  severity: 'error',
  title: 'a word that a setting does not know',
  explanation: 'The setting takes one of a few words; the message names them.',
  example: 'block app { take all in www; delete miror }\n',
  say: (head: string, found: string, legal: readonly string[]) => [
    `${quoted(head)} takes ${listing(legal, 'or')}, not ${quoted(found)}`,
    meant(found, legal),
  ],
});

export const wrongType = kind({
  code: 'SP3008',
  severity: 'error',
  title: 'a value of the wrong type or unit',
  explanation:
    'Units are part of a literal: sizes `10MiB`, rates `20MB/s`, durations `30s`, percentages `25%`, modes `0644`.',
  example: 'block app { take all in www; delete mirror { trash 7 } }   # seven what?\n',
  say: (head: string, found: string, expected: string, many = false) => [
    `${quoted(head)} takes ${expected}, not ${found}`,
    many && found === 'a list' ? 'write several with commas between, without brackets' : null,
  ],
});

export const outOfRange = kind({
  code: 'SP3009',
  severity: 'error',
  title: 'a value out of range',
  explanation: 'The number has the right type, but is too small or too large to mean something.',
  example: 'fleet { ssh { port 70000 } }\n',
  say: (head: string, found: string, low: string, high: string) =>
    `${quoted(head)} goes from ${low} to ${high}; ${quoted(found)} is out of range`,
});

export const misplacedBody = kind({
  code: 'SP3010',
  severity: 'error',
  title: 'braces where there can be none',
  explanation: 'The setting, as it is written here, has nothing to set in braces.',
  example: 'block app { take all in www; delete never { trash 7d } }\n',
  say: (written: string) => `${quoted(written)} takes no braces`,
});

export const refusedAlgorithm = kind({
  code: 'SP3011',
  severity: 'error',
  title: 'a checksum that is too weak to compare files by',
  explanation:
    'MD2 is broken and of no use to anybody else. CRC-16 and the BSD and System V sums have 16 bits: of 65,536 changed files one would go unnoticed.',
  example: 'block app { take all in www; compare checksum crc16 }\n',
  say: (name: string, why: string) => [
    `${quoted(name)} is not offered: ${why}`,
    'the default is `compare checksum xxh128`',
  ],
});

export const badGlob = kind({
  code: 'SP3012',
  severity: 'error',
  title: 'a malformed glob',
  explanation:
    'Globs: * within a component, ** for any folders, ? for one character, [1-5] [!x] for one of or none of these, {a,b} for alternatives, \\ before a character that is meant as such.',
  example: 'class page where name matches "*.{html"\n',
  say: (why: string) => `the glob is malformed: ${why}`,
});

export const badPath = kind({
  code: 'SP3013',
  severity: 'error',
  title: 'a folder or path that cannot be below a root',
  explanation:
    'Folders and paths of files are relative to a root or to the folder taken: no leading /, no empty, "." or ".." parts.',
  example: 'block app { take all in www "../other" }\n',
  say: (text: string, why: string) => [
    `${quoted(text)} is no path below a root: it ${why}`,
    'write a relative path, such as "docs/images"',
  ],
});

export const secret = kind({
  code: 'SP3014',
  severity: 'error',
  title: 'a secret in a plan',
  explanation:
    'Plans are kept under version control and printed. Log in with the SSH agent or a `key` file; give what must be secret at run time by other means than a plan.',
  example: 'fleet { ssh { user deploy; password "hunter2" } }\n',
  say: (what: string) => [
    `this looks like ${what}; a plan holds no secrets`,
    'use the SSH agent, or `ssh { key "…" }` with the path of a key file, or an `input`',
  ],
});

export const unknownPredicate = kind({
  code: 'SP3015',
  severity: 'error',
  title: 'a test that is not known',
  explanation: 'Files and hosts have their own tests; the message names the nearest, or all of them.',
  example: 'class page where extension is html   # ext\n',
  say: (name: string, over: 'file' | 'host', legal: readonly string[]) => [
    `${quoted(name)} is nothing that can be asked of a ${over}`,
    suggest(name, legal, 'tests'),
  ],
});

export const wrongOperator = kind({
  code: 'SP3016',
  severity: 'error',
  title: 'a comparison that a test does not know',
  explanation: 'Each test knows its own comparisons: sizes are compared by < <= > >=, names by is, in and matches.',
  example: 'class small where ext < 10MiB\n',
  say: (subject: string, operator: string, legal: readonly string[], example: string) => [
    legal.length === 0
      ? `${quoted(subject)} stands by itself and is not compared`
      : operator === ''
        ? `${quoted(subject)} must be compared with something`
        : `${quoted(subject)} cannot be compared by ${quoted(operator)}`,
    `${legal.length === 0 ? '' : `it is compared by ${legal.map(quoted).join(', ')}; `}for example \`${example}\``,
  ],
});

export const wrongOperand = kind({
  code: 'SP3017',
  severity: 'error',
  title: 'a comparison with something of the wrong type',
  explanation: 'Sizes are compared with sizes, ages with durations, modes with modes such as 0644, names with texts.',
  example: 'class small where size < 10\n',
  say: (subject: string, found: string, expected: string) =>
    `${quoted(subject)} is compared with ${expected}, not with ${found}`,
});

export const notWritten = kind({
  code: 'SP3018',
  severity: 'error',
  title: 'a text that cannot be used as it is',
  explanation: 'A text is empty where it must name something, or holds a character that no name or path can hold.',
  example: 'fleet { root www "" }\n',
  say: (what: string, why: string) => `${what} ${why}`,
});

export const mixedAndOr = kind({
  code: 'SP3020',
  severity: 'warning',
  title: '`and` and `or` mixed without parentheses',
  explanation: '`and` binds tighter than `or`. Parentheses say so to the next reader; `check --fix` puts them in.',
  example: 'class page where ext is html or ext is htm and size < 1MiB\n',
  say: () => ['`and` and `or` are mixed without parentheses', '`and` binds tighter; write parentheses around it'],
});

export const notFormatted = kind({
  code: 'SP3021',
  severity: 'warning',
  title: 'a file that is not formatted',
  explanation:
    '`syncplan fmt` writes every plan in the same shape, so that a difference is always a difference in meaning.',
  example: 'fleet {\n      root www "/srv/www" }\n',
  say: () => ['the file is not formatted', 'run `syncplan fmt`'],
});

export const shortLease = kind({
  code: 'SP3022',
  severity: 'warning',
  title: 'a lock lease shorter than a minute',
  explanation:
    'A lease is refreshed at a third of its length. One of seconds expires when a machine or a network pauses for a moment.',
  example: 'block app { take all in www; consistency lock { hold 10s } }\n',
  say: (written: string) => [
    `a lease of ${written} expires when a machine pauses for a moment`,
    'a minute or more is safe; the default is 5m',
  ],
});

export const idleEncrypt = kind({
  code: 'SP3023',
  severity: 'warning',
  title: '`encrypt off` where it has no effect',
  explanation:
    '`encrypt` is about data links between agents. It has no effect where it is off already, or where no two hosts of the fleet are such a pair.',
  example: 'transfer { encrypt off; same-group { encrypt off } }\n',
  say: (why: string) => [`\`encrypt off\` has no effect here: ${why}`, 'leave it out'],
});

export const badCommand = kind({
  code: 'SP3024',
  severity: 'error',
  title: 'a command that cannot be started',
  explanation:
    'A command is a program and its arguments, each a text of its own. It is started without a shell: nothing in it is split, expanded or redirected. The program is a whole path, or a bare name that is looked up in PATH there.',
  example: 'hook after run ["systemctl reload nginx"] on remote   # one text, three words\n',
  say: (setting: string, why: string, help: string) => [`the command behind ${quoted(setting)} ${why}`, help],
});

export const specialMode = kind({
  code: 'SP3025',
  severity: 'error',
  title: 'a fixed mode with setuid, setgid or sticky bits',
  explanation:
    'Bits above 0777 are carried and fixed only where the block says `special` among its attributes; otherwise they would be a difference that no run ever mends.',
  example: 'block app { take all in www; set { folders 02750 } }\n',
  say: (setting: string, mode: string) => [
    `${quoted(setting)} sets ${mode}, whose first digit is for setuid, setgid and sticky`,
    'leave that digit out, or say `attributes mode, modified, special`',
  ],
});

export const closedMode = kind({
  code: 'SP3026',
  severity: 'warning',
  title: 'a fixed mode that shuts the owner out',
  explanation:
    'syncplan reads files and enters folders on the remote to compare them. Unless it runs as root there, the owner must be able to read files, and to list, change and enter folders.',
  example: 'block app { take all in www; set { folders 0640 } }   # no x: nobody enters\n',
  say: (setting: string, mode: string, better: string) => [
    `${quoted(setting)} sets ${mode}, with which the owner itself is shut out`,
    `${better} lets the owner in; leave it only where syncplan runs as root`,
  ],
});

export const idleAttribute = kind({
  code: 'SP3027',
  severity: 'warning',
  title: 'an attribute that is carried and fixed at once',
  explanation: 'What `set` fixes is so on the remote whatever the master has, so there is nothing to carry.',
  example: 'block app { take all in www; attributes mode, owner; set { owner "www-data" } }\n',
  say: (attribute: string) => [
    `${quoted(attribute)} is fixed by \`set\`, so the master's is not carried`,
    'leave one of the two out',
  ],
});

export const idleSpecial = kind({
  code: 'SP3028',
  severity: 'warning',
  title: '`special` without what it is about',
  explanation:
    '`special` adds setuid, setgid and sticky to the modes that are carried or fixed, and capabilities and trusted attributes to the extended ones. Where neither are carried, it adds nothing.',
  example: 'block app { take all in www; attributes modified, special }\n',
  say: () => ['`special` has no effect without `mode` or `xattr`', 'say one of them as well, or leave it out'],
});
