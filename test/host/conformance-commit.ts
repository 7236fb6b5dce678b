// Conformance: what a commit makes of each kind of step.
import assert from 'node:assert/strict';
import { MOMENT, STEP } from '../support/fixture.js';
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
} from './session.js';

export const commitCases: readonly Case[] = [
  {
    title: 'files are created and replaced with exactly their mode and time, also before 1970',
    needs: 'fine times',
    async run(subject) {
      subject.place.put({ old: { file: 'before', mode: 0o600 } });
      const outcomes = await apply(
        subject,
        [
          file('exec', 1, { mode: 0o751, modified: 1_234_567_890_654_321 }),
          file('none', 0, { mode: 0o000 }),
          file('old', 5, { mode: 0o666, expect: 'seen' }),
          file('past', 1, { modified: -1_234_567_891 }),
        ],
        { exec: 'x', none: '', old: 'after', past: 'p' },
      );
      assert.deepEqual(outcomes, ['exec: done', 'none: done', 'old: done', 'past: done']);
      assert.deepEqual(subject.place.look(), [
        'exec file 0751 1234567890654321 x',
        `none file 0000 ${MOMENT} `,
        `old file 0666 ${MOMENT} after`,
        'past file 0644 -1234567891 p',
      ]);
    },
  },
  {
    title: 'a new folder is staged whole with all kinds in it, and appears at once',
    async run(subject) {
      const outcomes = await apply(
        subject,
        [
          folder('new', true, 0o750),
          link('new/a link', '../nowhere'),
          folder('new/deep', false, 0o711),
          folder('new/deep/er', false, 0o700),
          file('new/deep/er/x', 1),
          file('new/deep/leader', 2, { mode: 0o755 }),
          hard('new/other', 'new/deep/leader'),
          folder('new/void', false, 0o1777),
        ],
        { 'new/deep/er/x': 'x', 'new/deep/leader': 'LL' },
      );
      assert.deepEqual(
        outcomes.map(line => line.endsWith(': done')),
        Array(8).fill(true),
      );
      assert.deepEqual(subject.place.look(), [
        'new folder 0750',
        `new/a link link ${MOMENT} ../nowhere`,
        'new/deep folder 0711',
        'new/deep/er folder 0700',
        `new/deep/er/x file 0644 ${MOMENT} x`,
        `new/deep/leader file 0755 ${MOMENT} LL names=2`,
        `new/other file 0755 ${MOMENT} LL names=2`,
        'new/void folder 0777',
      ]);
    },
  },
  {
    title: 'folders are made in place, and one that is there already is kept with its content',
    async run(subject) {
      subject.place.put({ 'there/own': { file: 'mine' }, there: { folder: 0o700 } });
      const outcomes = await apply(subject, [folder('new', false, 0o750), folder('new/in'), folder('there')]);
      assert.deepEqual(outcomes, ['new: done', 'new/in: done', 'there: done']);
      assert.deepEqual(subject.place.look(), [
        'new folder 0750',
        'new/in folder 0755',
        'there folder 0755',
        `there/own file 0644 ${MOMENT} mine`,
      ]);
    },
  },
  {
    title: 'links are made and replaced, by files and by each other',
    async run(subject) {
      subject.place.put({ a: { link: 'old' }, b: { file: 'x' }, c: { link: 'b' } });
      const outcomes = await apply(
        subject,
        [
          link('a', 'new target', { expect: 'seen' }),
          link('b', 'c', { expect: 'seen' }),
          file('c', 1, { expect: 'seen' }),
        ],
        { c: 'C' },
      );
      assert.deepEqual(outcomes, ['a: done', 'b: done', 'c: done']);
      const made = [`a link ${MOMENT} new target`, `b link ${MOMENT} c`, `c file 0644 ${MOMENT} C`];
      assert.deepEqual(subject.place.look(), made);
    },
  },
  {
    title: 'what a link leads to need not be text',
    needs: 'every name',
    async run(subject) {
      assert.deepEqual(await apply(subject, [link('d', 'name\xff of no text', { modified: null })], {}), ['d: done']);
      const [made] = subject.place.look();
      assert.match(made!, /^d link \d+ name\xff of no text$/);
    },
  },
  {
    title: 'hard names are linked to their leader, replaced, and left alone where they are right',
    async run(subject) {
      subject.place.put({ leader: { file: 'L' }, right: { hard: 'leader' }, wrong: { file: 'W' } });
      const outcomes = await apply(
        subject,
        [
          file('fresh', 1),
          hard('fresh name', 'fresh'),
          hard('new', 'leader'),
          hard('right', 'leader', 'seen'),
          hard('wrong', 'leader', 'seen'),
        ],
        { fresh: 'F' },
      );
      assert.deepEqual(
        outcomes,
        ['fresh', 'fresh name', 'new', 'right', 'wrong'].map(path => `${path}: done`),
      );
      assert.deepEqual(subject.place.look(), [
        `fresh file 0644 ${MOMENT} F names=2`,
        `fresh name file 0644 ${MOMENT} F names=2`,
        `leader file 0644 ${MOMENT} L names=4`,
        `new file 0644 ${MOMENT} L names=4`,
        `right file 0644 ${MOMENT} L names=4`,
        `wrong file 0644 ${MOMENT} L names=4`,
      ]);
    },
  },
  {
    title:
      'names of one inode are replaced, removed and adjusted in one list without taking each other for foreign changes',
    async run(subject) {
      subject.place.put({ a: { file: 'x' }, b: { hard: 'a' }, c: { hard: 'a' }, d: { hard: 'a' }, e: { hard: 'a' } });
      const outcomes = await apply(
        subject,
        [
          file('a', 1, { expect: 'seen' }),
          adjust('b', 0o600),
          file('c', 1, { expect: 'seen' }),
          remove('d'),
          remove('e'),
        ],
        { a: '1', c: '3' },
      );
      assert.deepEqual(outcomes, ['a: done', 'b: done', 'c: done', 'd: done', 'e: done']);
      assert.deepEqual(
        subject.place.look().map(line => line.replace(/ names=\d/, '')),
        [`a file 0644 ${MOMENT} 1`, `b file 0600 ${MOMENT} x`, `c file 0644 ${MOMENT} 3`],
      );
    },
  },
  {
    title: 'attributes are adjusted in place, of files, folders and links, also below a folder put in place whole',
    async run(subject) {
      subject.place.put({ f: { file: 'x' }, d: { folder: 0o700 }, l: { link: 'x' } });
      const outcomes = await apply(subject, [
        adjust('f', 0o600, MOMENT + STEP),
        adjust('l', null, MOMENT + 2 * STEP),
        folder('new', true, 0o777),
        folder('new/in', false, 0o777),
        adjust('new/in', 0o555),
        adjust('d', 0o1770),
      ]);
      assert.deepEqual(
        outcomes.map(line => line.split(': ')[1]),
        Array(6).fill('done'),
      );
      assert.deepEqual(subject.place.look(), [
        'd folder 0770',
        `f file 0600 ${MOMENT + STEP} x`,
        `l link ${MOMENT + 2 * STEP} x`,
        'new folder 0777',
        'new/in folder 0555',
      ]);
    },
  },
  {
    title: 'in folders that their own owner may not write to all is done, and they stay as they are',
    async run(subject) {
      subject.place.put({
        'closed/gone': { file: 'gone' },
        'closed/void': { folder: 0o755 },
        'closed/old': { file: 'before' },
        'closed/in/old': { file: 'before' },
        'closed/in': { folder: 0o555 },
        'leaves/in/gone': { file: 'gone' },
        'leaves/in': { folder: 0o555 },
        leaves: { folder: 0o555 },
        closed: { folder: 0o555 },
      });
      const actions = [
        folder('closed/deep'),
        file('closed/deep/x', 1),
        folder('closed/whole', true),
        file('closed/whole/y', 1),
        file('closed/in/old', 5, { expect: 'seen' }),
        file('closed/new', 3),
        file('closed/old', 5, { expect: 'seen' }),
        link('closed/link', 'new'),
        remove('leaves/in/gone'),
        remove('closed/gone'),
        removeFolder('leaves/in'),
        removeFolder('leaves'),
        removeFolder('closed/void'),
      ];
      const contents = {
        'closed/deep/x': 'x',
        'closed/whole/y': 'y',
        'closed/in/old': 'after',
        'closed/new': 'new',
        'closed/old': 'after',
      };
      const outcomes = await apply(subject, actions, contents);
      assert.deepEqual(
        outcomes,
        actions.map(({ path }) => `${path}: done`),
      );
      assert.deepEqual(subject.place.look(), [
        'closed folder 0555',
        'closed/deep folder 0755',
        `closed/deep/x file 0644 ${MOMENT} x`,
        'closed/in folder 0555',
        `closed/in/old file 0644 ${MOMENT} after`,
        `closed/link link ${MOMENT} new`,
        `closed/new file 0644 ${MOMENT} new`,
        `closed/old file 0644 ${MOMENT} after`,
        'closed/whole folder 0755',
        `closed/whole/y file 0644 ${MOMENT} y`,
      ]);
      const opened = ['closed', 'closed/in'].map(path => adjust(path, 0o755));
      assert.equal((await apply(subject, opened)).length, 2);
    },
  },
  {
    title: 'a folder that still holds something is kept, and what is gone already counts as removed',
    async run(subject) {
      subject.place.put({ 'a/unmanaged': { file: '' }, b: { folder: 0o755 }, c: { file: '' } });
      const session = await open(subject, [removeFolder('a'), removeFolder('b'), remove('c')]);
      assert.deepEqual(await session.transaction.precheck(), []);
      subject.place.drop('b');
      subject.place.drop('c');
      assert.deepEqual(session.tell(await session.commit()).sort(), ['a: kept', 'b: done', 'c: done']);
      await session.transaction.end();
    },
  },
  {
    title: 'a path changes its type: what is there is emptied and removed first by the list itself',
    async run(subject) {
      subject.place.put({ 'd/e/f': { file: 'x' }, l: { link: 'd' }, f: { file: 'y' } });
      const outcomes = await apply(
        subject,
        [
          remove('d/e/f'),
          removeFolder('d/e'),
          removeFolder('d'),
          file('d', 3),
          remove('l'),
          folder('l', true),
          file('l/in', 2),
          remove('f'),
          folder('f'),
          file('f/in', 2),
        ],
        { d: 'now', 'l/in': 'li', 'f/in': 'fi' },
      );
      assert.deepEqual(
        outcomes.map(line => line.split(': ')[1]),
        Array(10).fill('done'),
      );
      assert.deepEqual(subject.place.look(), [
        `d file 0644 ${MOMENT} now`,
        'f folder 0755',
        `f/in file 0644 ${MOMENT} fi`,
        'l folder 0755',
        `l/in file 0644 ${MOMENT} li`,
      ]);
    },
  },
  {
    title: 'a root that does not exist is made when the transaction begins, and the folder of the take with it',
    async run(subject) {
      const path = `${subject.place.path}/fresh`;
      const selection = { folder: 'conf/app' };
      const actions = [file('a', 1), folder('b', true), file('b/c', 1)];
      const outcomes = await apply(subject, actions, { a: 'a', 'b/c': 'c' }, { create: true, path, selection });
      assert.deepEqual(outcomes, ['a: done', 'b: done', 'b/c: done']);
      assert.deepEqual(
        subject.place.look().filter(line => !line.includes('.syncplan')),
        [
          'fresh folder 0755',
          'fresh/conf folder 0755',
          'fresh/conf/app folder 0755',
          `fresh/conf/app/a file 0644 ${MOMENT} a`,
          'fresh/conf/app/b folder 0755',
          `fresh/conf/app/b/c file 0644 ${MOMENT} c`,
        ],
      );
    },
  },
  {
    title: 'the state folder is private, and is never listed',
    async run(subject) {
      subject.place.put({ gone: { file: '' } });
      await apply(subject, [remove('gone'), file('a', 1)], { a: 'a' });
      const root = await subject.host.openRoot(`${subject.place.path}/.syncplan`, { create: false, state: null });
      const inside = await root.scan(ALL);
      const modes = [...(await listed(inside))].map(([path, entry]) =>
        entry.kind === 'folder' ? `${path} ${entry.mode.toString(8)}` : path,
      );
      assert.deepEqual(modes.map(line => line.replace(/app-[0-9a-f]{16}/, 'app-KEY')).sort(), [
        'baseline 700',
        'baseline/app-KEY 700',
        'baseline/app-KEY/00000001',
        'intent 700',
        'marker',
        'staging 700',
        'trash 700',
        'trash/run-1 700',
        'trash/run-1/app 700',
        'trash/run-1/app.3600.trash',
        'trash/run-1/app/gone',
      ]);
      const all = await (await subject.host.openRoot(subject.place.path, { create: false, state: null })).scan(ALL);
      assert.deepEqual([...(await listed(all)).keys()], ['a']);
    },
  },
];
