// Conformance: what is removed or replaced is kept in the trash, for as long as was said, and comes back from there.
import assert from 'node:assert/strict';
import { ALL, adjust, apply, type Case, file, hard, link, remove, removeFolder, reopen, stateOf } from './session.js';

const BY = { run: 'run-2', block: 'app', trash: 3600, durability: 'strict', lock: null } as const;

export const trashCases: readonly Case[] = [
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
    title: 'a folder that its own owner may not write to comes back as it was, with what was in it',
    async run(subject) {
      const { place } = subject;
      place.put({
        'd/f': { file: 'old' },
        'e/g': { file: 'old' },
        'e/h': { file: 'stays' },
        d: { folder: 0o555 },
        e: { folder: 0o555 },
      });
      const before = place.look();
      const steps = [remove('d/f'), remove('e/g'), removeFolder('d')];
      assert.deepEqual(
        await apply(subject, steps),
        ['d/f', 'e/g', 'd'].map(path => `${path}: done`),
      );
      const root = await reopen(subject);
      const restored = await root.restore('run-1', [], BY);
      assert.deepEqual(restored.map(({ path, result }) => `${path} ${result}`).sort(), [
        'd done',
        'd/f done',
        'e/g done',
      ]);
      assert.deepEqual(place.look(), before);
      const opened = ['d', 'e'].map(path => adjust(path, 0o755));
      assert.equal((await apply(subject, opened, {}, { run: 'run-3' })).length, 2);
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
      assert.deepEqual(await root.trashed('run-1'), []);
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
    title: 'what is removed is in the trash of its run, once for each transaction',
    async run(subject) {
      subject.place.put({ 'a/f': { file: '1' }, 'a/l': { link: 'f' }, g: { file: 'G' } });
      assert.deepEqual(await apply(subject, [remove('g'), remove('a/l'), remove('a/f'), removeFolder('a')]), [
        'g: done',
        'a/l: done',
        'a/f: done',
        'a: done',
      ]);
      assert.deepEqual(subject.place.look(), []);
      subject.place.put({ g: { file: 'again' } });
      await apply(subject, [remove('g')]);
      assert.deepEqual(stateOf(subject), [
        'staging',
        'trash',
        'trash/run-1',
        'trash/run-1/app',
        'trash/run-1/app.1',
        'trash/run-1/app.1.3600.trash',
        'trash/run-1/app.1/g',
        'trash/run-1/app.3600.trash',
        'trash/run-1/app/a',
        'trash/run-1/app/a/f',
        'trash/run-1/app/a/l',
        'trash/run-1/app/g',
      ]);
    },
  },
  {
    title: 'the trash tells of which runs it holds something, since when, and until when',
    async run(subject) {
      subject.place.put({ g: { file: '1' }, h: { file: '2' } });
      assert.deepEqual(await (await reopen(subject)).trashedRuns(), []);
      await apply(subject, [remove('g')], {}, { run: 'b-first', trash: 60 });
      await apply(subject, [remove('h')], {}, { run: 'a-second', trash: 3600 });
      subject.place.put({ '.syncplan/trash/stray': { file: 'no run' }, '.syncplan/trash/empty': { folder: 0o700 } });
      const told = await (await reopen(subject)).trashedRuns();
      assert.deepEqual(
        new Map(told.map(({ run, since, until }) => [run, until - since])),
        new Map([
          ['b-first', 60_000_000],
          ['a-second', 3_600_000_000],
        ]),
      );
      assert.ok(told[0]!.since <= told[1]!.since, 'the oldest first');
    },
  },
  {
    title: 'a removed file whose name is a folder in the trash, or the other way round, is kept as well',
    async run(subject) {
      subject.place.put({ a: { file: 'file' } });
      await apply(subject, [remove('a')]);
      subject.place.put({ 'a/b': { file: 'below' } });
      assert.deepEqual(await apply(subject, [remove('a/b'), removeFolder('a')]), ['a/b: done', 'a: done']);
      subject.place.put({ a: { file: 'file' } });
      assert.deepEqual(await apply(subject, [remove('a')]), ['a: done']);
      assert.deepEqual(stateOf(subject).slice(2), [
        'trash/run-1',
        'trash/run-1/app',
        'trash/run-1/app.1',
        'trash/run-1/app.1.3600.trash',
        'trash/run-1/app.1/a',
        'trash/run-1/app.1/a/b',
        'trash/run-1/app.2',
        'trash/run-1/app.2.3600.trash',
        'trash/run-1/app.2/a',
        'trash/run-1/app.3600.trash',
        'trash/run-1/app/a',
      ]);
    },
  },
  {
    title: 'trash past its age and staging of dead runs are removed at the end, by that machine’s own clock',
    needs: 'fine times',
    async run(subject) {
      subject.place.put({ gone: { file: '' } });
      await apply(subject, [remove('gone')], {}, { run: 'kept' });
      const old = { folder: 0o700 };
      subject.place.put({ '.syncplan/staging/kept-other': old, '.syncplan/trash/kept/also/deep/x': { file: '' } });
      await apply(subject, [file('a', 1)], { a: 'a' }, { run: 'next' });
      assert.deepEqual(stateOf(subject), [
        'staging',
        'staging/kept-other',
        'trash',
        'trash/kept',
        'trash/kept/also',
        'trash/kept/also/deep',
        'trash/kept/also/deep/x',
        'trash/kept/app',
        'trash/kept/app.3600.trash',
        'trash/kept/app/gone',
      ]);
      // What says itself for how long it is kept stays for that long; what does not goes by what this run says.
      subject.place.put({ b: { file: '' } });
      await apply(subject, [remove('b')], {}, { run: 'last', trash: -1 });
      assert.deepEqual(stateOf(subject), [
        'staging',
        'staging/kept-other',
        'trash',
        'trash/kept',
        'trash/kept/app',
        'trash/kept/app.3600.trash',
        'trash/kept/app/gone',
      ]);
    },
  },
];
