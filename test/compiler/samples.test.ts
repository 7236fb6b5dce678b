// One golden sample for each finding of the compiler: `UPDATE=1` writes what is found, and the difference is for reading.
//
// samples/CODE/plan.sp has the finding. Beside it: expected.txt, files that it imports, and given.json with what would come
// from the command line ({ vars, named, roles }), and files too large to keep ({ large: { name: bytes } }).
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import { allCodes } from '../../compiler/catalog.js';
import { type Compiled, compile } from '../../compiler/compile.js';
import { applyFixes } from '../../compiler/fix.js';
import type { Diagnostic } from '../../grammar/diagnostic.js';
import { positionAt, type Source, type Span } from '../../grammar/source.js';

const SAMPLES = 'test/compiler/samples';
const codes = allCodes().filter(code => !code.startsWith('SP1'));

type GivenFile = {
  readonly vars?: Readonly<Record<string, string>>;
  readonly named?: readonly string[];
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  readonly large?: Readonly<Record<string, number>>;
};

const compileSample = (name: string, instead?: string): Promise<Compiled> => {
  const folder = `${SAMPLES}/${name}`;
  const given: GivenFile = existsSync(`${folder}/given.json`)
    ? JSON.parse(readFileSync(`${folder}/given.json`, 'utf8'))
    : {};
  return compile('plan.sp', {
    read: async path => {
      if (instead !== undefined && path === 'plan.sp') return Buffer.from(instead);
      const large = given.large?.[path];
      return large === undefined ? readFile(`${folder}/${path}`) : Buffer.alloc(large, 0x20);
    },
    vars: given.vars ?? {},
    named: given.named ?? [],
    roles: given.roles ?? {},
  });
};

/** Everything a finding says, for reading. */
const write = ({ diagnostics, sources }: Compiled): string =>
  diagnostics.map(found => `${writeOne(found, sources)}\n`).join('\n');

const writeOne = (found: Diagnostic, sources: readonly Source[]): string => {
  const place = (span: Span): string => {
    const source = sources.find(({ path }) => path === span.file);
    if (source === undefined) return `${span.file}, no file`;
    const { line, column } = positionAt(source.text, span.start);
    return `${span.file}:${line}:${column} ${JSON.stringify(source.text.slice(span.start, span.end))}`;
  };
  return [
    `${found.code} ${found.severity}: ${found.message}`,
    `  at ${place(found.span)}`,
    ...found.labels.map(label => `  also ${place(label.span)}: ${label.message}`),
    ...(found.help === null ? [] : [`  help: ${found.help}`]),
    ...(found.fix ?? []).map(
      edit => `  fix ${place(edit.span).slice(0, 60)} → ${JSON.stringify(edit.text).slice(0, 60)}`,
    ),
  ].join('\n');
};

test('every finding of the catalogue has a sample, and every sample a finding', () => {
  assert.deepEqual(
    readdirSync(SAMPLES)
      .filter(name => name.startsWith('SP'))
      .sort(),
    codes,
  );
});

for (const code of codes) {
  test(`the sample of ${code} has that finding, and says what it said before`, async () => {
    const compiled = await compileSample(code);
    const found = compiled.diagnostics.filter(one => one.code === code);
    assert.notEqual(found.length, 0, `${code} is not among: ${compiled.diagnostics.map(one => one.code).join(' ')}`);
    // What is refused for now is refused beside the warnings about it; everything else comes alone.
    const others = compiled.diagnostics.filter(one => one.code !== code && !one.code.startsWith('SP9'));
    assert.deepEqual(
      others.map(one => `${one.code}: ${one.message}`),
      [],
    );
    const text = write(compiled);
    const file = `${SAMPLES}/${code}/expected.txt`;
    if (process.env.UPDATE === '1') writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  });
}

test('what a fix changes no longer has the finding', async () => {
  let fixed = 0;
  for (const code of codes) {
    const { diagnostics, sources } = await compileSample(code);
    const main = sources.find(({ path }) => path === 'plan.sp');
    const fixable = diagnostics.filter(one => one.code === code && one.fix !== null);
    if (main === undefined || fixable.length === 0) continue;
    fixed++;
    const after = await compileSample(code, applyFixes(main.text, fixable));
    assert.deepEqual(
      after.diagnostics.filter(one => one.code === code),
      [],
      code,
    );
  }
  assert.ok(fixed >= 3, `only ${fixed} findings have fixes`);
});

test('a message stands alone, ends without a stop, and points at a place that exists or at an option', async () => {
  for (const code of codes) {
    const { diagnostics, sources } = await compileSample(code);
    for (const { message, span, help } of diagnostics) {
      assert.match(message, /^\S.{9,}[^.\s]$/s, `${code}: ${message}`);
      assert.ok(help === null || /[^.\s]$/.test(help), `${code}: ${help}`);
      if (span.file.startsWith('--')) continue;
      const source = sources.find(({ path }) => path === span.file);
      assert.ok(
        source !== undefined && span.start <= span.end && span.end <= source.text.length,
        `${code}: ${message}`,
      );
    }
  }
});

test.run();
