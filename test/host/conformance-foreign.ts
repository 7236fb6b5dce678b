// Conformance: what others change meanwhile is noticed, told as inconsistent, and never overwritten.
import assert from 'node:assert/strict';
import { MOMENT } from '../support/fixture.js';
import { adjust, type Case, file, folder, hard, link, open, remove, removeFolder } from './session.js';

const BEFORE = {
  edited: { file: 'one' },
  adjusted: { file: 'one' },
  replaced: { file: 'one' },
  vanished: { file: 'one' },
  kind: { file: 'one' },
  removed: { file: 'one' },
  attributes: { file: 'one' },
} as const;

const STEPS = [
  file('edited', 3, { expect: 'seen' }),
  file('adjusted', 3, { expect: 'seen' }),
  file('replaced', 3, { expect: 'seen' }),
  file('vanished', 3, { expect: 'seen' }),
  file('kind', 3, { expect: 'seen' }),
  remove('removed'),
  adjust('attributes', 0o600),
  file('appeared', 3),
  link('appeared link', 'x'),
  folder('appeared folder', true),
  file('appeared folder/in', 3),
  file('good', 3),
];

const CONTENTS = {
  edited: 'two',
  adjusted: 'two',
  replaced: 'two',
  vanished: 'two',
  kind: 'two',
  appeared: 'two',
  'appeared folder/in': 'two',
  good: 'two',
};

/** The same size and time everywhere: only inode and change time tell. */
const meddle = (subject: Parameters<Case['run']>[0]): void => {
  const { place } = subject;
  place.put({ edited: { file: 'TWO' }, adjusted: { file: 'one', mode: 0o600 } });
  for (const name of ['replaced', 'vanished', 'kind']) place.drop(name);
  place.put({ filler: { file: '' }, replaced: { file: 'one' }, kind: { folder: 0o755 } });
  place.put({ removed: { file: 'TWO' }, attributes: { file: 'TWO' } });
  place.put({ appeared: { file: 'TWO' }, 'appeared link': { file: 'TWO' }, 'appeared folder': { folder: 0o755 } });
};

const TOLD = [
  'edited: inconsistent',
  'adjusted: inconsistent',
  'replaced: inconsistent',
  'vanished: inconsistent',
  'kind: inconsistent',
  'removed: inconsistent',
  'attributes: inconsistent',
  'appeared: inconsistent',
  'appeared link: inconsistent',
  'appeared folder: inconsistent',
  'appeared folder/in: inconsistent',
];

const LEFT = [
  `adjusted file 0600 ${MOMENT} one`,
  `appeared file 0644 ${MOMENT} TWO`,
  'appeared folder folder 0755',
  `appeared link file 0644 ${MOMENT} TWO`,
  `attributes file 0644 ${MOMENT} TWO`,
  `edited file 0644 ${MOMENT} TWO`,
  `filler file 0644 ${MOMENT} `,
  `good file 0644 ${MOMENT} two`,
  'kind folder 0755',
  `removed file 0644 ${MOMENT} TWO`,
  `replaced file 0644 ${MOMENT} one`,
];

export const foreignCases: readonly Case[] = [
  {
    title: 'what changed before the pre-check is told there and again at the commit, and the rest goes on',
    needs: 'change times',
    async run(subject) {
      subject.place.put(BEFORE);
      const session = await open(subject, STEPS);
      await session.send(CONTENTS);
      meddle(subject);
      assert.deepEqual(session.tell(await session.transaction.precheck()), TOLD);
      assert.deepEqual(session.tell(await session.commit()), [...TOLD, 'good: done']);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), LEFT);
    },
  },
  {
    title: 'what changed between the pre-check and the commit is told at the commit and left as it is',
    needs: 'change times',
    async run(subject) {
      subject.place.put(BEFORE);
      const session = await open(subject, STEPS);
      await session.send(CONTENTS);
      assert.deepEqual(await session.transaction.precheck(), []);
      meddle(subject);
      assert.deepEqual(session.tell(await session.commit()), [...TOLD, 'good: done']);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), LEFT);
    },
  },
  {
    title: 'what was looked up again is what is expected from then on',
    needs: 'change times',
    async run(subject) {
      subject.place.put({ a: { file: 'one' } });
      const session = await open(subject, [file('a', 3, { expect: 'seen' })]);
      await session.send({ a: 'two' });
      subject.place.put({ a: { file: 'ONE' } });
      assert.deepEqual(session.tell(await session.transaction.precheck()), ['a: inconsistent']);
      await session.scan.lookup(['a']);
      assert.deepEqual(await session.transaction.precheck(), []);
      assert.deepEqual(session.tell(await session.commit()), ['a: done']);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), [`a file 0644 ${MOMENT} two`]);
    },
  },
  {
    title: 'a folder on the way that became a link is not followed',
    async run(subject) {
      subject.place.put({
        'in/f': { file: 'one' },
        'in/g': { file: 'one' },
        'in/h': { file: 'one' },
        'out/f': { file: 'one' },
        'out/sub': { folder: 0o755 },
      });
      const session = await open(subject, [
        file('in/f', 3, { expect: 'seen' }),
        file('in/new', 3),
        remove('in/g'),
        adjust('in/h', 0o600),
        folder('in/sub'),
        hard('in/name', 'out/f'),
        removeFolder('in/sub2'),
      ]);
      await session.send({ 'in/f': 'two', 'in/new': 'two' });
      assert.deepEqual(await session.transaction.precheck(), []);
      subject.place.drop('in');
      subject.place.put({ in: { link: 'out' } });
      const outcomes = session.tell(await session.commit());
      assert.deepEqual(
        outcomes.map(line => line.split(': ')[1]),
        Array(7).fill('inconsistent'),
      );
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), [
        `in link ${MOMENT} out`,
        'out folder 0755',
        `out/f file 0644 ${MOMENT} one`,
        'out/sub folder 0755',
      ]);
    },
  },
  {
    title: 'a leader that was changed gives its content to no other name',
    needs: 'change times',
    async run(subject) {
      subject.place.put({ leader: { file: 'one' } });
      const session = await open(subject, [hard('name', 'leader'), hard('none', 'missing')]);
      assert.deepEqual(await session.transaction.precheck(), []);
      subject.place.put({ leader: { file: 'TWO' } });
      assert.deepEqual(session.tell(await session.commit()), ['name: inconsistent', 'none: inconsistent']);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), [`leader file 0644 ${MOMENT} TWO`]);
    },
  },
  {
    title: 'what is changed right after the commit is told by the verification',
    needs: 'change times',
    async run(subject) {
      subject.place.put({ old: { file: 'one' }, adjusted: { file: 'one' } });
      const session = await open(subject, [
        file('same', 3),
        file('edited', 3),
        file('old', 3, { expect: 'seen' }),
        adjust('adjusted', 0o600),
        link('link', 'x'),
        folder('new', true),
        file('new/in', 3),
        file('new/gone', 3),
      ]);
      await session.send({ same: 'two', edited: 'two', old: 'two', 'new/in': 'two', 'new/gone': 'two' });
      await session.transaction.precheck();
      await session.commit();
      assert.deepEqual(await session.transaction.verify(), []);
      subject.place.put({ edited: { file: 'TWO' }, old: { file: 'longer' }, adjusted: { file: 'one', mode: 0o644 } });
      subject.place.put({ link: { link: 'y' }, 'new/in': { file: 'TWO!' } });
      subject.place.drop('new/gone');
      assert.deepEqual(
        session.tell(await session.transaction.verify()),
        ['edited', 'old', 'adjusted', 'link', 'new/in', 'new/gone'].map(path => `${path}: inconsistent`),
      );
      await session.transaction.end();
    },
  },
];
