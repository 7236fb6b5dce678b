// The file verbs of this machine: exact times and modes, confinement by held folders, faults as values.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import { type Fault, type FileVerbs, type Folder, isFault } from '../../runtime/host/file-verbs.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { cutsTimes } from '../../runtime/host/micros.js';

type Context = { top: string; verbs: FileVerbs; folder: Folder };

const held = async <T>(value: T | Fault | Promise<T | Fault>): Promise<T> => {
  const settled = await value;
  if (isFault(settled)) throw new Error(`${settled.fault} ${settled.message}`);
  return settled;
};

const codeOf = async (value: unknown): Promise<string> => {
  const settled = await value;
  return isFault(settled) ? settled.fault : 'none';
};

const write = async (verbs: FileVerbs, at: Folder, name: string, text: string, mode = 0o644, modified = 0) => {
  const sink = await held(verbs.write(at, name));
  assert.equal(await sink.write(Buffer.from(text)), null);
  assert.equal(await sink.finish({ mode, modified }), null);
};

for (const byDescriptor of [true, false]) {
  const test = suite<Context>(byDescriptor ? 'by descriptor' : 'by path');

  test.before.each(async context => {
    context.top = mkdtempSync(join(tmpdir(), 'syncplan-verbs-'));
    context.verbs = makeLocalVerbs({ home: context.top, byDescriptor });
    context.folder = (await held(context.verbs.open(context.top))).folder;
  });
  test.after.each(async context => {
    await context.verbs.release(context.folder);
    rmSync(context.top, { recursive: true, force: true });
  });

  test('a time of whole microseconds is read back as it was written, also before 1970', async ({
    top,
    verbs,
    folder,
  }) => {
    writeFileSync(join(top, 'f'), '');
    symlinkSync('nowhere', join(top, 'l'));
    const year = 31_557_600_000_000;
    // ext4, the most common file system, begins in 1901; the doubles of Node.js lose the microsecond after 2100.
    const micros = fc.integer({ min: -60 * year, max: 130 * year });
    await fc.assert(
      fc.asyncProperty(micros, async modified => {
        rmSync(join(top, 'new'), { force: true });
        const set = { do: 'set', at: folder, mode: null, modified, owner: null, group: null } as const;
        assert.deepEqual(
          await verbs.perform([
            { ...set, name: 'f' },
            { ...set, name: 'l' },
          ]),
          [null, null],
        );
        await write(verbs, folder, 'new', '', 0o600, modified);
        const stats = await verbs.stat(['f', 'l', 'new'].map(name => ({ at: folder, name })));
        assert.deepEqual(
          stats.map(stat => (isFault(stat) ? stat.fault : stat.modified)),
          [modified, modified, modified],
        );
        const { mtimeNs } = lstatSync(join(top, 'new'), { bigint: true });
        const off = Math.abs(Number(mtimeNs - BigInt(modified) * 1000n));
        // The closest double of seconds, or the one beside it.
        assert.ok(off <= (cutsTimes(process.versions.uv) ? 0 : 750), `${off} ns`);
      }),
      { numRuns: 3000 },
    );
  });

  test('modes are exact whatever the mask of the process, for files and folders', async ({ verbs, folder }) => {
    const before = process.umask(0o077);
    try {
      for (const mode of [0o777, 0o666, 0o1777, 0o2755, 0o4711, 0o000]) {
        await write(verbs, folder, 'f', '', mode);
        const made = await verbs.perform([{ do: 'make-folder', at: folder, name: 'd', mode }]);
        assert.deepEqual(made, [null]);
        const stats = await verbs.stat([
          { at: folder, name: 'f' },
          { at: folder, name: 'd' },
        ]);
        assert.deepEqual(
          stats.map(stat => (isFault(stat) ? stat.fault : stat.mode)),
          [mode, mode],
        );
        await verbs.perform([
          { do: 'remove', at: folder, name: 'f' },
          { do: 'remove-folder', at: folder, name: 'd' },
        ]);
      }
    } finally {
      process.umask(before);
    }
  });

  test('a file being written is closed to others until it is finished', async ({ top, verbs, folder }) => {
    const sink = await held(verbs.write(folder, 'f'));
    assert.equal(statSync(join(top, 'f')).mode & 0o777, 0o600);
    assert.equal(await codeOf(verbs.write(folder, 'f')), 'EEXIST');
    await sink.discard();
    assert.deepEqual(readdirSync(top), []);
  });

  test('the mode of a link is refused rather than given to what it points to', async ({ top, verbs, folder }) => {
    writeFileSync(join(top, 'f'), '', { mode: 0o600 });
    symlinkSync('f', join(top, 'l'));
    const set = { do: 'set', at: folder, name: 'l', mode: 0o777, modified: null, owner: null, group: null } as const;
    const [answer] = await verbs.perform([set]);
    assert.equal(await codeOf(answer), 'ELOOP');
    assert.equal(statSync(join(top, 'f')).mode & 0o777, 0o600);
  });

  test('a name is one component, and links are entered by nobody', async ({ top, verbs, folder }) => {
    mkdirSync(join(top, 'd'));
    symlinkSync('d', join(top, 'l'));
    writeFileSync(join(top, 'f'), '');
    for (const name of ['', '.', '..', 'd/..', '/etc', 'a\0b']) {
      assert.equal(await codeOf(verbs.enter(folder, name)), 'EINVAL', JSON.stringify(name));
      assert.equal(await codeOf(verbs.write(folder, name)), 'EINVAL');
      assert.equal(await codeOf((await verbs.stat([{ at: folder, name }]))[0]), 'EINVAL');
      const [answer] = await verbs.perform([{ do: 'rename', at: folder, name: 'f', to: folder, toName: name }]);
      assert.equal(await codeOf(answer), 'EINVAL');
    }
    for (const name of ['l', 'f']) assert.match(await codeOf(verbs.enter(folder, name)), /^(ELOOP|ENOTDIR)$/);
    assert.equal(await codeOf(verbs.read(folder, 'l', false)), 'ELOOP');
    assert.equal(await codeOf(verbs.read(folder, 'l', true)), 'EISDIR');
  });

  test('a folder that was moved and replaced by a link is still itself, or is not used at all', async context => {
    const { top, verbs, folder } = context;
    mkdirSync(join(top, 'd'));
    mkdirSync(join(top, 'trap'));
    const inside = await held(verbs.enter(folder, 'd'));
    renameSync(join(top, 'd'), join(top, 'moved'));
    symlinkSync('trap', join(top, 'd'));
    const answer = await verbs.write(inside, 'f');
    if (byDescriptor) {
      assert.ok(!isFault(answer));
      await answer.finish({ mode: 0o644, modified: null });
      assert.deepEqual(readdirSync(join(top, 'moved')), ['f']);
    } else {
      assert.equal(await codeOf(answer), 'ESTALE');
    }
    assert.deepEqual(readdirSync(join(top, 'trap')), []);
    await verbs.release(inside);
  });

  test('names are bytes, in listings, links and every deed', async ({ top, verbs, folder }) => {
    const name = '\xff\xc3\xa4';
    await write(verbs, folder, name, 'x');
    const target = '\xfe/\xfd';
    await verbs.perform([
      { do: 'make-link', at: folder, name: `${name}l`, target },
      { do: 'hard-link', at: folder, name, to: folder, toName: `${name}h` },
      { do: 'make-folder', at: folder, name: `${name}d`, mode: 0o755 },
    ]);
    const inside = await held(verbs.enter(folder, `${name}d`));
    await write(verbs, inside, name, 'y');
    const names = async (at: Folder): Promise<string[]> => (await held(verbs.list(at))).map(found => found.name).sort();
    assert.deepEqual(await names(folder), [name, `${name}d`, `${name}h`, `${name}l`]);
    assert.deepEqual(await names(inside), [name]);
    assert.equal(await verbs.readLink(folder, `${name}l`), target);
    assert.equal(readFileSync(Buffer.from(`${top}/${name}d/${name}`, 'latin1'), 'utf8'), 'y');
    await verbs.release(inside);
  });

  test('a FIFO holds up nobody, and is told from a file', async ({ top, verbs, folder }) => {
    spawnSync('mkfifo', [join(top, 'pipe')]);
    assert.equal(await codeOf(verbs.read(folder, 'pipe', false)), 'ENXIO');
    const [stat] = await verbs.stat([{ at: folder, name: 'pipe' }]);
    assert.equal(isFault(stat) ? stat.fault : stat?.kind, 'fifo');
    const set = { do: 'set', at: folder, name: 'pipe', mode: 0o600, modified: 5, owner: null, group: null } as const;
    assert.deepEqual(await verbs.perform([set]), [null]);
  });

  test('reading fills what it is given, tells the end, and what the file is by now', async ({ top, verbs, folder }) => {
    writeFileSync(join(top, 'f'), 'abcdefg');
    const source = await held(verbs.read(folder, 'f', false));
    const into = Buffer.alloc(4);
    assert.deepEqual([await source.read(into), into.toString()], [4, 'abcd']);
    assert.deepEqual([await source.read(into), into.toString('utf8', 0, 3)], [3, 'efg']);
    assert.equal(await source.read(into), 0);
    writeFileSync(join(top, 'f'), 'longer than before');
    assert.equal((await held(source.restat())).size, 18);
    await source.close();
  });

  test('a deed that fails stops none of its batch, and the working folder stays what it was', async context => {
    const { top, verbs, folder } = context;
    const before = process.cwd();
    mkdirSync(join(top, 'full/in'), { recursive: true });
    const answers = await verbs.perform([
      { do: 'remove', at: folder, name: 'none' },
      { do: 'remove-folder', at: folder, name: 'full' },
      { do: 'make-folder', at: folder, name: 'new', mode: 0o755 },
      { do: 'make-folder', at: folder, name: 'n'.repeat(256), mode: 0o755 },
      { do: 'sync-folder', at: folder },
    ]);
    assert.deepEqual(
      answers.map(answer => answer?.fault ?? 'done'),
      ['ENOENT', 'ENOTEMPTY', 'done', 'ENAMETOOLONG', 'done'],
    );
    await held(verbs.list(folder));
    assert.equal(process.cwd(), before);
  });

  test('opening expands the home folder, follows links to the root, and wants an absolute path', async context => {
    const { top, verbs } = context;
    mkdirSync(join(top, 'real'));
    symlinkSync('real', join(top, 'alias'));
    for (const path of ['~/alias', '~/real/', `${top}//real/.`]) {
      const { folder, path: resolved, stat } = await held(verbs.open(path));
      assert.equal(stat.inode, statSync(join(top, 'real')).ino, path);
      assert.equal(resolved, join(top, path.includes('alias') ? 'alias' : 'real'));
      await verbs.release(folder);
    }
    assert.equal((await held(verbs.open('~'))).path, top);
    assert.equal(await codeOf(verbs.open('relative')), 'EINVAL');
    assert.equal(await codeOf(verbs.open(`${top}/none`)), 'ENOENT');
  });

  test('users and groups are known by name and number', ({ verbs }) => {
    assert.equal(verbs.names.user(0), 'root');
    assert.equal(verbs.names.userId('root'), 0);
    assert.equal(verbs.names.groupId(verbs.names.group(0) ?? ''), 0);
    assert.equal(verbs.names.user(4_000_000_000), null);
    assert.equal(verbs.names.userId('nobody of that name'), null);
  });

  test('released folders are closed', async ({ top, verbs, folder }) => {
    const probe = (): number => {
      const descriptor = openSync(top, 'r');
      closeSync(descriptor);
      return descriptor;
    };
    mkdirSync(join(top, 'd'));
    const first = probe();
    for (let i = 0; i < 50; i++) {
      await verbs.release(await held(verbs.enter(folder, 'd')));
      await held(verbs.list(folder));
      const sink = await held(verbs.write(folder, 'f'));
      await sink.discard();
      await verbs.perform([{ do: 'set', at: folder, name: 'd', mode: 0o755, modified: 1, owner: null, group: null }]);
    }
    assert.equal(probe(), first);
  });

  test.run();
}

const inWorker = suite('in a worker');

inWorker('a worker thread, which has no working folder of its own, lists just as well', async () => {
  const top = mkdtempSync(join(tmpdir(), 'syncplan-worker-'));
  try {
    writeFileSync(Buffer.from(`${top}/\xff`, 'latin1'), 'x');
    writeFileSync(join(top, 'plain'), 'y');
    const module = new URL('../../runtime/host/local-verbs.js', import.meta.url).href;
    const code = `
      const { parentPort } = require('node:worker_threads');
      import(${JSON.stringify(module)}).then(({ makeLocalVerbs }) => {
        const verbs = makeLocalVerbs({ home: '/' });
        const { folder } = verbs.open(${JSON.stringify(top)});
        parentPort.postMessage(verbs.list(folder).map(({ name, stat }) => name + ' ' + stat.size).sort());
      });`;
    const worker = new Worker(code, { eval: true });
    const listed = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
    assert.deepEqual(listed, ['plain 1', '\xff 1']);
    await worker.terminate();
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
});

inWorker.run();
