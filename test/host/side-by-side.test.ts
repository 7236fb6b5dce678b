// Two blocks at work in one root at the same moment: what each keeps in the state folder is not in the other one's way.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Deed, FileVerbs } from '../../runtime/host/file-verbs.js';
import { makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { makeDiskPlace, makeMemoryPlace, type Place } from '../support/fixture.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { scattered } from '../support/scattered-verbs.js';
import { seeded } from '../support/seeded.js';
import { apply, file, folder, remove, type Subject, stateOf } from './session.js';

/** A real disk, on which what is done in a folder that was removed fails; once, `meanwhile` comes before the deed that is meant. */
const onDisk = async (
  isMeant: (deed: Deed) => boolean,
  work: (subject: Subject, meanwhile: (what: (other: Subject) => Promise<unknown>) => void) => Promise<void>,
): Promise<void> => {
  const place: Place = makeDiskPlace();
  const verbs = makeLocalVerbs({ home: '/' });
  let waiting: (() => Promise<unknown>) | null = null;
  const watched: FileVerbs = {
    ...verbs,
    async perform(deeds) {
      if (waiting !== null && deeds.some(isMeant)) {
        const first = waiting;
        waiting = null;
        await first();
      }
      return verbs.perform(deeds);
    },
  };
  const subjectOf = (given: FileVerbs): Subject => {
    const host = makeMemoryHost(makeMemoryPlace().disk, 'here', null, () => given);
    return { host, place, cleanup: () => host.close() };
  };
  const [subject, other] = [subjectOf(watched), subjectOf(verbs)];
  try {
    await work(subject, what => {
      waiting = () => what(other);
    });
    assert.equal(waiting, null, 'the moment came');
  } finally {
    await subject.cleanup();
    await other.cleanup();
    place.remove();
  }
};

/** It tidies up when it ends. */
const another = (subject: Subject): Promise<string[]> =>
  apply(subject, [file('other', 1)], { other: 'x' }, { block: 'other', trash: 0 });

test('a block that ends takes away no trash folder of its run that another one is about to use', () =>
  onDisk(
    deed => deed.do === 'make-folder' && deed.name === 'app',
    async (subject, meanwhile) => {
      subject.place.put({ old: { file: 'old' } });
      meanwhile(another);
      assert.deepEqual(await apply(subject, [remove('old')]), ['old: done']);
      assert.ok(existsSync(join(subject.place.path, '.syncplan/trash/run-1/app/old')));
    },
  ));

for (const trash of [0, 3600]) {
  test(`nor what another one moves into its trash while it commits, kept for ${trash} s`, () =>
    onDisk(
      deed => deed.do === 'rename' && deed.name === 'old',
      async (subject, meanwhile) => {
        subject.place.put({ old: { file: 'old' }, older: { file: 'older' } });
        meanwhile(another);
        assert.deepEqual(await apply(subject, [remove('old'), remove('older')], {}, { trash }), [
          'old: done',
          'older: done',
        ]);
        await another(subject).catch(() => undefined);
        const left = stateOf(subject).filter(path => path.startsWith('trash/'));
        assert.equal(left.length > 0, trash > 0, left.join(' '));
      },
    ));

  test(`nor the record that another one writes of its trash, kept for ${trash} s`, () =>
    onDisk(
      deed => deed.do === 'rename' && deed.name.endsWith('.trash.new'),
      async (subject, meanwhile) => {
        subject.place.put({ old: { file: 'old' } });
        meanwhile(another);
        assert.deepEqual(await apply(subject, [remove('old')], {}, { trash }), ['old: done']);
      },
    ));
}

test('two blocks do all they have to do side by side, from one host or from two, in whatever order it comes to pass', async () => {
  for (let seed = 1; seed <= 120; seed++) {
    const place = makeMemoryPlace();
    const random = seeded(seed);
    const hosts = Array.from({ length: 2 }, () => makeMemoryHost(place.disk, 'm', null, v => scattered(v, random)));
    for (const name of ['a', 'b']) place.put({ [`${name}-old`]: { file: 'o' }, [`${name}-gone`]: { file: 'g' } });
    const did = await Promise.all(
      ['a', 'b'].map((name, i) =>
        apply(
          { host: hosts[seed % 2 === 0 ? i : 0]!, place, cleanup: async () => {} },
          [
            folder('shared'),
            file(`shared/${name}`, 1),
            folder(`${name}-new`, true),
            file(`${name}-new/in`, 1),
            file(`${name}-old`, 1, { expect: 'seen', keep: true }),
            remove(`${name}-gone`),
          ],
          { [`shared/${name}`]: name, [`${name}-new/in`]: name, [`${name}-old`]: name },
          { block: name, trash: seed % 3 === 0 ? 0 : 3600 },
        ),
      ),
    );
    for (const outcomes of did)
      assert.deepEqual(
        outcomes.filter(line => !line.endsWith(': done')),
        [],
        `seed ${seed}`,
      );
    assert.deepEqual(
      place.state().filter(path => path.startsWith('staging/') || path.startsWith('intent/')),
      [],
      `seed ${seed}`,
    );
  }
});

test.run();
