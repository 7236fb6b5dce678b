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
  reopen,
  stateOf,
} from './session.js';

export const lastingCases: readonly Case[] = [
  {
    title: 'the type of the file system is told',
    needs: 'file system types',
    run: async subject => assert.notEqual((await reopen(subject)).fileSystem, ''),
  },
  {
    title: 'the first transaction gives a root its marker, and it keeps that',
    async run(subject) {
      const before = await reopen(subject);
      assert.equal(before.marker, null);
      await apply(subject, [file('a', 1)], { a: 'a' });
      const { marker } = await reopen(subject);
      assert.equal(typeof marker, 'string');
      assert.notEqual(marker, '');
      await apply(subject, [file('b', 1)], { b: 'b' });
      assert.equal((await reopen(subject)).marker, marker);
    },
  },
  {
    title: 'transactions that begin at once in a new root all have its one marker, and do what they have to',
    async run(subject) {
      const path = `${subject.place.path}/new`;
      const blocks = ['a', 'b', 'c', 'd'];
      const markers = await Promise.all(
        blocks.map(async block => {
          const session = await open(subject, [file(block, 1)], { path, create: true, block });
          await session.send({ [block]: 'x' });
          await session.transaction.precheck();
          assert.deepEqual(session.tell(await session.commit()), [`${block}: done`]);
          await session.transaction.end();
          await session.scan.close();
          return session.root.marker;
        }),
      );
      const { marker } = await reopen(subject, path);
      assert.equal(typeof marker, 'string');
      assert.deepEqual(markers, Array(blocks.length).fill(marker));
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
      // Where the root is reached by another path than its state folder, that is known by what it is.
      place.put({ alias: { link: 'root' } });
      const [aliased, state] = [`${place.path}/alias`, `${path}/deep/other`];
      await apply(subject, [remove('x')], {}, { path: aliased, state });
      const alias = await subject.host.openRoot(aliased, { create: false, state });
      assert.deepEqual(
        [...(await listed(await alias.scan(ALL))).keys()].filter(name => !name.startsWith('deep/own')),
        ['deep'],
      );
      // Two roots cannot share one.
      await assert.rejects(subject.host.openRoot(place.path, { create: false, state: `${place.path}/elsewhere/own` }), {
        code: 'bad-root',
      });
    },
  },
];
