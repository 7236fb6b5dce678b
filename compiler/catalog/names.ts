// Findings 2xxx: names, values, and the files a plan is made of.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: insertions of the language itself
import { quoted } from '../../grammar/findings.js';
import { kind, listing, suggest } from './finding.js';
import { helpOfMain } from './unread.js';

export const unknownHost = kind({
  code: 'SP2001',
  severity: 'error',
  title: 'a host, group or region that is not in the fleet',
  explanation:
    'A reference is a name of the fleet, or as many of its last dotted parts as make it unique: `web-01`, `web.web-01`, `eu.web.web-01`. A region or a group means all hosts below.',
  example: 'role remote is eu.wbe   # the group is called web\n',
  say: (name: string, legal: readonly string[]) => [
    `no host, group or region is called ${quoted(name)}`,
    suggest(name, legal, 'names'),
  ],
});

export const unknownRole = kind({
  code: 'SP2002',
  severity: 'error',
  title: 'a role that is not declared',
  explanation:
    'A block goes `from` one role `to` another; without saying so, from `master` to `remote`. Each is declared by a `role` statement, or given with --master and --remote.',
  example: 'block app { from master to mirrors; take all in www }   # no role mirrors\n',
  say: (name: string, legal: readonly string[], implied: boolean) => [
    implied ? `this block needs a role ${quoted(name)}, and none is declared` : `no role is called ${quoted(name)}`,
    implied ? `declare it, as in \`role ${name} is …\`, or say \`from … to …\`` : suggest(name, legal, 'roles'),
  ],
});

export const unknownClass = kind({
  code: 'SP2003',
  severity: 'error',
  title: 'a class that is not declared',
  explanation: 'A bare name in `take`, `order` and after `class` is a class. A path or a glob is quoted.',
  example: 'block app { take pictures in www }   # the class is called picture\n',
  say: (name: string, legal: readonly string[]) => [
    `no class is called ${quoted(name)}`,
    `${suggest(name, legal, 'classes')}${name.includes('.') ? ' (a file or a glob is quoted)' : ''}`,
  ],
});

export const unknownBlock = kind({
  code: 'SP2004',
  severity: 'error',
  title: 'a block that is not declared',
  explanation: '`after` names blocks of the same plan, its imports included.',
  example: 'block app after databse { take all in www }\n',
  say: (name: string, legal: readonly string[]) => [
    `no block is called ${quoted(name)}`,
    suggest(name, legal, 'blocks'),
  ],
});

export const unknownRoot = kind({
  code: 'SP2005',
  severity: 'error',
  title: 'a root that no host has',
  explanation: 'A root is declared in the fleet, in a region, in a group or in a host: `root www "/srv/www"`.',
  example: 'block app { take all in wwww }\n',
  say: (name: string, legal: readonly string[]) => [`no root is called ${quoted(name)}`, suggest(name, legal, 'roots')],
});

export const unknownValue = kind({
  code: 'SP2006',
  severity: 'error',
  title: 'a value that is not declared',
  explanation: '`${name}` inserts what a `let` or an `input` declares.',
  example: 'let release = "2026.11"\nfleet { root www "/srv/${relese}" }\n',
  say: (name: string, legal: readonly string[]) => [
    `no value is called ${quoted(name)}`,
    undeclared(name, suggest(name, legal, 'values')),
  ],
});

/** Nothing is inserted that was not declared: a path that differs from host to host is said at each. */
const undeclared = (name: string, suggestion: string): string => {
  if (suggestion.startsWith('did')) return suggestion;
  const declare = 'declare it with `let` or `input`';
  return HOST_WORDS.has(name)
    ? `${declare}; where a path differs from host to host, give each host a root of its own`
    : `${declare}; ${suggestion}`;
};

const HOST_WORDS: ReadonlySet<string> = new Set(['host', 'hostname', 'name', 'group', 'region']);

export const ambiguousHost = kind({
  code: 'SP2007',
  severity: 'error',
  title: 'a reference that could mean several',
  explanation: 'A reference may leave out leading parts only as long as one host, group or region is meant.',
  example: 'fleet {\n  region eu { group web { … } }\n  region us { group web { … } }\n}\nrole remote is web\n',
  say: (name: string, candidates: readonly string[]) => [
    `${quoted(name)} could mean ${listing(candidates, 'or')}`,
    'write the one that is meant, or all of them with commas between',
  ],
});

export const duplicateName = kind({
  code: 'SP2008',
  severity: 'error',
  title: 'a name declared twice',
  explanation:
    'A name is unique within its kind, over all files of the plan. A host may share its last part with hosts of other groups.',
  example: 'class page where ext is html\nclass page where ext is htm\n',
  say: (what: string, name: string) => `the ${what} ${quoted(name)} is declared twice`,
});

export const builtInName = kind({
  code: 'SP2009',
  severity: 'error',
  title: 'a name the language keeps for itself',
  explanation: '`all` is the class of everything, so no other class can have that name.',
  example: 'class all where ext is html\n',
  say: (what: string, name: string) => [`no ${what} can be called ${quoted(name)}`, 'give it another name'],
});

export const classCycle = kind({
  code: 'SP2010',
  severity: 'error',
  title: 'classes that refer to each other in a circle',
  explanation: 'A class may refer to other classes, but not to itself, not even by way of others.',
  example: 'class a where class b\nclass b where not class a\n',
  say: (chain: readonly string[]) => [
    `the class ${quoted(chain[0] ?? '')} refers to itself: ${chain.join(' → ')}`,
    'write one of them without the others',
  ],
});

export const valueCycle = kind({
  code: 'SP2011',
  severity: 'error',
  title: 'values that insert each other in a circle',
  explanation: 'A `let` may insert other values, but not itself, not even by way of others.',
  example: 'let a = "${b}/x"\nlet b = "${a}/y"\n',
  say: (chain: readonly string[]) => [
    `the value ${quoted(chain[0] ?? '')} inserts itself: ${chain.join(' → ')}`,
    'write one of them without the others',
  ],
});

export const missingInput = kind({
  code: 'SP2012',
  severity: 'error',
  title: 'an input without a value',
  explanation:
    'An `input` without `default` is given at run time: --var NAME=VALUE, --var-file FILE, or SYNCPLAN_VAR_NAME in the environment.',
  example: 'input release\n',
  say: (name: string) => [
    `the input ${quoted(name)} has no value`,
    `give one with --var ${name}=…, --var-file or SYNCPLAN_VAR_${name}, or declare a default`,
  ],
});

export const unknownInput = kind({
  code: 'SP2013',
  severity: 'error',
  title: 'a value given for an input that does not exist',
  explanation:
    'What is said with --var or --var-file must be an input of the plan; otherwise a misspelt name would go unnoticed.',
  example: 'input release default "current"\n# syncplan plan rollout.sp --var relese=2026.11\n',
  say: (name: string, legal: readonly string[]) => [
    `a value was given for ${quoted(name)}, which is no input of this plan`,
    suggest(name, legal, 'inputs'),
  ],
});

export const listInserted = kind({
  code: 'SP2014',
  severity: 'error',
  title: 'a list inserted in a text',
  explanation:
    'Only texts and numbers can be inserted by `${name}`. A list stands where a list is expected, by its bare name.',
  example: 'let pages = [html, htm]\nclass page where name matches "*.${pages}"\n',
  say: (name: string) => [
    `${quoted(name)} is a list and cannot be inserted in a text`,
    `a list is used by its bare name, as in \`ext in ${name}\``,
  ],
});

export const valueTooLong = kind({
  code: 'SP2015',
  severity: 'error',
  title: 'a text that grows too long',
  explanation:
    'With its values inserted a text holds at most 65,536 characters, and at most 200 values are inserted one in another.',
  example: 'let a = "…many characters…"\nlet b = "${a}${a}"   # and so on\n',
  say: (why: string) => [`this text grows too long: ${why}`, 'insert less'],
});

export const classTooLarge = kind({
  code: 'SP2016',
  severity: 'error',
  title: 'a class that grows too large',
  explanation:
    'A class may refer to other classes, which are written in where they are named. The whole holds at most 1,000 tests, and at most 200 classes refer to each other in a row. Long lists of names belong in one `in […]`, or in a file named by `listed in`.',
  example: 'class a where ext is html or ext is css\nclass b where class a and not class a   # and so on\n',
  say: (name: string, why: string) => [
    `the class ${quoted(name)} is too large: ${why}`,
    'write long lists as one `in […]`, or as a file with `listed in`',
  ],
});

export const importMissing = kind({
  code: 'SP2020',
  severity: 'error',
  title: 'a file of the plan that cannot be read',
  explanation:
    'The path of an import is relative to the file that has it; that of the plan itself is relative to the folder you are in.',
  example: 'import "./flet.sp"\n',
  say: (path: string, why: string, isMain: boolean) => [
    `${quoted(path)} cannot be read: ${why}`,
    isMain ? helpOfMain(path, why) : 'an import is relative to the file it stands in',
  ],
});

export const importCycle = kind({
  code: 'SP2021',
  severity: 'error',
  title: 'files that import each other in a circle',
  explanation: 'What two files share belongs in a third one that both import.',
  example: '# in a.sp\nimport "./b.sp"\n# in b.sp\nimport "./a.sp"\n',
  say: (chain: readonly string[]) => [
    `${quoted(chain[0] ?? '')} imports itself: ${chain.join(' → ')}`,
    'move what they share into a file of its own',
  ],
});

export const notUtf8 = kind({
  code: 'SP2022',
  severity: 'error',
  title: 'a file that is not UTF-8',
  explanation: 'Plan files are UTF-8. Save the file in that encoding.',
  example: '# a file saved as Latin-1\n',
  say: (path: string, offset: number) => [
    `${quoted(path)} is not UTF-8: the byte at offset ${offset} begins no character`,
    'save the file as UTF-8',
  ],
});

export const tooMuchRead = kind({
  code: 'SP2023',
  severity: 'error',
  title: 'a plan of too many or too large files',
  explanation: 'A plan has at most 256 files of at most 4 MiB each; a list of paths is at most 32 MiB.',
  example: '# a file of more than 4 MiB\n',
  say: (path: string, limit: string) => `${quoted(path)} is not read: ${limit}`,
});

export const listedMissing = kind({
  code: 'SP2024',
  severity: 'error',
  title: 'a list of paths that cannot be read',
  explanation: 'The file behind `listed in` is beside the plan: its path is relative to the file that has it.',
  example: 'class chosen where listed in "chosen.txt"\n',
  say: (path: string, why: string) => [
    `${quoted(path)} cannot be read: ${why}`,
    'the path is relative to the file it stands in',
  ],
});

export const listedPath = kind({
  code: 'SP2025',
  severity: 'error',
  title: 'a line of a list of paths that is no path',
  explanation:
    'Each line of the file behind `listed in` is one path below the folder taken: relative, without empty, "." or ".." parts. Empty lines are skipped.',
  example: '# a line of chosen.txt\n/etc/passwd\n',
  say: (path: string, line: number, why: string) => [
    `line ${line} of ${quoted(path)} is no path below the folder taken: ${why}`,
    'each line is one relative path, such as docs/index.html',
  ],
});

export const insertedPath = kind({
  code: 'SP2026',
  severity: 'error',
  title: 'a value where none can be inserted',
  explanation:
    'Which files a plan is made of must not depend on values, and neither must the default of an input: `import`, `listed in` and `default` take plain texts.',
  example: 'import "./${site}.sp"\n',
  say: (what: string) => [`${what} cannot depend on a value`, 'write the text out'],
});

export const unknownAssignedRole = kind({
  code: 'SP2027',
  severity: 'error',
  title: 'hosts assigned to a role that does not exist',
  explanation:
    'With --master, --remote and --role hosts take roles for one run. A role other than these two must be declared in the plan.',
  example: '# syncplan plan rollout.sp --role mirors=eu.web\n',
  say: (name: string, legal: readonly string[]) => [
    `hosts are assigned to a role ${quoted(name)}, which this plan does not have`,
    suggest(name, legal, 'roles'),
  ],
});

export const editionMissing = kind({
  code: 'SP2030',
  severity: 'error',
  title: 'the edition of the language is missing',
  explanation: 'The first statement of every file is `syncplan 1`, the edition of the language it is written in.',
  example: 'fleet { … }\n',
  say: () => ['the file does not begin with its edition', 'write `syncplan 1` as the first statement'],
});

export const editionUnknown = kind({
  code: 'SP2031',
  severity: 'error',
  title: 'an edition of the language that is not known',
  explanation: 'This program knows edition 1. A plan of a later edition wants a later program.',
  example: 'syncplan 2\n',
  say: (written: string, known: number) => [
    `edition ${written} of the language is not known`,
    `this program knows edition ${known}; a later edition wants a later syncplan`,
  ],
});
