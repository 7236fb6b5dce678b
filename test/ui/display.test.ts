// Tests of the escaper: nothing that a terminal obeys or hides gets through, and no two names look the same.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { test } from 'uvu';
import { fromText } from '../../runtime/tree/path.js';
import {
  displayMessage,
  displayPath,
  displayText,
  escapeJson,
  shellQuote,
  shellQuotePath,
} from '../../runtime/ui/display.js';

const byteString = fc.uint8Array({ maxLength: 24 }).map(bytes => Buffer.from(bytes).toString('latin1'));
/** Any UTF-16, lone surrogates included, with the dangerous corners more often than chance would. */
const nasty = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit)),
      fc.integer({ min: 0, max: 0x9f }).map(unit => String.fromCharCode(unit)),
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\u200b',
        '\u2028',
        '\ufeff',
        '\u{e0041}',
        '\\',
        '\u0301',
        '\u{1f600}',
        '\u00a0',
      ),
    ),
    { maxLength: 24 },
  )
  .map(units => units.join(''));

const isSafe = (shown: string): boolean =>
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points, listed to be kept out
  !/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufe0f\u00ad]|\p{C}|[\u{e0000}-\u{e0fff}]/u.test(
    shown,
  );

test('Ordinary names are shown as they are', () => {
  assert.equal(displayPath('assets/app-1.2.js'), 'assets/app-1.2.js');
  assert.equal(displayPath(fromText('Übersicht/日本語 – №1.txt')), 'Übersicht/日本語 – №1.txt');
  assert.equal(displayPath(fromText('e\u0301te\u0301')), 'e\u0301te\u0301');
  assert.equal(displayPath(''), '.');
});

test('Controls, bidi controls, zero-width characters and bytes that are not UTF-8 become visible', () => {
  assert.equal(displayPath('a\nb\tc\rd\x1b[31m\x07\x7f'), 'a\\nb\\tc\\rd\\x1b[31m\\x07\\x7f');
  assert.equal(displayPath(fromText('txt.\u202eexe\u200b\u2028\u00a0')), 'txt.\\u{202e}exe\\u{200b}\\u{2028}\\u{a0}');
  assert.equal(displayPath('\xff\xfe ok \xc3'), '\\xff\\xfe ok \\xc3');
  assert.equal(displayPath(fromText('\u0085')), '\\u{85}');
  assert.equal(displayPath('\xed\xa0\x80'), '\\xed\\xa0\\x80');
  assert.equal(displayPath('\xc0\xaf'), '\\xc0\\xaf');
  assert.equal(displayText('\ud800x'), '\\u{d800}x');
  assert.equal(displayText('a\\nb'), 'a\\\\nb');
  assert.equal(displayMessage('unknown escape "\\q"\n'), 'unknown escape "\\q"\\n');
});

test('A combining mark with nothing to stand on is shown by its number, and so are piles of them', () => {
  assert.equal(displayText('\u0301a/\u0301'), '\\u{301}a/\\u{301}');
  assert.equal(displayText(`z${'\u0300'.repeat(6)}`), `z${'\u0300'.repeat(4)}\\u{300}\\u{300}`);
});

test('No output ever holds a control, format or bidi character, whatever comes in', () => {
  fc.assert(
    fc.property(byteString, nasty, (bytes, text) => {
      for (const shown of [
        displayPath(bytes),
        displayText(text),
        displayMessage(text),
        shellQuote(text),
        shellQuotePath(bytes),
        escapeJson(JSON.stringify(text)),
      ]) {
        assert.ok(isSafe(shown), JSON.stringify(shown));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('Two different names are never shown alike', () => {
  const shown = new Map<string, string>();
  fc.assert(
    fc.property(
      fc.oneof(
        byteString,
        nasty.map(fromText),
        nasty.map(text => fromText(displayText(text))),
      ),
      path => {
        const picture = displayPath(path);
        if (path === '' || path === '.') return;
        assert.equal(shown.get(picture) ?? path, path);
        shown.set(picture, path);
      },
    ),
    { numRuns: 3_000 },
  );
});

test('Escaped JSON means the same as before', () => {
  fc.assert(fc.property(nasty, text => assert.equal(JSON.parse(escapeJson(JSON.stringify(text))), text)));
});

test('A quoted word gives bash back the very bytes', () => {
  const words = [
    ...fc.sample(byteString, 60),
    "it's",
    '$(reboot)',
    '`x`',
    '~',
    '-rf',
    'a b',
    '',
    'naïve',
    'x\ny',
    '\\n',
    '\xff\'"',
  ];
  const paths = words.filter(word => !word.includes('\0'));
  const script = paths.map(path => `printf '%s\\0' ${shellQuotePath(path)}`).join('\n');
  const output = execFileSync('bash', ['-c', script], {
    encoding: 'latin1',
    env: { LC_ALL: 'C', PATH: process.env.PATH },
  });
  assert.deepEqual(output.split('\0').slice(0, -1), paths);
  assert.equal(shellQuote('/srv/www'), '/srv/www');
  assert.equal(shellQuote("it's"), "'it'\\''s'");
  assert.equal(shellQuote(''), "''");
  assert.equal(shellQuote('a\u202eb'), "$'a\\xe2\\x80\\xaeb'");
});

test.run();
