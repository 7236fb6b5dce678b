// Folders listed ahead over SFTP: many at a time, each once, in the order of a walk, and never more than may be kept.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type Fault, type Folder, isFault, type Named } from '../../runtime/host/file-verbs.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { holdPath } from '../../runtime/host/sftp/folder.js';
import { statOf } from '../../runtime/host/sftp/stats.js';
import { openSurvey } from '../../runtime/host/sftp/survey.js';
import { makeSftpVerbs } from '../../runtime/host/sftp/verbs.js';
import { AT_END, FILE, FOLDER, LINK, MISSING, type Reply, startPeer } from '../support/sftp-peer.js';

const named = (name: string, attrs = FOLDER): Named => {
  const stat = statOf(attrs as never);
  assert.ok(!isFault(stat));
  return { name, stat };
};

/** Answers when it is told to; `asked` are the paths that were asked for, in order. */
const slowly = (tree: Readonly<Record<string, readonly Named[] | Fault>>) => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  let most = 0;
  const list = async ({ path }: { readonly path: string }): Promise<Named[] | Fault> => {
    asked.push(path);
    await new Promise<void>(resolve => {
      waiting.push(resolve);
      most = Math.max(most, waiting.length);
    });
    const found = tree[path] ?? [];
    return isFault(found) ? found : [...found];
  };
  /** Until nothing more is asked for. */
  const answerAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      for (const go of waiting.splice(0)) go();
      await new Promise(setImmediate);
    }
  };
  return { asked, list, answerAll, most: () => most };
};

const wide = (count: number): Named[] =>
  Array.from({ length: count }, (_, i) => named(`f${String(i).padStart(3, '0')}`));

test('folders are asked for several at a time, in the order of their names, and syncplan’s own is not', async () => {
  const { asked, list, answerAll, most } = slowly({
    '/r': [named('.syncplan'), ...wide(40).reverse(), named('x', FILE)],
  });
  const survey = openSurvey(holdPath('/r'), list);
  await answerAll();
  assert.ok(most() > 4, `${most()} at a time`);
  assert.deepEqual(asked.slice(0, 3), ['/r', '/r/f000', '/r/f001']);
  assert.equal(asked.length, 41);
  assert.equal(asked.includes('/r/.syncplan'), false);
  assert.equal(survey.take('/r/.syncplan'), null);
});

test('a listing is handed out once, and a folder that cannot be listed says why', async () => {
  const { list, answerAll } = slowly({ '/r': [named('a'), named('b')], '/r/b': { fault: 'EACCES', message: 'no' } });
  const survey = openSurvey(holdPath('/r'), list);
  await answerAll();
  assert.equal(((await survey.take('/r')) as Named[]).length, 2);
  assert.equal(survey.take('/r'), null);
  assert.equal(await survey.knows('/r/a'), true);
  assert.equal(await survey.knows('/r/b'), false);
  assert.deepEqual(await survey.take('/r/b'), { fault: 'EACCES', message: 'no' });
});

test('no more is listed than may be kept, and what is passed over is let go', async () => {
  const { asked, list, answerAll } = slowly({ '/r': wide(200) });
  const survey = openSurvey(holdPath('/r'), list, 20);
  await answerAll();
  assert.equal(asked.length, 1, 'the folder itself holds more names than may be kept');
  await survey.take('/r');
  await answerAll();
  assert.ok(asked.length < 60, `${asked.length} folders were asked for`);
  // The last one is far beyond all that is kept: it is listed, and those before it go.
  const last = survey.take('/r/f199');
  await answerAll();
  assert.deepEqual(await last, []);
  assert.equal(survey.take('/r/f000'), null);
});

test('nothing more is asked for after its end', async () => {
  const { asked, list, answerAll } = slowly({ '/r': wide(10) });
  const survey = openSurvey(holdPath('/r'), list);
  survey.end();
  await answerAll();
  assert.deepEqual(asked, ['/r']);
});

test('a walk with it finds what it finds without, asks for each folder once, and goes through no link', async () => {
  const tree: Readonly<Record<string, readonly (readonly [string, typeof FILE])[]>> = {
    '/root': [
      ['a', FOLDER],
      ['b', FOLDER],
      ['link', LINK],
      ['x', FILE],
    ],
    '/root/a': [
      ['deep', FOLDER],
      ['y', FILE],
    ],
    '/root/a/deep': [['z', FILE]],
    '/root/b': [],
  };
  const told = new Set<string>();
  const reply = (request: string, at: string): Reply => {
    if (request === 'REALPATH') return { names: [[at, FOLDER]] };
    if (request === 'LSTAT' || request === 'STAT') {
      return at.endsWith('/link') ? { attrs: LINK } : tree[at] === undefined ? { status: MISSING } : { attrs: FOLDER };
    }
    if (request === 'OPENDIR') {
      told.delete(at);
      return { handle: at };
    }
    if (request !== 'READDIR') return { status: 0 };
    if (told.has(at) || tree[at]!.length === 0) return { status: AT_END };
    told.add(at);
    return { names: tree[at]! };
  };
  const peer = await startPeer(reply);
  try {
    const none = parseNames('');
    const verbs = makeSftpVerbs({ session: peer.session, home: '/', userId: 1, users: none, groups: none });
    const opened = await verbs.open('/root');
    assert.ok(!isFault(opened));
    const walk = async (at: Folder, path: string): Promise<string[]> => {
      const found = await verbs.list(at);
      assert.ok(!isFault(found));
      const lines: string[] = [];
      for (const { name, stat } of found) {
        lines.push(`${path}${name} ${stat.kind}`);
        if (stat.kind === 'file') continue;
        const below = await verbs.enter(at, name);
        if (isFault(below)) lines.push(`${path}${name} ${below.fault}`);
        else lines.push(...(await walk(below, `${path}${name}/`)));
      }
      return lines.sort();
    };
    const plain = await walk(opened.folder, '');
    const before = peer.asked.length;
    const done = verbs.ahead!(opened.folder);
    assert.deepEqual(await walk(opened.folder, ''), plain);
    done();
    const since = peer.asked.slice(before).filter(line => line.startsWith('OPENDIR'));
    assert.deepEqual(
      since.sort(),
      Object.keys(tree).map(path => `OPENDIR ${path}`),
    );
    assert.ok(plain.includes('link ELOOP'));
  } finally {
    await peer.close();
  }
});

test.run();
