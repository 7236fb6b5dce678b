// Tests of amounts and columns: plain English, stable rounding, and cuts that keep to their width.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import {
  bytesOf,
  bytesText,
  countText,
  durationText,
  elapsedText,
  listText,
  roughDuration,
} from '../../runtime/ui/amounts.js';
import { palette } from '../../runtime/ui/colour.js';
import { cutEnd, cutMiddle, hanging, padEnd, padStart, widthOf, wrapWords } from '../../runtime/ui/fit.js';

test('Bytes carry a unit and three or four digits', () => {
  const said = [0, 1, 1023, 1024, 1229, 102_300, 1_048_525, 1_048_576, 53_687_091, 1_099_511_627_776, 2 ** 60].map(
    bytesText,
  );
  assert.deepEqual(said, [
    '0 B',
    '1 B',
    '1023 B',
    '1.0 KiB',
    '1.2 KiB',
    '99.9 KiB',
    '1.0 MiB',
    '1.0 MiB',
    '51.2 MiB',
    '1.0 TiB',
    '1024 PiB',
  ]);
  assert.equal(bytesOf(1_200_000, 3_400_000), '1.1 of 3.2 MiB');
  assert.equal(bytesOf(512 * 1024, 3_400_000), '512 KiB of 3.2 MiB');
});

test('Durations and estimates read like speech', () => {
  assert.deepEqual([0, 85, 999, 4_230, 9_960, 42_400, 59_999, 185_000, 7_620_000, 273_600_000].map(durationText), [
    '0 ms',
    '85 ms',
    '999 ms',
    '4.2 s',
    '10 s',
    '42 s',
    '1 min 00 s',
    '3 min 05 s',
    '2 h 07 min',
    '3 d 4 h',
  ]);
  assert.deepEqual([0, 3_100, 12_000, 58_000, 121_000, 301_000, 7_600_000, 200_000_000].map(roughDuration), [
    '1 s',
    '4 s',
    '15 s',
    '1 min',
    '2 min 10 s',
    '6 min',
    '2 h 07 min',
    '2 d',
  ]);
  assert.deepEqual([0, 7_900, 760_000, 3_723_000].map(elapsedText), ['0:00', '0:07', '12:40', '1:02:03']);
});

test('Counts have their plural and their commas', () => {
  assert.deepEqual(
    [countText(0, 'file'), countText(1, 'file'), countText(12_345, 'entry', 'entries')],
    ['0 files', '1 file', '12,345 entries'],
  );
  assert.deepEqual([listText([]), listText(['a']), listText(['a', 'b', 'c'])], ['', 'a', 'a, b and c']);
});

test('Cut text is never wider than asked, and what fits is not touched', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '/', '日', 'é', '-', '😀', ' '), maxLength: 40 }),
      fc.nat({ max: 30 }),
      (text, width) => {
        for (const cut of [
          cutMiddle(text, width),
          cutEnd(text, width),
          cutMiddle(text, width, '...'),
          cutEnd(text, width, '...'),
        ]) {
          assert.ok(widthOf(cut) <= width, `${cut} in ${width}`);
          if (widthOf(text) <= width) assert.equal(cut, text);
        }
      },
    ),
  );
  assert.equal(cutMiddle('assets/javascript/vendor/chunk.js', 20), 'assets…ndor/chunk.js');
  assert.equal(cutEnd('connection refused by peer', 12), 'connection…');
  assert.equal(padEnd('日本', 6), '日本  ');
  assert.equal(padStart('日本', 6), '  日本');
});

test('Advice is wrapped under itself', () => {
  assert.deepEqual(wrapWords('one two three', 7), ['one two', 'three']);
  assert.deepEqual(hanging('help: ', 'look at the deletions and then say it again', 2, 34), [
    '  help: look at the deletions and',
    '        then say it again',
  ]);
});

test('Colour is there when asked for, and nothing at all otherwise', () => {
  assert.equal(palette(true).red('x'), '\x1b[31mx\x1b[39m');
  assert.equal(palette(true).red(''), '');
  assert.equal(palette(false).red('x'), 'x');
});

test.run();
