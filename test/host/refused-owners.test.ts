// Owners that cannot be given, and people whom an access list names in vain: told before anything is staged.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Attribute } from '../../compiler/plan.js';
import { hostFromVerbs } from '../../runtime/host/from-verbs.js';
import { encodeExtras } from '../../runtime/tree/extra.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { makeMemoryVerbs } from '../support/memory-verbs.js';
import { adjust, file, folder, hard, link, open, type Subject } from './session.js';

const OWNED: readonly Attribute[] = ['mode', 'modified', 'owner', 'group'];

/** A host whose user is 33, in groups 33 and 50, and not root. */
const unprivileged = (): Subject => {
  const place = makeMemoryPlace();
  const verbs = makeMemoryVerbs(place.disk);
  const { facts } = makeMemoryHost(place.disk);
  const host = hostFromVerbs({
    label: 'small',
    kind: 'memory',
    verbs: { ...verbs, names: { ...verbs.names, self: () => ({ user: 33, groups: [33, 50] }) } },
    facts: { ...facts, privileged: false },
    cacheFolder: null,
    breathe: async () => {},
    now: () => place.disk.now() / 1000,
    newId: () => 'an-id',
  });
  return { host, place, cleanup: () => host.close() };
};

test('who is not root is told before anything is staged which owners he cannot give', async () => {
  const subject = unprivileged();
  subject.place.put({ there: { file: 'x' } });
  const actions = [
    file('mine', 1, { owner: 'www-data', group: '50' }),
    file('theirs', 1, { owner: 'root' }),
    file('group', 1, { group: 'root' }),
    link('l', 'x', { owner: 'root' }),
    { ...folder('d'), owner: '4711' } as never,
    { ...adjust('there', null), owner: 'www-data' } as never,
    file('nobody', 1, { owner: 'no-such-user' }),
    hard('hard', 'mine'),
  ];
  const session = await open(subject, actions, { selection: { attributes: OWNED } });
  assert.deepEqual(session.tell(await session.send({ mine: '1', theirs: '1', group: '1', nobody: '1' })), []);
  const outcomes = await session.transaction.precheck();
  assert.deepEqual(session.tell(outcomes), [
    'theirs: failed denied',
    'group: failed denied',
    'l: failed denied',
    'd: failed denied',
    'there: failed denied',
    'nobody: failed unsupported',
  ]);
  const [first] = outcomes;
  assert.ok(first?.result === 'failed');
  assert.equal(first.problem.message, 'cannot change owner to root: not root there');
  assert.match(first.problem.help, /log in as root/);
  const committed = session.tell(await session.commit());
  assert.deepEqual(
    committed.filter(line => line.endsWith('done')),
    ['mine: done', 'hard: done'],
  );
  await session.transaction.end();
  await session.scan.close();
});

test('an access list that names somebody unknown is told before anything is staged', async () => {
  const subject = unprivileged();
  const list = '\x02\x04\x04zoe1\x04\x04\0';
  const extra = encodeExtras([{ name: 'system.posix_acl_access', value: list }]);
  const session = await open(subject, [file('f', 1, { extra })], {
    selection: { attributes: ['mode', 'modified', 'acl'] },
  });
  const [outcome] = await session.transaction.precheck();
  assert.ok(outcome?.result === 'failed');
  assert.equal(outcome.problem.message, 'cannot give it to user zoe1: there is no such user there');
  assert.match(outcome.problem.help, /leave `owner` and `acl` out of the attributes, and `owner` out of the `set`,/);
  await session.transaction.end();
  await session.scan.close();
});

test.run();
