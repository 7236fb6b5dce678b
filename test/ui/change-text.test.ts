// The list of changes stands in columns, and these have room on the line.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { ChangeLine } from '../../runtime/engine/events.js';
import { changeLines } from '../../runtime/ui/change-text.js';
import { palette } from '../../runtime/ui/colour.js';
import { widthOf } from '../../runtime/ui/fit.js';
import { marks } from '../../runtime/ui/marks.js';
import { previewText } from '../../runtime/ui/preview-text.js';
import { barePreview } from './bare-preview.js';

const LONG = 'share/a folder of many words/and another one/that ends far to the right/where nobody looks.html';

const change = (path: string, detail: string): ChangeLine => ({
  change: 'replace',
  path,
  kind: 'file',
  bytes: 29_600,
  detail,
});

test('one long path moves its own line only, whatever the terminal, and no other is broken', () => {
  for (const width of [60, 80, 100, 120, 200]) {
    for (const detail of ['', 'size 10 → 12', 'time 2026-11-01T10:00:00.123456Z → 2026-11-02T10:00:00.123456Z']) {
      const changes = [change('a/short', detail === '' ? '' : 'content'), change(LONG, detail), change('b', '')];
      const lines = changeLines(changes, 10, width, palette(false), marks(true));
      for (const at of [0, 2]) {
        assert.ok(widthOf(lines[at]!) <= width, `${widthOf(lines[at]!)} columns of ${width}: ${lines[at]}`);
        assert.ok(lines[at]!.endsWith('28.9 KiB'), lines[at]);
      }
      assert.ok(lines[1]!.includes(LONG) && lines[1]!.includes(detail), lines[1]);
    }
  }
});

const created = (path: string, kind: ChangeLine['kind'] = 'file'): ChangeLine => ({
  change: 'create',
  path,
  kind,
  bytes: kind === 'file' ? 1024 : 0,
  detail: '',
});
const many = (folder: string, count: number): ChangeLine[] =>
  Array.from({ length: count }, (_, i) => created(`${folder}/${String(i).padStart(3, '0')}`));
const textOf = (changes: readonly ChangeLine[], most: number): string[] =>
  changeLines(changes, most, 100, palette(false), marks(true)).map(line => line.trim().replace(/ +/g, ' '));

test('in a long list a new folder stands for all that is in it, and a short one names everything', () => {
  const changes = [created('a', 'folder'), created('a/b', 'folder'), ...many('a/b', 30), created('a.txt')];
  assert.equal(textOf(changes, 200).length, 33);
  const more = [...changes, created('few', 'folder'), ...many('few', 2), ...many('there', 5)];
  assert.deepEqual(textOf(more, 200).slice(0, 5), [
    '+ create a/ 31 paths in it 30.0 KiB',
    '+ create a.txt 1.0 KiB',
    '+ create few/',
    '+ create few/000 1.0 KiB',
    '+ create few/001 1.0 KiB',
  ]);
  assert.equal(textOf(more, 200).length, 11);
  assert.equal(textOf(more, 200).at(-1), 'a whole folder is one line (--verbose shows all)');
  assert.equal(textOf(more, Number.POSITIVE_INFINITY).length, more.length);
});

test('a deleted folder stands for what goes with it, keeps its condition, and what is cut is counted in changes', () => {
  const gone = (one: ChangeLine): ChangeLine => ({ ...one, change: 'delete', bytes: 0 });
  const deleted = [
    gone({ ...created('old', 'folder'), detail: 'unless it holds something else' }),
    ...many('old', 50).map(gone),
  ];
  assert.deepEqual(textOf([...deleted, ...many('z', 3).map(gone)], 2), [
    '54 deletions:',
    '- delete old/ 50 paths in it, unless it holds something else',
    '- delete z/000',
    '… and 2 more deletions (--verbose shows all)',
  ]);
});

test('in a narrow terminal, the line below them is broken between words', () => {
  const about = { changes: [change('a', 'content')], skipped: 3, strategy: 'verify, 3 rounds every 2s, then fail' };
  const text = previewText(barePreview(about), { colour: false, width: 60 });
  assert.match(text, /^ {4}0 B to send; .* skipped;\n {4}consistency: verify, 3 rounds every 2s, then fail$/m);
});

test.run();
