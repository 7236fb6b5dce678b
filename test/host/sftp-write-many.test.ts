// Many small files over SFTP at once: in the order that the protocol needs, over as many sessions as the server gives.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type FileVerbs, type Folder, isFault, type NewFile } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { makeSftpVerbs } from '../../runtime/host/sftp/verbs.js';
import { FAILURE, FILE, FOLDER, LINK, OK, type Peer, type Reply, startPeer } from '../support/sftp-peer.js';

const against = async (
  reply: (request: string, at: string) => Reply | null,
  most: number,
  work: (verbs: FileVerbs, root: Folder, peer: Peer) => Promise<void>,
): Promise<void> => {
  const usual = (request: string, at: string): Reply => {
    if (request === 'OPEN') return { handle: at };
    if (request === 'REALPATH') return { names: [[at, FOLDER]] };
    return request === 'LSTAT' || request === 'STAT' ? { attrs: FOLDER } : { status: OK };
  };
  const peer = await startPeer((request, at) => reply(request, at) ?? usual(request, at), 5_000, most);
  try {
    const none = parseNames('');
    const { session } = peer;
    const verbs = makeSftpVerbs({ session, home: '/home', userId: 1000, users: none, groups: none });
    const opened = await verbs.open('/root');
    assert.ok(!isFault(opened));
    await work(verbs, opened.folder, peer);
  } finally {
    await peer.close();
  }
};

const filesIn = (at: Folder, count: number): NewFile[] =>
  Array.from({ length: count }, (_, i) => ({
    at,
    name: `f${i}`,
    content: Buffer.from(`content of ${i}`),
    attributes: { mode: 0o640, modified: 5_000_000 },
    durable: false,
  }));

const faultsOf = (answers: readonly unknown[]): string[] =>
  answers.flatMap(answer => (isFault(answer) ? [answer.fault] : []));

for (const most of [1, 4]) {
  test(`each file is opened, written, given its attributes and closed, in this order, over ${most} at a time`, () =>
    against(
      () => null,
      most,
      async (verbs, root, { asked, sessions }) => {
        assert.deepEqual(faultsOf(await verbs.writeMany!(filesIn(root, 300))), []);
        // The further sessions are opened before the first files, which are spread over them.
        assert.deepEqual(faultsOf(await verbs.writeMany!(filesIn(root, 1500))), []);
        assert.equal(sessions(), most);
        for (const i of [0, 299, 1499]) {
          const own = asked.filter(line => line.endsWith(` /root/f${i}`)).map(line => line.split(' ')[0]);
          assert.deepEqual(own.slice(-4), ['OPEN', 'WRITE', 'FSETSTAT', 'CLOSE']);
        }
        // However many there are, a folder is looked at once for all of them.
        assert.equal(asked.filter(line => line === 'LSTAT /root').length, 2);
      },
    ));
}

test('what is longer than one request may be is written in several, all of them before the file is closed', () =>
  against(
    () => null,
    4,
    async (verbs, root, { asked, session }) => {
      const longest = session.longestWrite();
      const sizes = [longest - 1, longest, longest + 1, 2 * longest, 3 * longest - 5];
      const files = filesIn(root, sizes.length).map((file, i) => ({ ...file, content: Buffer.alloc(sizes[i]!, 'x') }));
      assert.deepEqual(faultsOf(await verbs.writeMany!(files)), []);
      for (const [i, size] of sizes.entries()) {
        const own = asked.filter(line => line.endsWith(` /root/f${i}`)).map(line => line.split(' ')[0]!);
        const writes = Array.from({ length: Math.ceil(size / longest) }, () => 'WRITE');
        assert.deepEqual(own.slice(own.indexOf('OPEN')), ['OPEN', ...writes, 'FSETSTAT', 'CLOSE'], `${size} bytes`);
      }
    },
  ));

test('a file that cannot be written is removed, and the others are not its concern', () =>
  against(
    (request, at) => (request === 'WRITE' && at === '/root/f7' ? { status: FAILURE } : null),
    1,
    async (verbs, root, { asked }) => {
      const answers = await verbs.writeMany!(filesIn(root, 20));
      assert.deepEqual(
        answers.map((answer, i) => (answer === null ? null : i)).filter(i => i !== null),
        [7],
      );
      assert.deepEqual(
        asked.filter(line => line.startsWith('REMOVE ')),
        ['REMOVE /root/f7'],
      );
    },
  ));

test('what stands there is left alone, and told', () =>
  against(
    (request, at) => {
      if (at !== '/root/f3') return null;
      return request === 'OPEN' ? { status: FAILURE } : request === 'LSTAT' ? { attrs: FILE } : null;
    },
    1,
    async (verbs, root, { asked }) => {
      assert.deepEqual(faultsOf(await verbs.writeMany!(filesIn(root, 5))), ['EEXIST']);
      assert.equal(
        asked.some(line => /^(REMOVE|WRITE|FSETSTAT) .*f3$/.test(line)),
        false,
      );
    },
  ));

test('nothing is written below a folder that is a link by now', () => {
  let flipped = false;
  return against(
    (request, at) => (flipped && request === 'LSTAT' && at === '/root/way' ? { attrs: LINK } : null),
    1,
    async (verbs, root, { asked }) => {
      const way = await verbs.enter(root, 'way');
      assert.ok(!isFault(way));
      flipped = true;
      assert.deepEqual(faultsOf(await verbs.writeMany!(filesIn(way, 3))), ['ELOOP', 'ELOOP', 'ELOOP']);
      assert.equal(faultsOf([await verbs.makeFolders!(way, [{ path: 'x', mode: 0o755 }])])[0], 'ELOOP');
      assert.equal(
        asked.some(line => /^(OPEN|MKDIR) /.test(line)),
        false,
      );
    },
  );
});

test('folders are made before what they hold, then given their modes; one that stands there keeps its own', () =>
  against(
    (request, at) => (request === 'MKDIR' && at === '/root/a/b' ? { status: FAILURE } : null),
    1,
    async (verbs, root, { asked }) => {
      const paths = ['a', 'a/b', 'a/b/c', 'd'];
      const made = await verbs.makeFolders!(
        root,
        paths.map(path => ({ path, mode: 0o750 })),
      );
      assert.ok(isFault(made));
      const of = (request: string): string[] =>
        asked.filter(line => line.startsWith(`${request} `)).map(line => line.slice(request.length + 1));
      assert.deepEqual(
        of('MKDIR'),
        paths.map(path => `/root/${path}`),
      );
      assert.deepEqual(of('SETSTAT'), ['/root/a', '/root/a/b/c', '/root/d']);
    },
  ));

test('a connection that is lost in the middle settles every file', () =>
  against(
    (request, at) => (request === 'CLOSE' && at === '/root/f50' ? 'silence' : null),
    4,
    async (verbs, root, peer) => {
      const writing = Promise.resolve(verbs.writeMany!(filesIn(root, 400)));
      setTimeout(peer.hangUp, 100);
      await assert.rejects(writing, (error: unknown) => error instanceof HostError && error.code === 'lost');
      await assert.rejects(
        async () => verbs.writeMany!(filesIn(root, 1)),
        (error: unknown) => error instanceof HostError && error.code === 'lost',
      );
    },
  ));

test.run();
