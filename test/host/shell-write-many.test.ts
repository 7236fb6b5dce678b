// Many small files, and large ones in pieces, through a real shell: GNU tools, bash, BusyBox, those of a BSD, and a machine without tar.
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileVerbs, type Folder, isFault, type NewFile } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { probeTools, type ShellTools } from '../../runtime/host/shell/probe.js';
import { makeShellVerbs } from '../../runtime/host/shell/verbs.js';
import { makeBsdTools } from '../support/bsd-tools.js';
import { bsdShell, busyBoxShell, makeBusyBox, startShell } from './far-shell.js';

const test = suite('shell-write-many');
const busyBox = makeBusyBox();
const bsd = makeBsdTools();
test.after(() => {
  busyBox.remove();
  bsd.remove();
});

type Far = {
  readonly name: string;
  readonly start: Parameters<typeof startShell>[0];
  readonly without?: Partial<ShellTools>;
};
const FARS: readonly Far[] = [
  { name: 'sh', start: {} },
  { name: 'bash', start: { shell: ['bash'] } },
  { name: 'BusyBox', start: busyBoxShell(busyBox.path) },
  { name: 'BSD', start: bsdShell(bsd) },
  { name: 'no tar', start: {}, without: { tar: false } },
];

const withVerbs = async (
  { start, without }: Far,
  work: (verbs: FileVerbs, folder: string, root: Folder) => Promise<void>,
): Promise<void> => {
  const far = startShell(start);
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-shell-'));
  try {
    const tools = { ...(await probeTools(far.session)), ...without };
    const none = parseNames('');
    const verbs = makeShellVerbs({ session: far.session, tools, users: none, groups: none, now: Date.now });
    const root = await verbs.open(folder);
    if (isFault(root)) throw new Error(root.message);
    await work(verbs, folder, root.folder);
  } finally {
    await far.stop();
    rmSync(folder, { recursive: true });
  }
};

const fileIn = (at: Folder, name: string, text: string): NewFile => ({
  at,
  name,
  content: Buffer.from(text, 'latin1'),
  attributes: { mode: 0o640, modified: 1_700_000_000_250_000 },
  durable: false,
});

const LONG = 'x'.repeat(200);
const DEEP = 'y'.repeat(200);
const HOSTILE = ['-rf', '$(touch pwned)', "it's", 'a\nb', ' ', '*', '\\', '\xff\xfe', LONG];
const text = (i: number): string => `content ${i}\0`.repeat(i % 50);

for (const far of FARS) {
  test(`files for many folders come with content, mode and time; what stands there stays: ${far.name}`, () =>
    withVerbs(far, async (verbs, folder, root) => {
      const paths = ['one', `one/${DEEP}`, 'two'];
      const made = await verbs.makeFolders!(
        root,
        paths.map(path => ({ path, mode: path === 'two' ? 0o2750 : 0o755 })),
      );
      if (isFault(made)) throw new Error(made.message);
      assert.equal(
        paths.map(path => lstatSync(join(folder, path)).mode & 0o7777),
        [0o755, 0o755, 0o2750],
      );
      assert.ok(isFault(await verbs.makeFolders!(root, [{ path: 'one', mode: 0o700 }])));
      const [one, deep, two] = made as [Folder, Folder, Folder];
      const names = [...HOSTILE, ...Array.from({ length: 5 }, (_, i) => `plain ${i}`)];
      const files = [one, deep, two].flatMap(at => names.map((name, i) => fileIn(at, name, text(i))));
      assert.equal((await verbs.writeMany!(files)).filter(isFault), []);
      for (const path of paths) {
        for (const [i, name] of names.entries()) {
          const at = Buffer.from(`${folder}/${path}/${name}`, 'latin1');
          assert.is(readFileSync(at, 'latin1'), text(i), `${path}/${name}`);
          const { mode, mtimeMs } = lstatSync(at);
          assert.is(mode & 0o7777, 0o640);
          assert.is(Math.floor(mtimeMs / 1000), 1_700_000_000);
        }
      }
      // Some of the next are there already, and one is no name.
      const more = [fileIn(two, 'plain 3', 'other'), fileIn(two, 'new', 'new'), fileIn(one, '..', '')];
      const said = await verbs.writeMany!(more);
      assert.equal(
        said.map(answer => answer?.fault ?? null),
        ['EEXIST', null, 'EINVAL'],
      );
      assert.is(readFileSync(join(folder, 'two/plain 3'), 'latin1'), text(HOSTILE.length + 3));
      assert.is(readFileSync(join(folder, 'two/new'), 'latin1'), 'new');
    }));

  test(`a large file comes in pieces of any size, with holes: ${far.name}`, () =>
    withVerbs(far, async (verbs, folder, root) => {
      for (const size of [262_145, 4_194_304 + 65_536 + 1]) {
        const content = Buffer.alloc(size, `of ${size}, `);
        const sink = await verbs.write(root, `f${size}`);
        if (isFault(sink)) throw new Error(sink.message);
        for (let at = 0; at < size; at += 524_288)
          assert.is(await sink.write(content.subarray(at, at + 524_288)), null);
        assert.is(await sink.skip(100_000), null);
        assert.is(await sink.write(Buffer.from('end')), null);
        assert.is(await sink.finish({ mode: 0o600, modified: 5_000_000 }), null);
        const wanted = Buffer.concat([content, Buffer.alloc(100_000), Buffer.from('end')]);
        assert.ok(readFileSync(join(folder, `f${size}`)).equals(wanted), String(size));
      }
    }));
}

/** Files there may not grow beyond so many blocks of 512 bytes; `trap`: whoever writes more is told, not killed. */
const limited = (trap: string): Far => ({
  name: 'limited',
  start: { shell: ['sh', '-c', `${trap}; ulimit -f 400; exec sh "$@"`, 'sh'] },
});

for (const far of FARS.filter(({ name }) => name === 'sh' || name === 'no tar')) {
  test(`times before 1970 and after what an archive's header holds arrive as they are: ${far.name}`, () =>
    withVerbs(far, async (verbs, folder, at) => {
      const times = [-43_200_000_000, -43_200_250_000, 0, 10_413_792_000_000_000];
      const files = times.map((modified, i) => ({
        ...fileIn(at, `file-${i}`, 'old'),
        attributes: { mode: 0o644, modified },
      }));
      assert.equal(await verbs.writeMany!(files), [null, null, null, null]);
      const found = times.map((_, i) => Number(lstatSync(join(folder, `file-${i}`), { bigint: true }).mtimeNs / 1000n));
      assert.equal(found, times);
    }));
}

test('a piece that does not fit is told, and the next request begins where it should', () =>
  withVerbs(limited("trap '' XFSZ"), async (verbs, folder, root) => {
    const sink = await verbs.write(root, 'large');
    if (isFault(sink)) throw new Error(sink.message);
    // Content that would do harm if it were taken for requests.
    const content = Buffer.alloc(3_000_000, `\nperform 0 0 ${folder} remove ./kept\n`);
    writeFileSync(join(folder, 'kept'), '');
    const said = [await sink.write(content), await sink.finish({ mode: 0o600, modified: null })];
    assert.ok(
      said.some(answer => answer?.fault === 'EFBIG'),
      JSON.stringify(said),
    );
    assert.is(await verbs.mayWrite(root), null);
    await sink.discard();
    assert.equal(readdirSync(folder), ['kept']);
  }));

test('where nothing tells how much of a piece was read, the session ends', () =>
  withVerbs(limited(':'), async (verbs, folder, root) => {
    const sink = await verbs.write(root, 'large');
    if (isFault(sink)) throw new Error(sink.message);
    writeFileSync(join(folder, 'kept'), '');
    const content = Buffer.alloc(3_000_000, `\nperform 0 0 ${folder} remove ./kept\n`);
    try {
      await sink.write(content);
      await sink.finish({ mode: 0o600, modified: null });
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof HostError && error.code === 'lost', String(error));
    }
    assert.ok(readdirSync(folder).includes('kept'));
  }));

test('a folder that nothing can be put into is told for each file', () =>
  withVerbs(FARS[0]!, async (verbs, folder, root) => {
    mkdirSync(join(folder, 'shut'));
    const shut = await verbs.enter(root, 'shut');
    if (isFault(shut)) throw new Error(shut.message);
    rmSync(join(folder, 'shut'), { recursive: true });
    const said = await verbs.writeMany!([fileIn(shut, 'a', ''), fileIn(root, 'b', 'b')]);
    assert.equal(
      said.map(answer => answer?.fault ?? null),
      ['ENOENT', null],
    );
    assert.is(readFileSync(join(folder, 'b'), 'latin1'), 'b');
  }));

test.run();
