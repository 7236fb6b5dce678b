// Folders listed ahead over SFTP: many at a time, each once, in the order of a walk, and never many more than the walk asks for.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type Fault, type FileVerbs, isFault, type Named, type Wanted } from '../../runtime/host/file-verbs.js';
import type { Selection } from '../../runtime/host/host.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { holdPath } from '../../runtime/host/sftp/folder.js';
import { statOf } from '../../runtime/host/sftp/stats.js';
import { openSurvey } from '../../runtime/host/sftp/survey.js';
import { makeSftpVerbs } from '../../runtime/host/sftp/verbs.js';
import { AT_END, FILE, FOLDER, LINK, MISSING, type Peer, type Reply, startPeer } from '../support/sftp-peer.js';
import { kinds, scanOf } from './scanning.js';

const named = (name: string, attrs = FOLDER): Named => {
  const stat = statOf(attrs as never);
  assert.ok(!isFault(stat));
  return { name, stat };
};

const wide = (count: number, attrs = FOLDER): Named[] =>
  Array.from({ length: count }, (_, i) => named(`f${String(i).padStart(3, '0')}`, attrs));

type Tree = (path: string) => readonly Named[] | Fault;

/** Answers when it is told to, a thousand names at a time; `asked` are the paths that were asked for, in order. */
const slowly = (tree: Tree) => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  let most = 0;
  const list = async ({ path }: { readonly path: string }, goesOn: (names: number) => boolean) => {
    asked.push(path);
    const found = tree(path);
    const told: Named[] = [];
    do {
      await new Promise<void>(resolve => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
      });
      if (isFault(found)) return found;
      told.push(...found.slice(told.length, told.length + 1000));
      if (!goesOn(told.length)) return null;
    } while (told.length < found.length);
    return told;
  };
  /** Until nothing more is asked for. */
  const answerAll = async (): Promise<void> => {
    do {
      for (const go of waiting.splice(0)) go();
      await new Promise(setImmediate);
    } while (waiting.length > 0);
  };
  const answer = async <T>(question: Promise<T> | null): Promise<T | null> => {
    await answerAll();
    return question;
  };
  return { asked, list, answerAll, answer, most: () => most };
};

const ALL: Wanted = { enter: () => ALL };

/** Of one folder, and nothing in these. */
const flat =
  (found: readonly Named[]): Tree =>
  path =>
    path === '/r' ? found : [];

test('folders are asked for several at a time, in the order of their names, and none that is not wanted', async () => {
  const found = [named('.syncplan'), ...wide(40).reverse(), named('x', FILE)];
  const { asked, list, answerAll, most } = slowly(flat(found));
  const survey = openSurvey(holdPath('/r'), { enter: name => (name.startsWith('.') ? null : ALL) }, list);
  await answerAll();
  assert.ok(most() > 4, `${most()} at a time`);
  assert.deepEqual(asked.slice(0, 3), ['/r', '/r/f000', '/r/f001']);
  assert.equal(asked.length, 41);
  assert.equal(survey.take('/r/.syncplan'), null);
  assert.equal(asked.includes('/r/.syncplan'), false);
});

test('what lies in a folder is listed before what comes after it', async () => {
  const { asked, list, answerAll } = slowly(path => (path === '/r' ? wide(100) : path.length < 8 ? wide(2) : []));
  openSurvey(holdPath('/r'), ALL, list, 60);
  await answerAll();
  assert.equal(asked.length, 60);
  assert.deepEqual(asked.filter(path => path.startsWith('/r/f000')).length, 3);
  assert.equal(asked.includes('/r/f040'), false);
});

test('a listing is handed out once, and a folder that cannot be listed says why when it is asked for', async () => {
  const { asked, list, answerAll, answer } = slowly(path =>
    path === '/r' ? [named('a'), named('b'), named('c')] : path === '/r/a' ? [] : { fault: 'EACCES', message: 'no' },
  );
  const survey = openSurvey(holdPath('/r'), ALL, list);
  await answerAll();
  assert.equal(((await survey.take('/r')) as Named[]).length, 3);
  assert.equal(survey.take('/r'), null);
  assert.equal(await survey.knows('/r/a'), true);
  assert.deepEqual(await survey.take('/r/a'), []);
  assert.deepEqual(await survey.take('/r/b'), { fault: 'EACCES', message: 'no' });
  assert.equal(await survey.knows('/r/c'), false);
  assert.equal(await answer(survey.take('/r/c')), null, 'the server is asked itself');
  assert.equal(asked.length, 4);
});

test('of a tree without end no more is listed than is asked for, and as much as may be ahead', async () => {
  const { asked, list, answerAll } = slowly(() => wide(3));
  const survey = openSurvey(holdPath('/r'), ALL, list);
  for (let path = '/r', taken = 0; taken < 400; path += '/f000') {
    await answerAll();
    assert.ok(asked.length <= taken + 256, `${asked.length} folders, ${taken} asked for`);
    assert.ok(asked.length > taken);
    const listing = survey.take(path);
    await answerAll();
    assert.equal(((await listing) as Named[]).length, 3);
    taken++;
  }
  assert.equal(new Set(asked).size, asked.length);
  survey.end();
  await answerAll();
  assert.ok(asked.length <= 400 + 256);
});

test('few names are kept, whatever folders hold, and a large one is listed whole when it is asked for', async () => {
  const files = wide(12_000, FILE);
  const { asked, list, answerAll, answer } = slowly(path =>
    path === '/r'
      ? wide(200)
      : path === '/r/f000'
        ? [...files, named('z')]
        : path.endsWith('z')
          ? []
          : wide(2_000, FILE),
  );
  const survey = openSurvey(holdPath('/r'), ALL, list);
  await answerAll();
  await survey.take('/r');
  await answerAll();
  const before = asked.length;
  assert.ok(before < 50_000 / 2_000 + 32 + 2, `${before} folders`);
  assert.equal(await answer(survey.knows('/r/f000')), true);
  assert.equal(((await answer(survey.take('/r/f000'))) as Named[]).length, 12_001);
  assert.deepEqual(asked.slice(before), ['/r/f000']);
  assert.deepEqual(await answer(survey.take('/r/f000/z')), []);
});

test('what is passed over is let go, and it goes on from where the walk is', async () => {
  const { asked, list, answerAll, answer } = slowly(path =>
    path === '/r' ? wide(200) : path.length < 8 ? wide(2) : [],
  );
  const survey = openSurvey(holdPath('/r'), ALL, list, 40);
  await answerAll();
  await survey.take('/r');
  await answerAll();
  assert.equal(asked.length, 41);
  assert.equal(((await answer(survey.take('/r/f100'))) as Named[]).length, 2);
  assert.equal(await answer(survey.take('/r/f000')), null);
  await answerAll();
  const since = asked.slice(41);
  assert.equal(since[0], '/r/f100');
  assert.ok(
    since.every(path => path >= '/r/f100'),
    since.join(),
  );
  assert.ok(since.includes('/r/f100/f001'));
  assert.equal(since.length, 1 + 40);
});

test('a folder of two hundred thousand folders is gone through as any other', async () => {
  const { asked, list, answerAll } = slowly(flat(Array.from({ length: 200_000 }, (_, i) => named(`${i}`))));
  const survey = openSurvey(holdPath('/r'), ALL, list);
  const top = survey.take('/r');
  await answerAll();
  assert.equal(((await top) as Named[]).length, 200_000);
  assert.equal(asked.length, 1 + 256);
});

test('nothing more is asked for after its end', async () => {
  const { asked, list, answerAll } = slowly(flat(wide(10)));
  const survey = openSurvey(holdPath('/r'), ALL, list);
  survey.end();
  await answerAll();
  assert.deepEqual(asked, ['/r']);
  assert.equal(survey.take('/r'), null);
});

type Listed = readonly (readonly [string, typeof FILE])[];

/** A server with these folders; what is in none of them is not there. */
const serving = (folder: (path: string) => Listed | null): ((request: string, at: string) => Reply) => {
  const told = new Set<string>();
  return (request, at) => {
    if (request === 'REALPATH') return { names: [[at, FOLDER]] };
    if (request === 'LSTAT' || request === 'STAT') {
      if (at.endsWith('/link')) return { attrs: LINK };
      return folder(at) === null ? { status: MISSING } : { attrs: FOLDER };
    }
    if (request === 'OPENDIR') {
      told.delete(at);
      return { handle: at };
    }
    if (request !== 'READDIR') return { status: 0 };
    if (told.has(at) || folder(at)!.length === 0) return { status: AT_END };
    told.add(at);
    return { names: folder(at)! };
  };
};

const verbsOf = ({ session }: Peer): FileVerbs => {
  const none = parseNames('');
  return makeSftpVerbs({ session, home: '/', userId: 1, users: none, groups: none });
};

/** Folders that were listed meanwhile, in the order in which they were. */
const listedBy = async (peer: Peer, work: () => Promise<unknown>): Promise<string[]> => {
  const before = peer.asked.length;
  await work();
  const since = peer.asked.slice(before).filter(line => line.startsWith('OPENDIR '));
  return since.map(line => line.slice('OPENDIR '.length));
};

test('a scan finds what it finds without, lists each folder once and none it leaves out, and goes through no link', async () => {
  const tree: Readonly<Record<string, Listed>> = {
    '/top': [
      ['a', FOLDER],
      ['b', FOLDER],
      ['link', LINK],
      ['out', FOLDER],
      ['x', FILE],
      ['.syncplan', FOLDER],
    ],
    '/top/.syncplan': [['own', FILE]],
    '/top/a': [
      ['deep', FOLDER],
      ['y', FILE],
    ],
    '/top/a/deep': [['z', FILE]],
    '/top/b': [],
    '/top/out': [['file', FILE]],
  };
  const peer = await startPeer(serving(path => tree[path] ?? null));
  try {
    const verbs = verbsOf(peer);
    const chosen: Partial<Selection> = {
      links: { symbolic: 'skip', hard: 'keep', escaping: 'keep' },
      terms: [{ base: '', include: { is: 'all' }, except: { is: 'under', folder: 'out' } }],
    };
    let plain: string[] = [];
    await listedBy(peer, async () => {
      plain = await kinds(await scanOf('/top', chosen, { verbs: { ...verbs, ahead: () => () => {} } }));
    });
    let found: string[] = [];
    const asked = await listedBy(peer, async () => {
      found = await kinds(await scanOf('/top', chosen, { verbs }));
    });
    assert.deepEqual(found, plain);
    assert.deepEqual(asked.sort(), ['/top', '/top/a', '/top/a/deep', '/top/b']);
  } finally {
    await peer.close();
  }
});

test('a scan of a tree without end fails as without, and asks for no more than 256 folders more', async () => {
  const peer = await startPeer(serving(() => ['a', 'b', 'c'].map(name => [name, FOLDER])));
  try {
    const verbs = { ...verbsOf(peer), mostListed: 4_000 };
    const fails = (how: FileVerbs) => () =>
      assert.rejects(scanOf('/top', {}, { verbs: how }), /folders in folders that never end/);
    const plain = await listedBy(peer, fails({ ...verbs, ahead: () => () => {} }));
    const asked = await listedBy(peer, fails(verbs));
    assert.ok(asked.length <= plain.length + 256, `${asked.length} folders instead of ${plain.length}`);
    const later = await listedBy(peer, () => new Promise(resolve => setTimeout(resolve, 200)));
    assert.ok(later.length <= 32, `${later.length} folders after its end`);
    const deepest = (paths: readonly string[]) => Math.max(...paths.map(path => path.split('/').length));
    assert.equal(deepest(asked), deepest(plain));
  } finally {
    await peer.close();
  }
});

test.run();
