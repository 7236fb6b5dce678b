// The verbs over a server that answers as badly as it can: each ends, by name, and nothing that was not asked for is believed.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type FileVerbs, type Folder, isFault } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { makeSftpVerbs } from '../../runtime/host/sftp/verbs.js';
import {
  AT_END,
  FAILURE,
  FILE,
  FOLDER,
  LINK,
  MISSING,
  OK,
  type Peer,
  type Reply,
  startPeer,
} from '../support/sftp-peer.js';

type Script = Partial<Record<string, (at: string, turn: number) => Reply>>;

/** By default every path is a folder, and everything succeeds. */
const DEFAULTS: Script = {
  LSTAT: () => ({ attrs: FOLDER }),
  STAT: () => ({ attrs: FOLDER }),
  REALPATH: at => ({ names: [[at, FOLDER]] }),
  OPENDIR: () => ({ handle: 'folder' }),
  OPEN: () => ({ handle: 'file' }),
  READDIR: () => ({ status: AT_END }),
};

const against = async (
  script: Script,
  work: (verbs: FileVerbs, root: Folder, peer: Peer) => Promise<void>,
  patience?: number,
): Promise<void> => {
  const turns = new Map<string, number>();
  const peer = await startPeer((request, at) => {
    const turn = turns.get(request) ?? 0;
    turns.set(request, turn + 1);
    return (script[request] ?? DEFAULTS[request] ?? (() => ({ status: OK })))(at, turn);
  }, patience);
  try {
    const none = parseNames('');
    const verbs = makeSftpVerbs({ session: peer.session, home: '/home', userId: 1000, users: none, groups: none });
    const opened = await verbs.open('/root');
    assert.ok(!isFault(opened));
    await work(verbs, opened.folder, peer);
  } finally {
    await peer.close();
  }
};

const faultIn = (answer: unknown): string => (isFault(answer) ? answer.fault : 'none');

for (const [what, name] of [
  ['with a slash', 'a/b'],
  ['that leads upwards', '../x'],
  ['that is empty', ''],
  ['with a NUL', 'a\0b'],
] as const) {
  test(`a listed name ${what} makes the folder unreadable, and is never asked for`, () =>
    against(
      {
        READDIR: (_, turn) =>
          turn === 0
            ? {
                names: [
                  ['ok', FILE],
                  [name, FILE],
                ],
              }
            : { status: AT_END },
      },
      async (verbs, root, { asked }) => {
        assert.equal(faultIn(await verbs.list(root)), 'EPROTO');
        assert.equal(
          asked.some(line => /^\w+ \/root\/./.test(line)),
          false,
        );
      },
    ));
}

test('a name that comes twice, and a server that goes on with nothing, are refused', async () => {
  await against(
    { READDIR: (_, turn) => (turn < 2 ? { names: [['same', FILE]] } : { status: AT_END }) },
    async (verbs, root) => assert.equal(faultIn(await verbs.list(root)), 'EPROTO'),
  );
  await against({ READDIR: () => ({ names: [] }) }, async (verbs, root) =>
    assert.equal(faultIn(await verbs.list(root)), 'EPROTO'),
  );
});

test('sizes beyond counting and files without a kind are not believed', async () => {
  await against(
    { READDIR: (_, turn) => (turn === 0 ? { names: [['huge', { ...FILE, size: 2 ** 63 }]] } : { status: AT_END }) },
    async (verbs, root) => {
      const listed = await verbs.list(root);
      assert.ok(!isFault(listed));
      // The scan leaves out by name what is larger than can be counted (walk.ts).
      assert.ok(listed[0]!.stat.size > Number.MAX_SAFE_INTEGER);
    },
  );
  const { mode, ...bare } = FILE;
  await against(
    { READDIR: (_, turn) => (turn === 0 ? { names: [['bare', bare]] } : { status: AT_END }) },
    async (verbs, root) => assert.equal(faultIn(await verbs.list(root)), 'EPROTO', `mode was ${mode}`),
  );
});

test('names and paths that ssh2 would spoil or that end a session are refused before they are sent', () =>
  against({}, async (verbs, root, { asked }) => {
    const before = asked.length;
    assert.deepEqual(
      (await verbs.stat(['a\0b', '\xff\xfe', '..', 'a/b', ''].map(name => ({ at: root, name })))).map(faultIn),
      ['EINVAL', 'EILSEQ', 'EINVAL', 'EINVAL', 'EINVAL'],
    );
    assert.equal(faultIn(await verbs.read(root, '\xff', false)), 'EILSEQ');
    assert.equal(faultIn(await verbs.write(root, 'a\0b')), 'EINVAL');
    assert.equal(asked.length, before);
  }));

test('a folder on the way that became a link is not gone through, for any verb', () => {
  let flipped = false;
  return against(
    { LSTAT: at => ({ attrs: flipped && at === '/root/way' ? LINK : FOLDER }) },
    async (verbs, root, { asked }) => {
      const way = await verbs.enter(root, 'way');
      assert.ok(!isFault(way));
      const deep = await verbs.enter(way, 'deep');
      assert.ok(!isFault(deep));
      flipped = true;
      assert.equal(faultIn(await verbs.enter(deep, 'x')), 'ELOOP');
      assert.equal(faultIn(await verbs.list(deep)), 'ELOOP');
      assert.equal(faultIn(await verbs.read(deep, 'x', false)), 'ELOOP');
      assert.equal(faultIn(await verbs.write(deep, 'x')), 'ELOOP');
      const deeds = await verbs.perform([
        { do: 'make-folder', at: deep, name: 'x', mode: 0o755 },
        { do: 'remove', at: deep, name: 'x' },
        { do: 'rename', at: root, name: 'x', to: deep, toName: 'x' },
      ]);
      assert.deepEqual(deeds.map(faultIn), ['ELOOP', 'ELOOP', 'ELOOP']);
      assert.equal(
        asked.some(line => /^(OPEN|OPENDIR|MKDIR|REMOVE|RENAME) /.test(line)),
        false,
      );
    },
  );
});

test('a source that shrinks while it is read ends there', () =>
  against(
    {
      LSTAT: at => ({ attrs: at === '/root/f' ? { ...FILE, size: 300_000 } : FOLDER }),
      FSTAT: () => ({ attrs: { ...FILE, size: 300_000 } }),
      READ: (_, turn) => (turn === 0 ? { data: Buffer.from('short') } : { status: AT_END }),
    },
    async (verbs, root) => {
      const source = await verbs.read(root, 'f', false);
      assert.ok(!isFault(source));
      const into = Buffer.alloc(300_000);
      assert.equal(await source.read(into), 5);
      assert.equal(into.toString('latin1', 0, 5), 'short');
      assert.equal(await source.read(into), 0);
      await source.close();
    },
  ));

test('a file that turned into something else between the look and the opening is not read', () =>
  against(
    {
      LSTAT: at => ({ attrs: at === '/root/f' ? FILE : FOLDER }),
      FSTAT: () => ({ attrs: { ...FILE, mode: 0o10644 } }),
    },
    async (verbs, root) => assert.equal(faultIn(await verbs.read(root, 'f', false)), 'ENXIO'),
  ));

test('a bare failure is told apart: taken, a folder, not empty, and nothing known', async () => {
  let there: Reply = { attrs: FILE };
  const script: Script = {
    LSTAT: at => (at === '/root/x' ? there : { attrs: FOLDER }),
    OPEN: () => ({ status: FAILURE }),
    MKDIR: () => ({ status: FAILURE }),
    REMOVE: () => ({ status: FAILURE }),
    RMDIR: () => ({ status: FAILURE }),
  };
  await against(script, async (verbs, root) => {
    assert.equal(faultIn(await verbs.write(root, 'x')), 'EEXIST');
    assert.equal(
      faultIn((await verbs.perform([{ do: 'make-folder', at: root, name: 'x', mode: 0o755 }]))[0]),
      'EEXIST',
    );
    there = { attrs: FOLDER };
    assert.equal(faultIn((await verbs.perform([{ do: 'remove', at: root, name: 'x' }]))[0]), 'EISDIR');
    assert.equal(faultIn((await verbs.perform([{ do: 'remove-folder', at: root, name: 'x' }]))[0]), 'ENOTEMPTY');
    there = { status: MISSING };
    assert.equal(faultIn(await verbs.write(root, 'x')), 'FAILURE');
  });
});

test('what fails while a file is written is told, at the latest when it is finished', () =>
  against({ WRITE: () => ({ status: FAILURE }) }, async (verbs, root) => {
    const sink = await verbs.write(root, 'x');
    assert.ok(!isFault(sink));
    const early = await sink.write(Buffer.alloc(200_000));
    const late = await sink.finish({ mode: 0o644, modified: 5_000_000 });
    assert.ok(isFault(early) || isFault(late));
    assert.ok(isFault(late));
  }));

test('a lost connection settles everything that is under way, and all that is asked later', () =>
  against({ LSTAT: at => (at === '/root/hang' ? 'silence' : { attrs: FOLDER }) }, async (verbs, root, peer) => {
    const hanging = Promise.resolve(verbs.stat([{ at: root, name: 'hang' }]));
    setTimeout(peer.hangUp, 50);
    await assert.rejects(hanging, (error: unknown) => error instanceof HostError && error.code === 'lost');
    await assert.rejects(
      async () => verbs.list(root),
      (error: unknown) => error instanceof HostError && error.code === 'lost',
    );
  }));

test('a server that stops answering is given up after its patience', () =>
  against(
    { LSTAT: at => (at === '/root/hang' ? 'silence' : { attrs: FOLDER }) },
    async (verbs, root) =>
      assert.rejects(
        async () => verbs.stat([{ at: root, name: 'hang' }]),
        (error: unknown) => error instanceof HostError && error.code === 'silent',
      ),
    200,
  ));

test.run();
