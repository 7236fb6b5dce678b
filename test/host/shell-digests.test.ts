// Digests by the programs of a far machine: what they print, hostile names included, and that no content comes back for it.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Algorithm } from '../../compiler/plan.js';
import { openDigests } from '../../runtime/bytes/digest.js';
import { chooseCommands, digestCommandWords, parseDigests, SAMPLE } from '../../runtime/host/shell/digest-tools.js';
import { openShellHost } from '../../runtime/host/shell/host.js';
import { makeBsdTools } from '../support/bsd-tools.js';
import { bsdShell, busyBoxShell, makeBusyBox, makeGnuTools, startShell } from './far-shell.js';
import { ALL } from './session.js';

const busyBox = makeBusyBox();
const sumless = makeGnuTools(/sum$/);
const bsd = makeBsdTools();
test.after(() => {
  busyBox.remove();
  sumless.remove();
  bsd.remove();
});

const A = 'aa'.repeat(16);
const B = 'bb'.repeat(16);
const bytes = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');

test('lines are matched against the names in their order, and what is missing is told', () => {
  const names = ['./a', './b  c', './d'];
  assert.deepEqual(parseDigests('md5', `${A}  ./a\n${B}  ./d\n`, names), [bytes(A), null, bytes(B)]);
  assert.deepEqual(parseDigests('md5', `${A}  ./b  c\n`, names), [null, bytes(A), null]);
  assert.deepEqual(parseDigests('md5', `${A} ./a\n${B} *./d\n`, names), [bytes(A), null, bytes(B)]);
  assert.deepEqual(parseDigests('cksum', '258 3 ./a\n', names), ['\0\0\x01\x02', null, null]);
});

test('more than was asked for, other names, and what is no digest are not believed', () => {
  assert.equal(parseDigests('md5', `${A}  ./a\n${B}  ./x\n`, ['./a']), null);
  assert.equal(parseDigests('md5', `${A}  ./x ./a\n`, ['./a']), null);
  assert.equal(parseDigests('md5', `nothing ./a\n`, ['./a']), null);
  assert.equal(parseDigests('cksum', `${2 ** 33} 3 ./a\n`, ['./a']), null);
});

test('a name with a line end or a backslash is asked for alone, and read with and without escapes', () => {
  assert.deepEqual(parseDigests('md5', `\\${A}  ./a\\nb\n`, ['./a\nb']), [bytes(A)]);
  assert.deepEqual(parseDigests('md5', `${A}  ./a\nb\n`, ['./a\nb']), [bytes(A)]);
});

test('a program that gives another digest than it should is not used, and the best known comes first', async () => {
  const hex = async (algorithm: Algorithm): Promise<string> =>
    Buffer.from((await openDigests(algorithm)).hash(Buffer.from(SAMPLE)), 'latin1').toString('hex');
  const right = `${await hex('sha256')}  ./sample`;
  const chosen = await chooseCommands(
    new Map([
      ['sha256sum', `${'0'.repeat(64)}  ./sample`],
      ['shasum -a 256', right],
      ['sha256 -r', right],
      ['xxhsum -H2', `${await hex('xxh128')}  ./sample`],
      ['md5sum', 'md5sum: applet not found'],
    ]),
  );
  assert.deepEqual(
    [...chosen],
    [
      ['xxh128', 'xxhsum -H2'],
      ['sha256', 'shasum -a 256'],
    ],
  );
  assert.ok(digestCommandWords().every(words => /^[a-z0-9]+( -[a-zA-Z0-9]+( \d+)?| dgst -r -[a-z0-9]+)?$/.test(words)));
});

const NAMES = ['plain', '-rf', '$(id)', "it's", 'a\nb', '\n', 'back\\slash', ' ', '*', '\xff\xfe', 'x'.repeat(255)];

for (const [kind, start, algorithms] of [
  ['GNU', {}, ['sha256', 'sha512', 'sha1', 'md5', 'cksum', 'blake2b']],
  ['openssl', { environment: { PATH: sumless.path } }, ['sha512', 'sha256', 'sha1', 'md5']],
  ['BusyBox', busyBoxShell(busyBox.path), ['sha256', 'md5']],
  ['BSD', bsdShell(bsd), ['sha512', 'sha256', 'sha1', 'md5', 'cksum']],
] as const) {
  test(`files of any name are digested where they lie, and their content stays there (${kind})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'syncplan-digests-'));
    const far = startShell(start);
    const host = await openShellHost({ label: 'here', session: far.session, close: far.stop });
    try {
      mkdirSync(join(folder, 'd'));
      const contents = NAMES.map((name, index) => `${name}${'content '.repeat(20_000 + index)}`);
      for (const [index, name] of NAMES.entries()) {
        writeFileSync(Buffer.from(`${folder}/d/${name}`, 'latin1'), contents[index]!, 'latin1');
      }
      writeFileSync(join(folder, 'empty'), '');
      symlinkSync('d/plain', join(folder, 'link'));
      const paths = [...NAMES.map(name => `d/${name}`), 'empty'];
      for (const algorithm of algorithms) {
        const root = await host.openRoot(folder, { create: false, state: null });
        const scan = await root.scan({ ...ALL, algorithm });
        const before = host.traffic().received;
        const { hash } = await openDigests(algorithm);
        const expected = [...contents, ''].map(text => hash(Buffer.from(text, 'latin1')));
        assert.deepEqual(await scan.digests(paths), expected, algorithm);
        assert.ok(host.traffic().received - before < 20_000, `${host.traffic().received - before} bytes came back`);
        await scan.close();
      }
      writeFileSync(join(folder, 'later'), 'x');
      const root = await host.openRoot(folder, { create: false, state: null });
      const scan = await root.scan({ ...ALL, algorithm: 'sha256' });
      rmSync(join(folder, 'later'));
      const [gone, there] = await scan.digests(['later', 'empty']);
      assert.ok(typeof gone === 'object' && gone.code === 'gone', JSON.stringify(gone));
      assert.equal(typeof there, 'string');
      await scan.close();
    } finally {
      await host.close();
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
