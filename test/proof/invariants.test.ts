// Each checker accepts what is right and names what is wrong; and each invariant is proved by some test that says so.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { readModules } from '../house/modules.js';
import { hold, INVARIANTS, type Invariant, type Seen, type Sight } from './invariants.js';

const file = (content: string, mode = 0o644): Sight => ({ kind: 'file', mode, modified: 1, content });
const seen = (entries: Record<string, Sight>): Seen => new Map(Object.entries(entries));
const OLD = seen({ a: file('1'), b: file('1'), gone: file('x') });
const NEW = seen({ a: file('2'), b: file('2'), made: file('y') });

type Example = { readonly right: readonly unknown[]; readonly wrong: readonly (readonly [unknown, RegExp])[] };
const moment = (now: Seen) => ({ now, old: OLD, new: NEW });

const EXAMPLES: Record<Invariant, Example> = {
  'every read of a final path is old or new': {
    right: [moment(OLD), moment(NEW), moment(seen({ a: file('1'), b: file('2') })), moment(seen({}))],
    wrong: [
      [moment(seen({ a: file('torn') })), /a is .*torn.*neither/],
      [moment(seen({ a: file('2', 0o600) })), /a is file 0600/],
      [moment(seen({ other: file('1') })), /other is in neither/],
    ],
  },
  'an existing path that is replaced by its like is never missing': {
    right: [moment(OLD), moment(NEW), moment(seen({ a: file('torn'), b: file('1') }))],
    wrong: [[moment(seen({ b: file('1') })), /a is missing/]],
  },
  'after recovery a block is all old or all new': {
    right: [moment(OLD), moment(NEW)],
    wrong: [
      [moment(seen({ a: file('1'), b: file('2'), gone: file('x') })), /not old: b.*|not new: a/],
      [moment(seen({ ...Object.fromEntries(NEW), gone: file('x') })), /gone should not be there/],
    ],
  },
  'acknowledged means new, after any crash': {
    right: [
      { acknowledged: true, now: NEW, new: NEW },
      { acknowledged: false, now: OLD, new: NEW },
    ],
    wrong: [[{ acknowledged: true, now: OLD, new: NEW }, /made is missing/]],
  },
  'what we overwrote or deleted was baseline content or is kept': {
    right: [
      { foreign: seen({ a: file('theirs') }), now: seen({ a: file('theirs') }), kept: [] },
      { foreign: seen({ a: file('theirs') }), now: NEW, kept: ['theirs'] },
    ],
    wrong: [[{ foreign: seen({ a: file('theirs') }), now: NEW, kept: ['others'] }, /"theirs" is neither/]],
  },
  "deletions are a subset of the plan's": {
    right: [{ before: OLD, now: NEW, planned: new Set(['gone', 'more']) }],
    wrong: [[{ before: OLD, now: seen({ a: file('2') }), planned: new Set(['gone']) }, /^.*: broken.*\n {2}b$/s]],
  },
  'unreadable is not absent': {
    right: [{ unreadable: ['d'], before: seen({ 'd/x': file('1'), a: file('1') }), now: seen({ 'd/x': file('1') }) }],
    wrong: [
      [{ unreadable: ['d'], before: seen({ 'd/x': file('1') }), now: seen({}) }, /d\/x was/],
      [{ unreadable: ['a'], before: OLD, now: NEW }, /a was/],
    ],
  },
  'nothing outside the roots changes': {
    right: [{ before: OLD, now: OLD }],
    wrong: [
      [{ before: OLD, now: seen({ ...Object.fromEntries(OLD), extra: file('') }) }, /extra should not/],
      [{ before: OLD, now: NEW }, /a is/],
    ],
  },
  'exit 0 exactly when every host was verified': {
    right: [
      { exitCode: 0, hosts: [{ done: true, now: NEW, new: NEW }] },
      {
        exitCode: 5,
        hosts: [
          { done: true, now: NEW, new: NEW },
          { done: false, now: OLD, new: NEW },
        ],
      },
    ],
    wrong: [
      [{ exitCode: 0, hosts: [{ done: false, now: NEW, new: NEW }] }, /not every host/],
      [{ exitCode: 0, hosts: [{ done: true, now: OLD, new: NEW }] }, /host 1: made is missing/],
      [{ exitCode: 5, hosts: [{ done: true, now: NEW, new: NEW }] }, /every host was verified/],
    ],
  },
  'a second run does nothing': {
    right: [{ changes: [], before: NEW, now: NEW }],
    wrong: [
      [{ changes: ['replace a'], before: NEW, now: NEW }, /would replace a/],
      [{ changes: [], before: NEW, now: OLD }, /made is missing/],
    ],
  },
  'two runs never interleave in a block': {
    right: [
      {
        spans: [
          { run: 'b', from: 2, to: 3 },
          { run: 'a', from: 0, to: 2 },
        ],
      },
    ],
    wrong: [
      [
        {
          spans: [
            { run: 'a', from: 0, to: 2 },
            { run: 'b', from: 1, to: 3 },
          ],
        },
        /b begins at 1, a ends at 2/,
      ],
    ],
  },
  'decisions do not compare the clocks of two machines': {
    right: [{ decisions: [['replace a'], ['replace a']] }, { decisions: [] }],
    wrong: [[{ decisions: [['replace a'], []] }, /time 2/]],
  },
  'every run ends': {
    right: [{ ended: true, seconds: 1, within: 2 }],
    wrong: [
      [{ ended: false, seconds: 1, within: 2 }, /did not end/],
      [{ ended: true, seconds: 3, within: 2 }, /took 3 s/],
    ],
  },
};

for (const name of Object.keys(INVARIANTS) as Invariant[]) {
  const holdAny = hold as (name: Invariant, where: string, observed: unknown) => void;
  test(`"${name}" accepts what is right and names what is wrong`, () => {
    for (const right of EXAMPLES[name].right) holdAny(name, 'here', right);
    for (const [wrong, named] of EXAMPLES[name].wrong) {
      assert.throws(
        () => holdAny(name, 'seed 7', wrong),
        (error: Error) => error.message.startsWith(`seed 7: broken is "${name}"`) && named.test(error.message),
      );
    }
  });
}

test('each invariant is proved by at least one test of this room that names it', () => {
  const titles = readdirSync('test/proof')
    .filter(name => name.endsWith('.test.ts') && name !== 'invariants.test.ts')
    .flatMap(name => [...readFileSync(join('test/proof', name), 'utf8').matchAll(/proving\(([^)]*)\)/gs)])
    .map(([, names]) => names!);
  const unproved = Object.keys(INVARIANTS).filter(name => !titles.some(text => text.includes(name)));
  assert.deepEqual(unproved, []);
});

test('what the titles of a file say is proved is checked there by name, or in what it imports', () => {
  const modules = new Map(readModules().map(module => [module.path, module]));
  const textOf = (path: string, seen: Set<string>): string => {
    const module = modules.get(path);
    if (module === undefined || seen.has(path) || !path.startsWith('test/proof/')) return '';
    seen.add(path);
    return [module.text, ...module.imports.map(({ target }) => textOf(target, seen))].join('\n');
  };
  let compared = 0;
  for (const path of modules.keys()) {
    if (!path.startsWith('test/proof/') || !path.endsWith('.test.ts') || path.endsWith('/invariants.test.ts')) continue;
    const titles = [...modules.get(path)!.text.matchAll(/proving\(([^)]*)\)/gs)].map(([, names]) => names!);
    const said = (Object.keys(INVARIANTS) as Invariant[]).filter(name => titles.some(text => text.includes(name)));
    const text = textOf(path, new Set());
    const unchecked = said.filter(name => !new RegExp(`\\bhold\\(\\s*['"]${name}['"]`).test(text));
    assert.deepEqual(unchecked, [], path);
    compared += said.length;
  }
  assert.ok(compared >= 40, `saw only ${compared} claims`);
});

test.run();
