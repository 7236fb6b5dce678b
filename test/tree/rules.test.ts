// What counts as a difference, and what placements carry of it.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Change } from '../../runtime/tree/change.js';
import type { FileEntry, FolderEntry } from '../../runtime/tree/entry.js';
import { rulesOf } from '../../runtime/tree/rules.js';
import { inOrder, schedule } from '../../runtime/tree/schedule.js';

const COMPARE = { by: 'checksum', algorithm: 'xxh128' } as const;
const file: FileEntry = {
  kind: 'file',
  size: 1,
  mode: 0o666,
  modified: 1,
  owner: 'o',
  group: 'g',
  extra: 'e'.repeat(16),
};
const folder: FolderEntry = {
  kind: 'folder',
  selected: true,
  unreadable: false,
  mode: 0o755,
  owner: 'o',
  group: 'g',
  extra: 'f'.repeat(16),
};

const rulesFor = (...attributes: Parameters<typeof rulesOf>[0]['attributes'][number][]) =>
  rulesOf({ compare: COMPARE, attributes, set: null });

const actionsOf = (changes: readonly Change[], rules: ReturnType<typeof rulesOf>) =>
  inOrder([
    schedule(changes, { rules, rank: () => 0, keep: path => path === 'drifted', extra: path => `of ${path}` }),
  ]).map(({ action }) => action);

test('what is fixed counts, whether the attributes name it or not', () => {
  const set = { owner: 'www', group: null, files: null, folders: 0o750 };
  assert.deepEqual(rulesOf({ compare: { by: 'quick' }, attributes: ['modified'], set }), {
    quick: true,
    mode: false,
    folderMode: true,
    modified: true,
    owner: true,
    group: false,
    extra: false,
  });
  assert.equal(rulesFor('acl').extra, true);
  assert.equal(rulesFor('xattr').extra, true);
  assert.equal(rulesFor('special').extra, false);
});

test('owners and extended attributes are carried where they are managed, and nowhere else', () => {
  const changes: Change[] = [
    { kind: 'create', path: 'd', entry: folder },
    { kind: 'create', path: 'd/f', entry: file },
    { kind: 'create', path: 'd/plain', entry: { ...file, extra: '' } },
  ];
  const told = (rules: ReturnType<typeof rulesOf>) =>
    actionsOf(changes, rules).map(action => 'extra' in action && 'owner' in action && [action.owner, action.extra]);
  assert.deepEqual(told(rulesFor('owner', 'xattr')), [
    ['o', 'of d'],
    ['o', 'of d/f'],
    ['o', ''],
  ]);
  assert.deepEqual(told(rulesFor('mode')), Array(3).fill(['', '']));
});

test('an adjustment names what differs, and says where there is nothing any more', () => {
  const changes: Change[] = [
    { kind: 'attributes', path: 'a', entry: file, was: { ...file, extra: '' } },
    { kind: 'attributes', path: 'b', entry: { ...file, extra: '' }, was: file },
    { kind: 'attributes', path: 'c', entry: file, was: { ...file, mode: 0o600 } },
  ];
  const told = actionsOf(changes, rulesFor('mode', 'xattr')).map(
    action => action.do === 'adjust' && [action.mode, action.extra],
  );
  assert.deepEqual(told, [
    [null, 'of a'],
    [null, ''],
    [0o666, null],
  ]);
});

test('only what is replaced is kept', () => {
  const was = { ...file, size: 2 };
  const changes: Change[] = [
    { kind: 'replace', path: 'drifted', entry: file, was, why: 'size' },
    { kind: 'replace', path: 'ours', entry: file, was, why: 'size' },
  ];
  const told = actionsOf(changes, rulesFor('mode')).map(action => 'keep' in action && action.keep);
  assert.deepEqual(told, [true, false]);
  const [fresh] = actionsOf([{ kind: 'create', path: 'drifted', entry: file }], rulesFor('mode'));
  assert.ok(fresh !== undefined && 'keep' in fresh && !fresh.keep);
});

test.run();
