// The verbs with the tools of a BSD, as test/support/bsd-tools.ts presents them: names, times, links, moves, durability, small files.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Deed, type FileVerbs, type Folder, isFault } from '../../runtime/host/file-verbs.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { checkTools, probeTools, type ShellTools } from '../../runtime/host/shell/probe.js';
import { makeShellVerbs } from '../../runtime/host/shell/verbs.js';
import { type BsdTools, makeBsdTools } from '../support/bsd-tools.js';
import { bsdShell, startShell } from './far-shell.js';

type Far = {
  readonly tools: ShellTools;
  readonly verbs: FileVerbs;
  readonly folder: string;
  readonly root: Folder;
};
/** `alter` changes what is in PATH. */
const withFar = async (work: (far: Far) => Promise<void>, alter: (bsd: BsdTools) => void = () => {}): Promise<void> => {
  const bsd = makeBsdTools();
  alter(bsd);
  const far = startShell(bsdShell(bsd));
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-bsd-far-'));
  try {
    const tools = await probeTools(far.session);
    const none = parseNames('');
    const verbs = makeShellVerbs({ session: far.session, tools, users: none, groups: none, now: Date.now });
    const opened = await verbs.open(folder);
    if (isFault(opened)) throw new Error(opened.message);
    await work({ tools, verbs, folder, root: opened.folder });
  } finally {
    await far.stop();
    rmSync(folder, { recursive: true });
    bsd.remove();
  }
};

/** The nearest microsecond. */
const nearest = (nanos: bigint): number => {
  const [whole, rest] = [(nanos + 500n) / 1000n, (nanos + 500n) % 1000n];
  return Number(rest < 0n ? whole - 1n : whole);
};

const faults = async (verbs: FileVerbs, ...deeds: Deed[]): Promise<(string | null)[]> =>
  (await verbs.perform(deeds)).map(one => one?.fault ?? null);

test('the probe tells them by what they do', () =>
  withFar(async ({ tools }) => {
    checkTools('here', tools, null);
    const { find, stat, exactMove, exactLink, touch, fineTouch, heldNames, syncFile, syncOne, flock } = tools;
    assert.deepEqual([find, stat, exactMove, exactLink, touch], ['exec', '-f', '-h', '-h', 'date']);
    assert.deepEqual([fineTouch, heldNames, syncFile, syncOne, flock], [true, false, true, false, '']);
    assert.deepEqual([tools.digests.get('sha256'), tools.digests.get('md5')], ['sha256 -r', 'md5 -r']);
  }));

test('a find whose -printf does not know the whole format is used without it', () =>
  withFar(
    async ({ tools, verbs, root, folder }) => {
      assert.equal(tools.find, 'exec');
      writeFileSync(join(folder, 'file'), '');
      const listed = await verbs.list(root);
      assert.deepEqual(!isFault(listed) && listed.map(({ name }) => name), ['file']);
    },
    ({ path }) => {
      const own = readFileSync(join(path, 'find'), 'utf8');
      // Seconds without a fraction, and no more than that: as FreeBSD's of late.
      const some =
        'case "$4" in *%P*) echo "find: %P is unimplemented" >&2; exit 1;; esac; [ "$3" != -printf ] || exit 0\n';
      writeFileSync(join(path, 'find'), own.replace('\n', `\n${some}`));
    },
  ));

test('files are what the kernel says, whatever their names end with, and before 1970', () =>
  withFar(async ({ verbs, root, folder }) => {
    const names = ['-rf', 'a\nb', 'ends\n', '\n', ' ', '%N', '|x|', '\xff\xfe', 'x'.repeat(255)];
    for (const name of names) writeFileSync(Buffer.from(`${folder}/${name}`, 'latin1'), name);
    symlinkSync('nowhere', join(folder, 'link'));
    const times = [-2_250_001, -1, 0, 1_700_000_000_000_001, -1_233_432_109].map((modified, i): Deed => {
      return { do: 'set', at: root, name: names[i]!, mode: null, modified, owner: null, group: null };
    });
    assert.deepEqual(await faults(verbs, ...times), [null, null, null, null, null]);
    for (const listed of [await verbs.list(root), null]) {
      const all = [...names, 'link'];
      const stats = listed === null ? await verbs.stat(all.map(name => ({ at: root, name }))) : null;
      for (const [i, name] of all.entries()) {
        const stat = stats === null ? !isFault(listed) && listed!.find(one => one.name === name)?.stat : stats[i];
        assert.ok(stat && !isFault(stat), name);
        const seen = lstatSync(Buffer.from(`${folder}/${name}`, 'latin1'), { bigint: true });
        assert.deepEqual(
          [stat.size, stat.inode, stat.names, stat.mode, stat.owner, stat.modified],
          [
            Number(seen.size),
            Number(seen.ino),
            Number(seen.nlink),
            Number(seen.mode) & 0o7777,
            Number(seen.uid),
            nearest(seen.mtimeNs),
          ],
          JSON.stringify(name),
        );
      }
    }
  }));

test('a link that leads nowhere is nothing when it is followed, and a circle is one', () =>
  withFar(async ({ verbs, root, folder }) => {
    for (const [name, target] of Object.entries({
      astray: 'nowhere',
      circle: 'circle',
      link: 'file',
      'to-large': 'large',
    }))
      symlinkSync(target, join(folder, name));
    writeFileSync(join(folder, 'file'), 'file');
    writeFileSync(join(folder, 'large'), Buffer.alloc(600_000));
    const told = async (name: string): Promise<(string | undefined)[]> => {
      const source = await verbs.read(root, name, true);
      if (!isFault(source)) await source.close();
      const digested = (await verbs.digester!('sha256')!(root, [name], true))[0]!;
      return [await verbs.followed(root, name), source, digested].map(one => (isFault(one) ? one.fault : 'read'));
    };
    assert.deepEqual(await told('astray'), ['ENOENT', 'ENOENT', 'ENOENT']);
    assert.deepEqual((await told('circle')).slice(0, 2), ['ELOOP', 'ELOOP']);
    assert.deepEqual(await told('link'), ['read', 'read', 'read']);
    const opened = await verbs.open(join(folder, 'astray'));
    assert.equal(isFault(opened) && opened.fault, 'ENOENT');
    const large = await verbs.read(root, 'to-large', true);
    assert.ok(!isFault(large));
    unlinkSync(join(folder, 'large'));
    const now = await large.restat();
    assert.equal(isFault(now) && now.fault, 'ENOENT');
    await large.close();
  }));

test('what is moved or linked takes the very name it was to have, or none', () =>
  withFar(async ({ verbs, root, folder }) => {
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full/inside'), '');
    mkdirSync(join(folder, 'empty'));
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, name), name);
    symlinkSync('full', join(folder, 'to-full'));
    symlinkSync('circle', join(folder, 'circle'));
    symlinkSync('nowhere', join(folder, 'astray'));
    const move = (name: string, toName: string): Deed => ({ do: 'rename', at: root, name, to: root, toName });
    const hard = (name: string, toName: string): Deed => ({ do: 'hard-link', at: root, name, to: root, toName });
    assert.deepEqual(
      await faults(verbs, move('a', 'to-full'), move('b', 'circle'), move('c', 'astray'), move('d', 'full')),
      [null, null, null, 'EISDIR'],
    );
    assert.deepEqual(
      await faults(verbs, move('empty', 'full'), move('none', 'full'), move('full', 'd'), move('none', 'new')),
      ['ENOTEMPTY', 'ENOENT', 'ENOTDIR', 'ENOENT'],
    );
    assert.deepEqual(await faults(verbs, move('full', 'moved'), move('empty', '-rf')), [null, null]);
    assert.deepEqual(readdirSync(folder).sort(), ['-rf', 'astray', 'circle', 'd', 'moved', 'to-full']);
    assert.deepEqual(readdirSync(join(folder, 'moved')), ['inside']);
    assert.equal(readFileSync(join(folder, 'circle'), 'utf8'), 'b');
    symlinkSync('moved', join(folder, 'to-moved'));
    const link = (name: string, target: string): Deed => ({ do: 'make-link', at: root, name, target });
    assert.deepEqual(
      await faults(verbs, link('to-moved', 'x'), link('moved', 'x'), link('d', 'x'), link('new', '-rf')),
      ['EEXIST', 'EEXIST', 'EEXIST', null],
    );
    assert.deepEqual(
      await faults(verbs, hard('d', 'to-moved'), hard('d', 'moved'), hard('to-moved', 'link'), hard('d', 'second')),
      ['EEXIST', 'EEXIST', null, null],
    );
    assert.equal(readlinkSync(join(folder, 'link')), 'moved');
    assert.deepEqual(readdirSync(join(folder, 'moved')), ['inside']);
  }));

test('owner, mode and time are set with options before operands, of a link itself as well', () =>
  withFar(async ({ verbs, root, folder }) => {
    writeFileSync(join(folder, '-file'), '');
    symlinkSync('-file', join(folder, 'link'));
    const [owner, group] = process.getuid?.() === 0 ? [12_345, 23_456] : [process.getuid!(), process.getgid!()];
    const set = (name: string, mode: number | null): Deed => {
      return { do: 'set', at: root, name, mode, modified: 1_500_000_000_000_001, owner, group };
    };
    assert.deepEqual(await faults(verbs, set('-file', 0o2751), set('link', null)), [null, null]);
    for (const name of ['-file', 'link']) {
      const seen = lstatSync(join(folder, name), { bigint: true });
      const facts = [Number(seen.uid), Number(seen.gid), seen.mtimeNs];
      assert.deepEqual(facts, [owner, group, 1_500_000_000_000_001_000n], name);
    }
    assert.equal(lstatSync(join(folder, '-file')).mode & 0o7777, 0o2751);
  }));

test('what is made durable goes through fsync, file by file; without it, through a sync that heeds no operands', async () => {
  const log = (path: string, name: string, line: string): void => {
    // It may be a link to a program that is to stay.
    rmSync(join(path, name), { force: true });
    writeFileSync(join(path, name), `#!/bin/sh\nprintf '%s\\n' "${line}" >>"${path}/log"\n`);
    chmodSync(join(path, name), 0o755);
  };
  const asked = async (bsd: { path: string }, { verbs, root, folder }: Far): Promise<readonly string[]> => {
    writeFileSync(join(folder, 'file'), '');
    rmSync(join(bsd.path, 'log'), { force: true });
    const deeds: readonly Deed[] = [
      { do: 'sync-file', at: root, name: 'file' },
      { do: 'sync-folder', at: root },
    ];
    assert.deepEqual(await faults(verbs, ...deeds), [null, null]);
    const lines = readFileSync(join(bsd.path, 'log'), 'utf8').trimEnd().split('\n');
    return lines.map(line => line.trimEnd());
  };
  let path = '';
  await withFar(
    async far => {
      assert.deepEqual([far.tools.syncFile, far.tools.syncOne], [true, false]);
      assert.deepEqual(await asked({ path }, far), ['fsync ./file', 'fsync .']);
      const whole = await far.verbs.syncAll(far.root);
      assert.equal(whole?.fault, 'ENOSYS');
      // As it says of what its user may not open, and of a disk that fails.
      const says = (words: string): void =>
        writeFileSync(join(path, 'fsync'), `#!/bin/sh\necho "fsync: open $1: ${words}" >&2\nexit 66\n`);
      says('Permission denied');
      assert.deepEqual(await asked({ path }, far), ['sync', 'sync']);
      says('Input/output error');
      const failed: Deed = { do: 'sync-file', at: far.root, name: 'file' };
      assert.deepEqual(await faults(far.verbs, failed, failed), ['EIO', 'EIO']);
    },
    bsd => {
      path = bsd.path;
      log(path, 'fsync', '${0##*/} $*');
      const own = readFileSync(join(path, 'fsync'), 'utf8');
      writeFileSync(join(path, 'fsync'), own.replace('\n', '\n[ -e "$1" ] || exit 66\n'));
      log(path, 'sync', '${0##*/} $*');
    },
  );
  await withFar(
    async far => {
      assert.deepEqual([far.tools.syncFile, far.tools.syncOne], [false, true]);
      assert.deepEqual(await asked({ path }, far), ['sync ./file', 'sync .']);
      assert.equal(await far.verbs.syncAll(far.root), null);
    },
    bsd => {
      path = bsd.path;
      unlinkSync(join(path, 'fsync'));
      log(path, 'sync', '${0##*/} $*');
    },
  );
});

test('without a dd that fills its blocks, content comes and goes all the same', () =>
  withFar(
    async ({ verbs, root, folder }) => {
      const content = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 7) % 251));
      const sink = await verbs.write(root, 'file');
      assert.ok(!isFault(sink));
      assert.equal(await sink.write(content), null);
      assert.equal(await sink.finish({ mode: 0o640, modified: 1_600_000_000_000_000 }), null);
      assert.ok(readFileSync(join(folder, 'file')).equals(content));
      const [many] = await verbs.writeMany!([
        { at: root, name: 'small', content, attributes: { mode: 0o600, modified: -1_250_000 }, durable: false },
      ]);
      assert.equal(many, null);
      assert.equal(lstatSync(join(folder, 'small'), { bigint: true }).mtimeNs, -1_250_000_000n);
    },
    ({ path }) => {
      const dd = readlinkSync(join(path, 'dd'));
      unlinkSync(join(path, 'dd'));
      const script = `#!/bin/sh\ncase $* in *iflag*) echo "dd: unknown operand iflag" >&2; exit 1;; esac\nexec ${dd} "$@"\n`;
      writeFileSync(join(path, 'dd'), script);
      chmodSync(join(path, 'dd'), 0o755);
    },
  ));

test('what libarchive would take for something else is written by itself', () =>
  withFar(async ({ verbs, root, folder }) => {
    // Files in it are another group's than the archive says, wherever this user is root.
    if (process.getuid?.() === 0) chownSync(folder, 0, 23_456);
    chmodSync(folder, 0o2755);
    const file = (name: string, modified: number, mode = 0o644) => {
      return { at: root, name, content: Buffer.from(name), attributes: { mode, modified }, durable: false };
    };
    const files = [
      file('._of-a-mac', 0),
      file('past', -1_234_567_891),
      file('plain', 1_000_000),
      file('older', -5_000_000),
      file('special', 2_000_000, 0o6755),
    ];
    assert.deepEqual(await verbs.writeMany!(files), [null, null, null, null, null]);
    for (const { name, attributes } of files) {
      const seen = lstatSync(join(folder, name), { bigint: true });
      assert.equal(readFileSync(join(folder, name), 'utf8'), name);
      assert.deepEqual(
        [Number(seen.mode) & 0o7777, seen.mtimeNs],
        [attributes.mode, BigInt(attributes.modified) * 1000n],
        name,
      );
    }
  }));

test.run();
