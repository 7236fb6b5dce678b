// The list of changes stands in columns, and these have room on the line.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { ChangeLine } from '../../runtime/engine/events.js';
import { changeLines } from '../../runtime/ui/change-text.js';
import { palette } from '../../runtime/ui/colour.js';
import { widthOf } from '../../runtime/ui/fit.js';
import { marks } from '../../runtime/ui/marks.js';

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

test.run();
