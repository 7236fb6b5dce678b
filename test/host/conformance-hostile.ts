// Conformance: names and paths as bad as file systems and peers can make them.
import assert from 'node:assert/strict';
import { MOMENT } from '../support/fixture.js';
import { apply, type Case, file, folder, hard, link, listed, open, remove } from './session.js';

const NAMES = [
  '-rf',
  ' leading and trailing ',
  'new\nline',
  'tab\tand\x07bell',
  "'; touch pwned; '",
  '$(reboot) `id` "quoted"',
  'back\\slash',
  '*?[a]{b}',
  '\x1b[31mred',
  '\xe2\x80\xaegpj.exe',
  'gr\xc3\xbc\xc3\x9fe',
  '~',
  '...',
  'n'.repeat(255),
];

const arrive =
  (names: readonly string[]): Case['run'] =>
  async subject => {
    const actions = [
      ...names.map(name => file(name, 1)),
      folder('whole', true),
      ...names.flatMap(name => [folder(`whole/${name}`), file(`whole/${name}/${name}`, 1)]),
    ];
    const contents = Object.fromEntries(
      actions.flatMap(({ do: kind, path }) => (kind === 'file' ? [[path, 'x']] : [])),
    );
    const outcomes = await apply(subject, actions, contents);
    assert.deepEqual(
      outcomes,
      actions.map(({ path }) => `${path}: done`),
    );
    const session = await open(subject, names.map(remove));
    const found = await listed(session.scan);
    assert.deepEqual([...found.keys()].sort(), actions.map(({ path }) => path).sort());
    assert.deepEqual(await session.transaction.precheck(), []);
    assert.deepEqual(
      session.tell(await session.commit()),
      names.map(name => `${name}: done`),
    );
    await session.transaction.end();
  };

export const hostileCases: readonly Case[] = [
  {
    title: 'every name arrives as it is, alone and in a whole folder, and is removed again',
    run: arrive(NAMES),
  },
  {
    title: 'a name that is no text arrives byte for byte, and is removed again',
    needs: 'every name',
    run: arrive(['\xff\xfe no text']),
  },
  {
    title: 'a tree 120 folders deep is staged, put in place, scanned and replaced',
    async run(subject) {
      const chain = Array.from({ length: 120 }, (_, depth) =>
        Array(depth + 1)
          .fill('deep')
          .join('/'),
      );
      const bottom = `${chain.at(-1)}/file`;
      const actions = [...chain.map((path, depth) => folder(path, depth === 0)), file(bottom, 1)];
      assert.deepEqual(
        (await apply(subject, actions, { [bottom]: '1' })).filter(line => !line.endsWith(': done')),
        [],
      );
      const again = await apply(subject, [file(bottom, 1, { expect: 'seen' })], { [bottom]: '2' });
      assert.deepEqual(again, [`${bottom}: done`]);
      assert.equal(subject.place.look().at(-1), `${bottom} file 0644 ${MOMENT} 2`);
    },
  },
  {
    title: 'a path that is none, leaves the root or lies in the state folder is refused, whoever sends it',
    async run(subject) {
      subject.place.put({ 'outside/x': { file: 'x' }, 'root/y': { file: 'y' } });
      const paths = [
        '../outside/new',
        'a/../../outside/new',
        '/etc/syncplan-was-here',
        './a',
        'a//b',
        'a/',
        '',
        'a\0b',
        'n'.repeat(256),
        '.syncplan/trash/x',
        '.syncplan',
      ];
      const actions = [
        ...paths.map(path => file(path, 1)),
        remove('../outside/x'),
        hard('h', '../outside/x'),
        link('../outside/l', 'x'),
        folder('../outside/d', true),
      ];
      const path = `${subject.place.path}/root`;
      // A kind of host may refuse the whole list at receipt, or each path by itself: nothing is written either way.
      const outcomes = await open(subject, actions, { path }).then(
        async session => {
          await session.send(Object.fromEntries(paths.map(path => [path, 'x'])));
          const told = session.tell(await session.transaction.precheck());
          await session.commit();
          await session.transaction.end();
          return told.map(line => line.split(': ').at(-1));
        },
        (error: { code?: string }) => error.code,
      );
      if (outcomes !== 'protocol') assert.deepEqual(outcomes, Array(actions.length).fill('failed bad-path'));
      assert.deepEqual(
        subject.place.look().filter(line => !line.includes('.syncplan')),
        ['outside folder 0755', `outside/x file 0644 ${MOMENT} x`, 'root folder 0755', `root/y file 0644 ${MOMENT} y`],
      );
    },
  },
  {
    title: 'a state folder that is a link, a file or open to others is not used',
    async run(subject) {
      const { place } = subject;
      place.put({ elsewhere: { folder: 0o700 } });
      for (const item of [{ link: 'elsewhere' }, { file: '' }, { folder: 0o777 }] as const) {
        place.put({ '.syncplan': item });
        await assert.rejects(open(subject, [file('a', 1)]), { code: 'bad-root' });
        place.drop('.syncplan');
      }
      assert.deepEqual(place.look(), ['elsewhere folder 0700']);
    },
  },
  {
    title: 'set-user-id and set-group-id are not given unless the selection carries them',
    async run(subject) {
      await apply(subject, [file('plain', 1, { mode: 0o6755 }), folder('d', false, 0o2755)], { plain: 'x' });
      const special = { selection: { attributes: ['mode', 'modified', 'special'] as const } };
      await apply(subject, [file('special', 1, { mode: 0o6755 })], { special: 'x' }, special);
      assert.deepEqual(subject.place.look(), [
        'd folder 0755',
        `plain file 0755 ${MOMENT} x`,
        `special file 6755 ${MOMENT} x`,
      ]);
    },
  },
];
