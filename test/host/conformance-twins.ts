// Conformance: content that a host holds under another path is staged from there, where the digest says so, and not otherwise.
import assert from 'node:assert/strict';
import { openDigests } from '../../runtime/bytes/digest.js';
import type { Leftover } from '../../runtime/host/host.js';
import { MOMENT } from '../support/fixture.js';
import { ALL, type Case, file, folder, open, remove, removeFolder, type Session } from './session.js';

const BIG = 'the same content, '.repeat(50);
const OTHER = BIG.toUpperCase();

const digestOf = async (text: string): Promise<string> =>
  (await openDigests(ALL.algorithm)).hash(Buffer.from(text, 'latin1'));

/** Stages what the host finds for these contents of the master, by index: `index moved` or `index copied`. */
const stageTwins = async ({ transaction }: Session, contents: readonly (readonly [number, string])[]) => {
  const found = await transaction.twins!.find();
  const batches = async function* (): AsyncGenerator<readonly Leftover[]> {
    for (const [index, text] of contents) yield [{ index, digest: await digestOf(text) }];
  };
  const staged = await transaction.twins!.stage(batches());
  return { found, staged: staged.map(({ index, moved }) => `${index} ${moved ? 'moved' : 'copied'}`) };
};

const finish = async ({ transaction, tell, commit }: Session): Promise<string[]> => {
  const checked = tell(await transaction.precheck()).map(line => `precheck ${line}`);
  const committed = tell(await commit());
  const verified = tell(await transaction.verify()).map(line => `verify ${line}`);
  await transaction.end();
  return [...checked, ...committed, ...verified];
};

export const twinCases: readonly Case[] = [
  {
    title: 'what goes from one path and comes to another is staged from there, and the old one is in the trash',
    needs: 'moves',
    async run(subject) {
      subject.place.put({ 'old/a': { file: BIG }, 'old/b': { file: OTHER } });
      subject.place.age();
      const session = await open(subject, [
        folder('new', true),
        file('new/a', BIG.length),
        file('new/b', BIG.length),
        remove('old/b'),
        remove('old/a'),
        removeFolder('old'),
      ]);
      const { found, staged } = await stageTwins(session, [
        [1, BIG],
        [2, OTHER],
      ]);
      assert.deepEqual(found, [1, 2]);
      assert.deepEqual(staged, ['1 moved', '2 moved']);
      assert.deepEqual(await session.transaction.missing(), []);
      assert.deepEqual(
        (await session.transaction.digests([1, 2])).map(({ digest }) => digest),
        [await digestOf(BIG), await digestOf(OTHER)],
      );
      assert.ok((await finish(session)).every(line => line.endsWith(': done')));
      const lines = subject.place.look().map(line => line.replace(/ names=\d/, ''));
      assert.deepEqual(lines, [
        'new folder 0755',
        `new/a file 0644 ${MOMENT} ${BIG}`,
        `new/b file 0644 ${MOMENT} ${OTHER}`,
      ]);
      assert.deepEqual(
        (await session.root.trashed('run-1')).map(({ path, why }) => `${path} ${why}`),
        ['old deleted', 'old/a moved', 'old/b moved'],
      );
    },
  },
  {
    title: 'what stays is copied, with the attributes that the copy is to have',
    needs: 'moves',
    async run(subject) {
      subject.place.put({ a: { file: BIG, mode: 0o600 } });
      const session = await open(subject, [file('b', BIG.length, { mode: 0o640 }), file('c', BIG.length)]);
      const { staged } = await stageTwins(session, [
        [0, BIG],
        [1, BIG],
      ]);
      assert.deepEqual(staged, ['0 copied', '1 copied']);
      assert.deepEqual(await finish(session), ['b: done', 'c: done']);
      assert.deepEqual(subject.place.look(), [
        `a file 0600 ${MOMENT} ${BIG}`,
        `b file 0640 ${MOMENT} ${BIG}`,
        `c file 0644 ${MOMENT} ${BIG}`,
      ]);
    },
  },
  {
    title: 'what only looks alike, or is not what it was listed as, is still missing and can be sent',
    needs: 'moves',
    async run(subject) {
      subject.place.put({ a: { file: OTHER }, changed: { file: BIG } });
      const session = await open(subject, [file('b', BIG.length), file('c', BIG.length), remove('a')]);
      subject.place.put({ changed: { file: BIG, modified: MOMENT + 5_000_000 } });
      const { found, staged } = await stageTwins(session, [
        [0, BIG],
        [1, BIG.replace('same', 'SAME')],
        [7, BIG],
      ]);
      assert.deepEqual([found, staged], [[0, 1], []]);
      assert.deepEqual(await session.transaction.missing(), [0, 1]);
      assert.deepEqual(await session.send({ b: BIG, c: OTHER }), []);
      assert.deepEqual(await finish(session), ['b: done', 'c: done', 'a: done']);
    },
  },
  {
    title:
      'what was lent is taken back where it is written to under its old name, or keeps that after all, or nothing is committed',
    needs: 'moves',
    async run(subject) {
      const [written, kept, left] = [BIG, `${BIG}!`, `${BIG}!!`];
      subject.place.put({ written: { file: written }, kept: { file: kept }, left: { file: left } });
      subject.place.age();
      const first = await open(subject, [file('new', left.length), remove('left')]);
      assert.deepEqual((await stageTwins(first, [[0, left]])).staged, ['0 moved']);
      await first.transaction.end();

      const session = await open(subject, [
        file('a', written.length),
        file('b', kept.length),
        remove('written'),
        remove('kept'),
      ]);
      const contents = [[0, written] as const, [1, kept] as const];
      assert.deepEqual((await stageTwins(session, contents)).staged, ['0 moved', '1 moved']);
      // In place: the same file, of the same size, and its time is put back.
      subject.place.put({ written: { file: OTHER } });
      await session.transaction.amend([{ index: 3, action: null }]);
      assert.deepEqual(session.tell(await session.transaction.precheck()), [
        'a: inconsistent',
        'b: inconsistent',
        'written: inconsistent',
      ]);
      assert.deepEqual(await session.transaction.missing(), [0, 1]);
      assert.deepEqual(await session.send({ a: written, b: kept }), []);
      await finish(session);
      assert.deepEqual(subject.place.look(), [
        `a file 0644 ${MOMENT} ${written}`,
        `b file 0644 ${MOMENT} ${kept}`,
        `kept file 0644 ${MOMENT} ${kept}`,
        `left file 0644 ${MOMENT} ${left}`,
        `written file 0644 ${MOMENT} ${OTHER}`,
      ]);
    },
  },
];
