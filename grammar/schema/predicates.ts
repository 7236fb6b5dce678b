// The schema's rows of expressions: what can be asked of a file and of a host, with which operator and operand.
import type { Operator } from '../ast.js';
import type { Operand, Predicate } from './row.js';

type Tests = readonly { readonly operator: Operator | null; readonly operand: Operand }[];

const EQUAL: Tests = [...tests('text', 'is', 'is not'), ...tests('list of text', 'in', 'not in')];
const MATCHES: Tests = tests('glob', 'matches', 'not matches');

export const FILE_PREDICATES: readonly Predicate[] = [
  file('all', [{ operator: null, operand: 'none' }], 'Everything, folders included.', 'all'),
  file('name', [...EQUAL, ...MATCHES], 'The last component of the path.', 'name is "VERSION"'),
  file(
    'path',
    [...EQUAL, ...MATCHES, ...tests('folder', 'under', 'not under'), ...tests('file', 'listed in')],
    'The path below the folder taken.',
    'path under "schema"',
  ),
  file('ext', EQUAL, 'What follows the last dot that is not the first character, as written.', 'ext in [html, css]'),
  {
    ...file(
      'type',
      [...tests('word', 'is', 'is not'), ...tests('list of words', 'in', 'not in')],
      'What it is.',
      'type is directory',
    ),
    words: ['file', 'directory', 'link'],
  },
  file('size', tests('size', 'is', 'is not', '<', '<=', '>', '>='), 'The length of a file.', 'size < 64MiB'),
  file('modified', tests('duration', 'within', 'older than'), "Age at the run's start.", 'modified within 7d'),
  file('owner', EQUAL, 'The owner, by name.', 'owner is deploy'),
  file('group', EQUAL, 'The group, by name.', 'group is www-data'),
  file(
    'mode',
    [...tests('mode', 'is', 'is not'), ...tests('list of modes', 'in', 'not in')],
    'The permissions.',
    'mode is 0644',
  ),
  file('executable', [{ operator: null, operand: 'none' }], 'Somebody may execute it.', 'executable'),
  file('class', [{ operator: null, operand: 'class' }], 'Belongs to another class.', 'class picture'),
];

export const HOST_PREDICATES: readonly Predicate[] = [
  host('host', 'The name of the host.', 'host is web-01'),
  host('group', 'The group it is in.', 'group is web'),
  host('region', 'The region it is in.', 'region in [eu, us]'),
  host('tag', 'One of its tags.', 'not tag is frozen'),
];

/** The predicate that is meant where an operator stands without a subject; null where one must be written. */
export function bareSubject(operator: Operator): string | null {
  switch (operator) {
    case 'under':
    case 'not under':
    case 'listed in':
      return 'path';
    case 'within':
    case 'older than':
      return 'modified';
    default:
      return null;
  }
}

function file(name: string, allowed: Tests, doc: string, example: string): Predicate {
  return { name, over: 'file', tests: allowed, words: [], doc, example };
}

function host(name: string, doc: string, example: string): Predicate {
  return { name, over: 'host', tests: [...EQUAL, ...MATCHES], words: [], doc, example };
}

function tests(operand: Operand, ...operators: readonly Operator[]): Tests {
  return operators.map(operator => ({ operator, operand }));
}
