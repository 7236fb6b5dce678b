// Conformance: what staging takes, refuses and leaves behind. Nothing at a final path changes in any of these.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { openDigests } from '../../runtime/bytes/digest.js';
import type { PackRecord } from '../../runtime/bytes/pack.js';
import { squeezePack } from '../../runtime/bytes/squeeze.js';
import { HostError } from '../../runtime/host/host-error.js';
import { MOMENT } from '../support/fixture.js';
import { ALL, type Case, file, folder, link, open, packOf, stateOf } from './session.js';

const digestOf = async (text: string): Promise<string> =>
  (await openDigests(ALL.algorithm)).hash(Buffer.from(text, 'latin1'));

async function* inTurn(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** All of it, and then a fault instead of an end. */
async function* breaking(pack: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pack;
  throw new HostError('link', 'the link broke', '');
}

/** As much as is kept of a file whose stream broke. */
const BEGUN = 1_048_576;

const partsOf = async (index: number, ...texts: string[]): Promise<PackRecord[]> => {
  let offset = 0;
  const parts = texts.map((text): PackRecord => {
    const record = { is: 'part' as const, index, offset, content: Buffer.from(text) };
    offset += text.length;
    return record;
  });
  return [...parts, { is: 'end', index, size: offset, digest: await digestOf(texts.join('')) }];
};

export const stageCases: readonly Case[] = [
  {
    title: 'a file comes in parts as well as whole, and nothing is in place before the commit',
    async run(subject) {
      const session = await open(subject, [file('parts', 8), file('whole', 3)]);
      const parts = await partsOf(0, 'four', 'more');
      const whole = { is: 'whole', index: 1, digest: await digestOf('abc'), content: Buffer.from('abc') } as const;
      assert.deepEqual(await session.sendRecords([parts[0]!, whole, ...parts.slice(1)]), []);
      assert.deepEqual(await session.transaction.precheck(), []);
      assert.deepEqual(subject.place.look(), []);
      await session.commit();
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), [`parts file 0644 ${MOMENT} fourmore`, `whole file 0644 ${MOMENT} abc`]);
    },
  },
  {
    title:
      'a large file whose stream broke goes on from there, also inside a whole folder, and only its whole digest counts',
    async run(subject) {
      const [begin, rest] = [randomBytes(BEGUN), Buffer.from('and the rest')];
      const whole = Buffer.concat([begin, rest]);
      const actions = [folder('w', true), file('w/large', whole.length)];
      const session = await open(subject, actions);
      const digests = await openDigests(ALL.algorithm);
      const first = begin.subarray(0, BEGUN / 2);
      const parts: PackRecord[] = [
        { is: 'part', index: 1, offset: 0, content: first },
        { is: 'part', index: 1, offset: first.length, content: begin.subarray(first.length) },
      ];
      await assert.rejects(session.transaction.stage(breaking(packOf(parts))));
      assert.deepEqual(await session.transaction.missing(), [1]);
      const begun = await session.transaction.begun();
      assert.deepEqual(begun, [{ index: 1, digest: digests.hash(begin), bytes: BEGUN }]);
      const end = { is: 'end', index: 1, size: whole.length, digest: digests.hash(whole) } as const;
      const going: PackRecord[] = [
        { is: 'begun', index: 1, length: BEGUN },
        { is: 'part', index: 1, offset: BEGUN, content: rest },
      ];
      assert.deepEqual(await session.sendRecords([...going, end]), []);
      assert.deepEqual(await session.transaction.begun(), []);
      assert.deepEqual(await session.transaction.precheck(), []);
      await session.commit();
      await session.transaction.end();
      const [made, large, ...others] = subject.place.look();
      assert.match(made!, /^w folder/);
      assert.equal(large, `w/large file 0644 ${MOMENT} ${whole.toString('latin1')}`);
      assert.deepEqual(others, [], 'nothing half-written is put in place with its folder');
    },
  },
  {
    title: 'what was begun is void where the whole comes out wrong, and nothing goes on that was not begun',
    async run(subject) {
      const begin = randomBytes(BEGUN);
      const session = await open(subject, [file('large', BEGUN + 1)]);
      const part: PackRecord = { is: 'part', index: 0, offset: 0, content: begin };
      await assert.rejects(session.transaction.stage(breaking(packOf([part]))));
      const wrong: PackRecord[] = [
        { is: 'begun', index: 0, length: BEGUN },
        { is: 'part', index: 0, offset: BEGUN, content: Buffer.from('x') },
        { is: 'end', index: 0, size: BEGUN + 1, digest: await digestOf('something else') },
      ];
      assert.deepEqual(session.tell(await session.sendRecords(wrong)), ['large: failed corrupt']);
      assert.deepEqual(await session.transaction.begun(), []);
      await assert.rejects(session.sendRecords(wrong), { code: 'protocol' });
      await session.transaction.end().catch(() => undefined);
    },
  },
  {
    title: 'content with another digest or another size is refused, and staging keeps nothing of it',
    async run(subject) {
      const session = await open(subject, [file('a', 3), file('b', 3), file('c', 3), file('d', 3), file('e', 3)]);
      const good = Buffer.from('abc');
      const digest = await digestOf('abc');
      const outcomes = await session.sendRecords([
        { is: 'whole', index: 0, digest: await digestOf('abd'), content: good },
        { is: 'whole', index: 1, digest: await digestOf('abcd'), content: Buffer.from('abcd') },
        { is: 'part', index: 2, offset: 0, content: good },
        { is: 'end', index: 2, size: 3, digest: await digestOf('xyz') },
        { is: 'part', index: 3, offset: 0, content: good },
        { is: 'part', index: 3, offset: 3, content: good },
        { is: 'end', index: 3, size: 6, digest },
        { is: 'part', index: 4, offset: 0, content: Buffer.from('ab') },
        { is: 'end', index: 4, size: 2, digest: await digestOf('ab') },
      ]);
      assert.deepEqual(
        session.tell(outcomes),
        ['a', 'b', 'c', 'd', 'e'].map(name => `${name}: failed corrupt`),
      );
      assert.deepEqual(stateOf(subject), ['staging', 'staging/run-1-app']);
      assert.deepEqual(session.tell(await session.transaction.precheck()).length, 5);
      await session.commit();
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), []);
    },
  },
  {
    title: 'content that came wrong may come again',
    async run(subject) {
      const session = await open(subject, [file('a', 3)]);
      const content = Buffer.from('abc');
      await session.sendRecords([{ is: 'whole', index: 0, digest: 'wrong', content }]);
      assert.deepEqual(await session.send({ a: 'abc' }), []);
      assert.deepEqual(await session.transaction.precheck(), []);
      assert.deepEqual(session.tell(await session.commit()), ['a: done']);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), [`a file 0644 ${MOMENT} abc`]);
    },
  },
  {
    title: 'what cannot be sent is told by its code, and a file without content does not pass the pre-check',
    async run(subject) {
      const session = await open(subject, [file('a', 3), file('b', 3), file('c', 3)]);
      const lost = { is: 'lost' as const, message: 'why', help: 'what to do' };
      const outcomes = await session.sendRecords([
        { ...lost, index: 0, code: 'denied' },
        { ...lost, index: 1, code: 'changed' },
      ]);
      assert.deepEqual(session.tell(outcomes), ['a: failed denied', 'b: inconsistent']);
      assert.deepEqual(session.tell(await session.transaction.precheck()), [
        'a: failed denied',
        'b: inconsistent',
        'c: inconsistent',
      ]);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), []);
    },
  },
  {
    title: 'content nobody asked for and parts out of order end the connection',
    async run(subject) {
      const content = Buffer.from('abc');
      const wrong: PackRecord[][] = [
        [{ is: 'whole', index: 7, digest: '', content }],
        [{ is: 'whole', index: 1, digest: '', content }],
        [{ is: 'part', index: 0, offset: 1, content }],
        [
          { is: 'part', index: 0, offset: 0, content },
          { is: 'part', index: 0, offset: 2, content },
        ],
        [
          { is: 'part', index: 0, offset: 0, content },
          { is: 'part', index: 2, offset: 0, content },
        ],
        [{ is: 'end', index: 0, size: 0, digest: '' }],
        [{ is: 'part', index: 0, offset: 0, content }],
      ];
      for (const records of wrong) {
        const session = await open(subject, [file('a', 9), link('l', 'x'), file('c', 9)]);
        await assert.rejects(session.sendRecords(records), { code: 'protocol' });
        await session.transaction.end();
      }
      assert.deepEqual(subject.place.look(), []);
      assert.deepEqual(stateOf(subject), ['staging']);
    },
  },
  {
    title: 'squeezed content is staged as it was, and what opens to more than it declares ends the connection',
    async run(subject) {
      const session = await open(subject, [file('a', 3000), file('b', 5)]);
      const text = 'abc'.repeat(1000);
      const pack = packOf([...(await partsOf(0, text)), { is: 'lost', index: 1, code: 'io', message: 'm', help: 'h' }]);
      const squeezed: Uint8Array[] = [];
      for await (const chunk of squeezePack(pack, 9)) squeezed.push(chunk);
      assert.ok(squeezed[0]!.length < 200, `${squeezed[0]!.length} bytes`);
      assert.deepEqual(session.tell(await session.transaction.stage(inTurn(squeezed))), ['b: failed io']);
      const bomb = Buffer.concat([Buffer.from([6, 0, 0, 0, 0, 100]), deflateRawSync(Buffer.alloc(100_000_000))]);
      await assert.rejects(session.transaction.stage(inTurn([bomb])), { code: 'protocol' });
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), []);
    },
  },
  {
    title:
      'a delta rebuilds a file from the one that stands there; one that changed meanwhile is told, and nothing is kept',
    async run(subject) {
      const words = Array.from({ length: 4000 }, (_, i) => `${i * 7919} `).join('');
      const fresh = `begin ${words.slice(9000)}${words.slice(0, 9000)} end`;
      subject.place.put({ old: { file: words }, new: { file: fresh } });
      const session = await open(subject, [file('old', fresh.length, { expect: 'seen' })]);
      const { scan, transaction } = session;
      const delta = (): AsyncIterable<Uint8Array> =>
        scan.readDeltas([{ path: 'new', index: 0 }], scan.sign([{ path: 'old', index: 0 }]));
      let travelled = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of delta()) {
          travelled += chunk.length;
          yield chunk;
        }
      };
      assert.deepEqual(await transaction.stage(counted()), []);
      assert.ok(travelled < fresh.length / 8, `${travelled} bytes for ${fresh.length}`);
      assert.deepEqual(await transaction.precheck(), []);
      assert.deepEqual(session.tell(await session.commit()), ['old: done']);
      await transaction.end();
      assert.ok(subject.place.look().some(line => line.startsWith('old file') && line.endsWith(fresh)));

      const again = await open(subject, [file('old', 700, { expect: 'seen' }), file('not-there', 9)]);
      const copy = (index: number, from: number, length: number): PackRecord => ({
        is: 'copy',
        index,
        offset: 0,
        from,
        length,
      });
      const outcomes = await again.sendRecords([
        copy(0, fresh.length - 600, 700),
        { is: 'end', index: 0, size: 700, digest: '' },
        copy(1, 0, 9),
        { is: 'part', index: 1, offset: 9, content: Buffer.from('more') },
        { is: 'end', index: 1, size: 13, digest: '' },
      ]);
      assert.deepEqual(again.tell(outcomes), ['old: inconsistent', 'not-there: inconsistent']);
      const other = await again.sendRecords([copy(0, 0, 700), { is: 'end', index: 0, size: 700, digest: 'wrong' }]);
      assert.deepEqual(again.tell(other), ['old: failed corrupt']);
      await assert.rejects(again.sendRecords([{ ...copy(0, 0, 9), offset: 5 } as PackRecord]), { code: 'protocol' });
      await again.transaction.end();
    },
  },
  {
    title: 'a step that is amended is staged anew, and one that is dropped is not put in place',
    async run(subject) {
      const session = await open(subject, [
        file('a', 1),
        file('b', 1),
        folder('new', true),
        file('new/c', 1),
        file('new/d', 1),
      ]);
      await session.send({ a: '1', b: '1', 'new/c': '1', 'new/d': '1' });
      assert.deepEqual(await session.transaction.precheck(), []);
      await session.transaction.amend([
        { index: 0, action: file('a', 2, { mode: 0o600 }) },
        { index: 1, action: null },
        { index: 3, action: file('new/c', 2) },
        { index: 4, action: null },
      ]);
      assert.deepEqual(session.tell(await session.transaction.precheck()), ['a: inconsistent', 'new/c: inconsistent']);
      assert.deepEqual(await session.send({ a: '22', 'new/c': '22' }), []);
      assert.deepEqual(await session.transaction.precheck(), []);
      assert.deepEqual(session.tell(await session.commit()), ['a: done', 'new: done', 'new/c: done']);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), [
        `a file 0600 ${MOMENT} 22`,
        'new folder 0755',
        `new/c file 0644 ${MOMENT} 22`,
      ]);
    },
  },
  {
    title: 'a whole folder that is amended to single steps is taken apart',
    async run(subject) {
      const session = await open(subject, [
        folder('new', true),
        folder('new/in'),
        file('new/in/a', 1),
        file('new/b', 1),
      ]);
      await session.send({ 'new/in/a': 'a', 'new/b': 'b' });
      assert.deepEqual(await session.transaction.precheck(), []);
      subject.place.put({ 'new/own': { file: 'theirs' } });
      const outcomes = await session.transaction.precheck();
      assert.deepEqual(
        session.tell(outcomes),
        ['new', 'new/in', 'new/in/a', 'new/b'].map(path => `${path}: inconsistent`),
      );
      await session.transaction.amend([
        { index: 0, action: null },
        { index: 1, action: folder('new/in') },
        { index: 2, action: file('new/in/a', 1) },
        { index: 3, action: file('new/b', 1) },
      ]);
      await session.send({ 'new/in/a': 'a', 'new/b': 'b' });
      assert.deepEqual(await session.transaction.precheck(), []);
      assert.deepEqual(session.tell(await session.commit()), ['new/in: done', 'new/in/a: done', 'new/b: done']);
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), [
        'new folder 0755',
        `new/b file 0644 ${MOMENT} b`,
        'new/in folder 0755',
        `new/in/a file 0644 ${MOMENT} a`,
        `new/own file 0644 ${MOMENT} theirs`,
      ]);
    },
  },
  {
    title: 'a transaction that ends early leaves nothing but its empty state folder',
    async run(subject) {
      const session = await open(subject, [folder('new', true), file('new/a', 1), file('b', 1), link('c', 'x')]);
      await session.send({ 'new/a': 'a', b: 'b' });
      await session.transaction.precheck();
      await session.transaction.end();
      await session.transaction.end();
      assert.deepEqual(subject.place.look(), []);
      assert.deepEqual(stateOf(subject), ['staging']);
    },
  },
  {
    title: 'a transaction without steps writes nothing',
    async run(subject) {
      const session = await open(subject, []);
      assert.deepEqual(await session.transaction.precheck(), []);
      assert.deepEqual(await session.commit(), []);
      await session.transaction.end();
      assert.deepEqual([...subject.place.look(), ...subject.place.state()], []);
    },
  },
];
