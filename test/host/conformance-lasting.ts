// Conformance: what lasts beyond a transaction – marker, baseline, trash, what is owed – and a state folder elsewhere.
import assert from 'node:assert/strict';
import { MOMENT } from '../support/fixture.js';
import {
  ALL,
  adjust,
  apply,
  type Case,
  file,
  folder,
  hard,
  link,
  listed,
  open,
  remove,
  removeFolder,
  reopen,
  stateOf,
} from './session.js';

const BY = { run: 'run-2', block: 'app', trash: 3600, durability: 'strict', lock: null } as const;

export const lastingCases: readonly Case[] = [
  {
    title: 'the first transaction gives a root its marker, and it keeps that',
    async run(subject) {
      const before = await reopen(subject);
      assert.equal(before.marker, null);
      assert.notEqual(before.fileSystem, '');
      await apply(subject, [file('a', 1)], { a: 'a' });
      const { marker } = await reopen(subject);
      assert.equal(typeof marker, 'string');
      assert.notEqual(marker, '');
      await apply(subject, [file('b', 1)], { b: 'b' });
      assert.equal((await reopen(subject)).marker, marker);
    },
  },
  {
    title: 'what was committed is told from what somebody else changed, and from what nobody knows',
    async run(subject) {
      const { place } = subject;
      place.put({ unknown: { file: 'u' }, attributes: { file: 'a' } });
      await apply(
        subject,
        [
          file('same', 3),
          file('touched', 3),
          file('edited', 3),
          file('gone', 3),
          file('kind', 3),
          link('link', 'one'),
          link('turned', 'one'),
          folder('whole', true),
          file('whole/in', 3),
          file('whole/edited', 3),
          hard('whole/name', 'whole/in'),
          adjust('attributes', 0o600),
        ],
        {
          same: 'one',
          touched: 'one',
          edited: 'one',
          gone: 'one',
          kind: 'one',
          'whole/in': 'one',
          'whole/edited': 'one',
        },
      );
      place.put({ touched: { file: 'one', modified: MOMENT + 5_000_000 } });
      place.put({ edited: { file: 'two' }, 'whole/edited': { file: 'two' } });
      for (const path of ['gone', 'kind', 'turned']) place.drop(path);
      place.put({ kind: { link: 'x' }, turned: { link: 'two' } });
      const expected = {
        same: 'baseline',
        touched: 'baseline',
        edited: 'drift',
        gone: 'drift',
        kind: 'drift',
        link: 'baseline',
        turned: 'drift',
        whole: 'baseline',
        'whole/in': 'baseline',
        'whole/edited': 'drift',
        'whole/name': 'baseline',
        attributes: 'unknown',
        unknown: 'unknown',
        never: 'unknown',
      };
      const scan = await (await reopen(subject)).scan(ALL);
      const answers = await scan.provenance(Object.keys(expected));
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((path, i) => [path, answers[i]])), expected);
      await scan.close();
    },
  },
  {
    title: 'the baseline knows of replacements and removals, and each take’s folder has its own',
    async run(subject) {
      const selection = { folder: 'conf' };
      await apply(subject, [file('a', 3), file('b', 3)], { a: 'one', b: 'one' }, { selection });
      await apply(subject, [file('a', 3, { expect: 'seen' }), remove('b')], { a: 'two' }, { selection });
      subject.place.put({ 'conf/b': { file: 'one' } });
      const root = await reopen(subject);
      const scan = await root.scan({ ...ALL, ...selection });
      assert.deepEqual(await scan.provenance(['a', 'b']), ['baseline', 'unknown']);
      const whole = await root.scan(ALL);
      assert.deepEqual(await whole.provenance(['conf/a']), ['unknown']);
      subject.place.put({ 'conf/a': { file: 'one' } });
      const again = await root.scan({ ...ALL, ...selection });
      assert.deepEqual(await again.provenance(['a']), ['drift']);
    },
  },
  {
    title: 'what is to be kept is in the trash before it is replaced, by files, links and further names',
    async run(subject) {
      subject.place.put({
        'd/f': { file: 'theirs', mode: 0o640 },
        'd/l': { link: 'theirs' },
        h: { file: 'theirs too' },
      });
      const actions = [
        file('d/f', 4, { expect: 'seen', keep: true }),
        link('d/l', 'ours', { expect: 'seen', keep: true }),
        file('leader', 4),
        { ...hard('h', 'leader', 'seen'), keep: true } as never,
      ];
      assert.deepEqual(await apply(subject, actions, { 'd/f': 'ours', leader: 'ours' }), [
        'd/f: done',
        'd/l: done',
        'leader: done',
        'h: done',
      ]);
      const root = await reopen(subject);
      assert.deepEqual(await root.trashed('run-1'), [
        { path: 'd/f', kind: 'file', why: 'replaced', size: 6 },
        { path: 'd/l', kind: 'link', why: 'replaced', size: 0 },
        { path: 'h', kind: 'file', why: 'replaced', size: 10 },
      ]);
      assert.deepEqual(await root.trashed('another'), []);
    },
  },
  {
    title: 'what a run removed is restored with its attributes, folders too, and what stood there is kept in turn',
    async run(subject) {
      const { place } = subject;
      place.put({
        d: { folder: 0o750 },
        'd/f': { file: 'old', mode: 0o640 },
        'd/l': { link: 'to' },
        e: { file: 'old' },
      });
      const before = place.look();
      await apply(
        subject,
        [file('e', 3, { expect: 'seen', keep: true }), remove('d/l'), remove('d/f'), removeFolder('d')],
        {
          e: 'new',
        },
      );
      const root = await reopen(subject);
      assert.deepEqual(
        (await root.trashed('run-1')).map(({ path, kind, why }) => `${path} ${kind} ${why}`),
        ['d folder deleted', 'd/f file deleted', 'd/l link deleted', 'e file replaced'],
      );
      const restored = await root.restore('run-1', [], BY);
      assert.deepEqual(restored.map(({ path, result }) => `${path} ${result}`).sort(), [
        'd done',
        'd/f done',
        'd/l done',
        'e done',
      ]);
      assert.deepEqual(place.look(), before);
      assert.deepEqual(
        (await root.trashed('run-2')).map(({ path, why }) => `${path} ${why}`),
        ['e replaced'],
      );
      assert.deepEqual(
        (await root.trashed('run-1')).filter(({ kind }) => kind !== 'folder'),
        [],
      );
      const scan = await root.scan(ALL);
      assert.deepEqual(await scan.provenance(['e']), ['drift']);
    },
  },
  {
    title: 'only the paths asked for are restored, and a folder in the way is named',
    async run(subject) {
      const { place } = subject;
      place.put({ 'a/x': { file: '1' }, 'a/y': { file: '2' }, b: { file: '3' }, c: { file: '4' } });
      await apply(subject, [remove('a/x'), remove('a/y'), remove('b'), remove('c')]);
      place.put({ 'b/in': { file: 'theirs' } });
      const root = await reopen(subject);
      const told = (await root.restore('run-1', ['a', 'b'], BY)).map(one =>
        one.result === 'failed' ? `${one.path} ${one.problem.code}` : `${one.path} ${one.result}`,
      );
      assert.deepEqual(told.sort(), ['a/x done', 'a/y done', 'b changed']);
      assert.deepEqual(
        place.look().map(line => line.split(' ')[0]),
        ['a', 'a/x', 'a/y', 'b', 'b/in'],
      );
      assert.deepEqual(
        (await root.trashed('run-1')).map(({ path }) => path),
        ['b', 'c'],
      );
    },
  },
  {
    title: 'what is owed is told until it is paid, and each transaction of a run owes for itself',
    async run(subject) {
      for (const owed of ['first', 'second']) {
        const session = await open(subject, [file(owed, 1)]);
        await session.send({ [owed]: 'x' });
        await session.transaction.precheck();
        await session.transaction.owe(owed);
        await session.commit();
        await session.transaction.end();
      }
      const root = await reopen(subject);
      assert.deepEqual(
        (await root.unfinished()).map(({ run, block, state, steps, owed }) => [run, block, state, steps, owed]),
        [
          ['run-1', 'app', 'owed', 1, 'first'],
          ['run-1', 'app', 'owed', 1, 'second'],
        ],
      );
      await root.paid('another-app');
      assert.equal((await root.unfinished()).length, 2);
      await root.paid('run-1-app');
      assert.deepEqual(await root.unfinished(), []);
      assert.deepEqual(stateOf(subject), ['staging']);
    },
  },
  {
    title: 'a state folder elsewhere is used, within the root it is never listed, and nothing is put into it',
    async run(subject) {
      const { place } = subject;
      place.put({ 'root/x': { file: '' }, elsewhere: { folder: 0o755 } });
      const path = `${place.path}/root`;
      for (const state of [`${place.path}/elsewhere/own`, `${path}/deep/own`]) {
        place.put({ 'root/deep': { folder: 0o755 } });
        const inside = state.startsWith(path);
        const actions = inside ? [folder('deep/own/in'), remove('x')] : [remove('x')];
        const outcomes = await apply(subject, actions, {}, { path, state });
        assert.deepEqual(
          outcomes,
          inside ? ['precheck deep/own/in: failed bad-path', 'deep/own/in: failed bad-path', 'x: done'] : ['x: done'],
        );
        place.put({ 'root/x': { file: '' } });
        const root = await subject.host.openRoot(path, { create: false, state });
        assert.notEqual(root.marker, null);
        assert.deepEqual([...(await listed(await root.scan(ALL))).keys()], ['deep', 'x']);
        assert.equal((await root.trashed('run-1')).length, 1);
      }
      assert.deepEqual(
        place.look().filter(line => line.includes('.syncplan')),
        [],
      );
      // Two roots cannot share one.
      await assert.rejects(subject.host.openRoot(place.path, { create: false, state: `${place.path}/elsewhere/own` }), {
        code: 'bad-root',
      });
    },
  },
];
