// Conformance: the state folder of a root, and what is cleared away in it.
import assert from 'node:assert/strict';
import { ALL, apply, type Case, file, listed, remove, stateOf } from './session.js';

export const stateCases: readonly Case[] = [
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
  {
    title: 'trash past its age and staging of dead runs are removed at the end, by that machine’s own clock',
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
