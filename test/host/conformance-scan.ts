// Conformance: what a scan tells.
import assert from 'node:assert/strict';
import { openDigests } from '../../runtime/bytes/digest.js';
import { readRecords } from '../../runtime/bytes/pack.js';
import { decodeContentPage, decodePage } from '../../runtime/tree/page.js';
import { MOMENT, STEP } from '../support/fixture.js';
import { ALL, type Case, listed, type Subject } from './session.js';

const scanOf = async ({ host, place }: Subject) =>
  (await host.openRoot(place.path, { create: false, state: null })).scan(ALL);

export const scanCases: readonly Case[] = [
  {
    title: 'a scan lists files, folders, links and hard names with their attributes, and counts special files',
    needs: 'hard names',
    async run(subject) {
      subject.place.put({
        'a/one': { file: 'eins', mode: 0o640 },
        'a/two': { hard: 'a/one' },
        'b link': { link: '../else where', modified: MOMENT - 7 * STEP },
        empty: { folder: 0o750 },
        pipe: { fifo: true },
      });
      const scan = await scanOf(subject);
      const found = await listed(scan);
      assert.deepEqual([...found.keys()].sort(), ['a', 'a/one', 'a/two', 'b link', 'empty']);
      assert.deepEqual(found.get('a/one'), {
        kind: 'file',
        size: 4,
        mode: 0o640,
        modified: MOMENT,
        owner: '',
        group: '',
        extra: '',
      });
      assert.deepEqual(found.get('a/two'), { kind: 'hard', leader: 'a/one' });
      assert.deepEqual(found.get('b link'), {
        kind: 'link',
        target: '../else where',
        modified: MOMENT - 7 * STEP,
        owner: '',
        group: '',
      });
      const empty = found.get('empty');
      assert.ok(empty?.kind === 'folder' && empty.selected && empty.mode === 0o750);
      const { files, folders, links, hard, skipped, bytes, exists } = scan.summary;
      assert.deepEqual(
        { files, folders, links, hard, skipped, bytes, exists },
        { files: 1, folders: 2, links: 1, hard: 1, skipped: 1, bytes: 4, exists: true },
      );
      await scan.close();
    },
  },
  {
    title:
      'a master counts whose setuid, setgid and sticky bits are left out, where modes are carried and nothing fixes them',
    async run({ host, place }) {
      place.put({
        plain: { file: '1', mode: 0o755 },
        user: { file: '2', mode: 0o4755 },
        group: { folder: 0o2750 },
        'group/sticky': { file: '3', mode: 0o1644 },
        link: { link: 'user' },
      });
      const root = await host.openRoot(place.path, { create: false, state: null });
      const lost = async (changes: Partial<typeof ALL>): Promise<number> => {
        const scan = await root.scan({ ...ALL, side: 'master', attributes: ['mode'], ...changes });
        await scan.close();
        return scan.summary.specialBits;
      };
      const set = { owner: null, group: null, files: null, folders: null };
      assert.equal(await lost({}), 3);
      assert.equal(await lost({ side: 'remote' }), 0);
      assert.equal(await lost({ attributes: ['mode', 'special'] }), 0);
      assert.equal(await lost({ attributes: ['modified'] }), 0);
      assert.equal(await lost({ set: { ...set, files: 0o644 } }), 1);
      assert.equal(await lost({ set: { ...set, folders: 0o755 } }), 2);
      const only = { is: 'name', values: ['plain', 'sticky'] } as const;
      assert.equal(await lost({ terms: [{ base: '', include: only, except: null }] }), 1);
    },
  },
  {
    title: 'equal trees have equal digests, and one byte of time makes another',
    async run(subject) {
      subject.place.put({ 'x/y': { file: '1' } });
      const before = (await scanOf(subject)).summary.digest;
      assert.equal((await scanOf(subject)).summary.digest, before);
      subject.place.put({ 'x/y': { file: '1', modified: MOMENT + STEP } });
      assert.notEqual((await scanOf(subject)).summary.digest, before);
    },
  },
  {
    title: 'a lookup finds by name what is there now, whatever it is',
    async run(subject) {
      subject.place.put({ f: { file: 'x' }, pipe: { fifo: true }, l: { link: 'f' }, 'd/e': { file: '' } });
      const scan = await scanOf(subject);
      subject.place.put({ later: { file: 'abc' } });
      const kinds = (await scan.lookup(['f', 'pipe', 'l', 'd', 'd/e', 'later', 'nothing', 'f/below', 'd/none'])).map(
        found => ('kind' in found ? found.kind : found.code),
      );
      assert.deepEqual(kinds.slice(0, 7), ['file', 'special', 'link', 'folder', 'file', 'file', 'absent']);
      assert.deepEqual(kinds.slice(7), ['absent', 'absent']);
    },
  },
  {
    title: 'digests are those of the content, and the content pages fold them',
    async run(subject) {
      const big = 'big '.repeat(500_000);
      subject.place.put({ 'a/one': { file: 'eins' }, 'a/none': { file: '' }, big: { file: big } });
      const scan = await scanOf(subject);
      const { hash } = await openDigests(ALL.algorithm);
      const expected = ['eins', '', big].map(text => hash(Buffer.from(text, 'latin1')));
      assert.deepEqual(await scan.digests(['a/one', 'a/none', 'big']), expected);
      const pages = new Map<string, (string | null)[]>();
      const of = await listedPages(scan);
      for await (const { folder, page } of scan.contents(['', 'a']))
        pages.set(folder, decodeContentPage(of.get(folder)!, page));
      assert.deepEqual(pages.get('a'), [expected[1], expected[0]]);
      assert.equal(pages.get('')?.[1], expected[2]);
    },
  },
  {
    title: 'reading gives each file whole or in parts, with its digest, under its number',
    async run(subject) {
      const big = 'abcdefghij'.repeat(300_000);
      subject.place.put({ small: { file: 'content' }, big: { file: big }, none: { file: '' } });
      const scan = await scanOf(subject);
      const { hash } = await openDigests(ALL.algorithm);
      const received = new Map<number, { text: string; digest: string }>();
      for await (const chunk of scan.read([
        { path: 'big', index: 4 },
        { path: 'none', index: 7 },
        { path: 'small', index: 9 },
      ])) {
        for (const record of readRecords(chunk)) {
          assert.notEqual(record.is, 'lost');
          const so = received.get(record.index) ?? { text: '', digest: '' };
          if (record.is === 'whole' || record.is === 'part') so.text += record.content.toString('latin1');
          if (record.is === 'whole' || record.is === 'end') so.digest = record.digest;
          received.set(record.index, so);
        }
      }
      for (const [index, text] of [
        [4, big],
        [7, ''],
        [9, 'content'],
      ] as const) {
        assert.ok(received.get(index)?.text === text);
        assert.equal(received.get(index)?.digest, hash(Buffer.from(text)));
      }
    },
  },
  {
    title: 'what is no longer as it was seen is told, and a file that changed is not read as if it had not',
    async run(subject) {
      subject.place.put({ a: { file: 'a' }, b: { file: 'b' }, c: { file: 'c' } });
      const scan = await scanOf(subject);
      assert.deepEqual(await scan.changed(['a', 'b', 'c']), []);
      subject.place.put({ b: { file: 'BB', modified: MOMENT + 5 * STEP } });
      subject.place.drop('c');
      assert.deepEqual(await scan.changed(['a', 'b', 'c']), [1, 2]);
      const lost: string[] = [];
      for await (const chunk of scan.read([{ path: 'b', index: 0 }])) {
        for (const record of readRecords(chunk)) if (record.is === 'lost') lost.push(record.code);
      }
      assert.deepEqual(lost, ['changed']);
    },
  },
  {
    title: 'the further names of a file are told by its first',
    needs: 'hard names',
    async run(subject) {
      subject.place.put({
        'a/one': { file: 'x' },
        'a/two': { hard: 'a/one' },
        z: { hard: 'a/one' },
        alone: { file: '' },
      });
      const scan = await scanOf(subject);
      assert.deepEqual(await scan.followers(['a/one', 'alone']), [['a/two', 'z'], []]);
    },
  },
  {
    title: 'a folder that cannot be read is a named problem and is never shown as empty',
    needsLock: true,
    async run(subject) {
      subject.place.put({ 'closed/in': { file: 'x' }, open: { file: 'y' } });
      subject.lock!('closed');
      const scan = await scanOf(subject);
      const closed = (await listed(scan)).get('closed');
      assert.ok(closed?.kind === 'folder' && closed.unreadable);
      assert.deepEqual(
        scan.summary.problems.map(({ path, code }) => `${path}: ${code}`),
        ['closed: denied'],
      );
    },
  },
  {
    title: 'a root that is missing is refused, and one that may be made reads as empty',
    async run({ host, place }) {
      await assert.rejects(host.openRoot(`${place.path}/none`, { create: false, state: null }), {
        code: 'missing-root',
      });
      await assert.rejects(host.openRoot(`${place.path}/none/deeper`, { create: true, state: null }), {
        code: 'missing-root',
      });
      place.put({ taken: { file: 'x' } });
      await assert.rejects(host.openRoot(`${place.path}/taken`, { create: true, state: null }), {
        code: 'bad-root',
        help: 'a root must be a folder; correct the path in the plan',
      });
      const root = await host.openRoot(`${place.path}/none`, { create: true, state: null });
      const scan = await root.scan(ALL);
      assert.equal(root.exists, false);
      assert.equal(scan.summary.exists, false);
      assert.deepEqual(await scan.lookup(['a']), [{ kind: 'absent' }]);
      assert.deepEqual(place.look(), [`taken file 0644 ${MOMENT} x`]);
    },
  },
  {
    title: 'a folder that was missing when it was scanned is looked up once it is there',
    async run({ host, place }) {
      const root = await host.openRoot(`${place.path}/none`, { create: true, state: null });
      const [all, below] = [await root.scan(ALL), await root.scan({ ...ALL, folder: 'into/deep' })];
      assert.deepEqual(await below.lookup(['a']), [{ kind: 'absent' }]);
      place.put({ 'none/into/deep/a': { file: 'x' } });
      const [[folder], [file]] = [await all.lookup(['into']), await below.lookup(['a'])];
      assert.equal(folder !== undefined && 'kind' in folder && folder.kind, 'folder');
      assert.equal(file !== undefined && 'kind' in file && file.kind, 'file');
      assert.deepEqual(await below.lookup(['b']), [{ kind: 'absent' }]);
      await all.close();
      await below.close();
    },
  },
];

const listedPages = async (scan: Awaited<ReturnType<typeof scanOf>>) => {
  const pages = new Map<string, ReturnType<typeof decodePage>>();
  for await (const { folder, page } of scan.subtrees([''])) pages.set(folder, decodePage(page));
  return pages;
};
