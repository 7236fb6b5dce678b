// Data links between two ends on loopback: who gets in, what arrives, and what becomes of ends that break or lie.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { test } from 'uvu';
import { MAX_CHUNK, writeRecord } from '../../runtime/bytes/pack.js';
import { makeWriter } from '../../runtime/bytes/wire.js';
import type { Link, LinkTerms, Received, Scan, Transaction } from '../../runtime/host/host.js';
import { stagePack } from '../../runtime/host/transaction/stage.js';
import { makeLinks } from '../../runtime/link/links.js';
import { reachedBy } from '../../runtime/link/reached.js';

const links = makeLinks({ reached: { at: '127.0.0.1', from: '127.0.0.1' } });
const newKey = (): string => randomBytes(32).toString('latin1');
const BOTH = [true, false] as const;
const say = (encrypt: boolean): string => (encrypt ? 'encrypted' : 'plain');

const openPair = async (terms: LinkTerms): Promise<{ out: Link; into: Link }> => {
  const { link: into, port } = await links.listen(terms);
  return { into, out: await links.dial({ address: '127.0.0.1', port }, terms) };
};

const whole = (content: Uint8Array, index = 0): Buffer => {
  const writer = makeWriter(content.length + 64);
  writeRecord(writer, { is: 'whole', index, digest: 'd'.repeat(16), content: Buffer.from(content) });
  return writer.copy();
};

/** A scan whose content is these chunks. */
const reading = (chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Scan =>
  ({
    async *read() {
      yield* chunks;
    },
  }) as unknown as Scan;

const content = (chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => ({
  from: reading(chunks),
  wanted: [{ path: 'a', index: 0 }],
  travel: { compress: 0, limit: null },
  signatures: null,
  master: 'build',
});

/** A transaction that keeps what it is given to stage. */
const keeping = (got: Buffer[]): Transaction =>
  ({
    async stage(pack: AsyncIterable<Uint8Array>) {
      for await (const chunk of pack) got.push(Buffer.from(chunk));
      return [{ index: 7, result: 'inconsistent', why: 'so' }];
    },
  }) as unknown as Transaction;

const collect = async (received: AsyncIterable<Received>): Promise<Received[]> => {
  const all: Received[] = [];
  for await (const one of received) all.push(one);
  return all;
};

const isLinkFault = (pattern: RegExp) => (error: unknown) => {
  const { code, message } = error as { code: string; message: string };
  assert.equal(code, 'link', message);
  assert.match(message, pattern);
  return true;
};

for (const encrypt of BOTH) {
  test(`${say(encrypt)}: chunks arrive as they were, in order, one content after another`, async () => {
    const { out, into } = await openPair({ key: newKey(), encrypt });
    for (const seed of [1, 2]) {
      const chunks = Array.from({ length: 9 }, (_, at) => whole(randomBytes(at * 100_000 + seed)));
      const got: Buffer[] = [];
      const [received] = await Promise.all([
        collect(links.receive(into, keeping(got))),
        links.send(content(chunks), [out]),
      ]);
      assert.deepEqual(got, chunks);
      assert.equal(received.filter(({ is }) => is === 'chunk').length, 9);
      assert.deepEqual(received.at(-1), {
        is: 'outcomes',
        outcomes: [{ index: 7, result: 'inconsistent', why: 'so' }],
      });
      const bytes = received.reduce((sum, one) => sum + (one.is === 'chunk' ? one.bytes : 0), 0);
      assert.ok(bytes > 3_600_000 && bytes < 3_700_000, `${bytes} bytes on the link`);
    }
    await Promise.all([out.close(), into.close()]);
  });

  test(`${say(encrypt)}: what has come before anybody takes it is counted as well`, async () => {
    const { out, into } = await openPair({ key: newKey(), encrypt });
    await links.send(content([whole(randomBytes(900_000)), whole(randomBytes(900_000))]), [out]);
    await new Promise(resolve => setTimeout(resolve, 100));
    const received = await collect(links.receive(into, keeping([])));
    const bytes = received.reduce((sum, one) => sum + (one.is === 'chunk' ? one.bytes : 0), 0);
    assert.ok(bytes > 1_800_000 && bytes < 1_820_000, `${bytes} bytes on the link`);
    await Promise.all([out.close(), into.close()]);
  });

  test(`${say(encrypt)}: another key is refused at both ends, and the right one still gets in`, async () => {
    const terms = { key: newKey(), encrypt };
    const { link: into, port } = await links.listen(terms);
    const at = { address: '127.0.0.1', port };
    await assert.rejects(
      links.dial(at, { key: newKey(), encrypt }),
      isLinkFault(/could not be opened|refused|other end/),
    );
    const out = await links.dial(at, terms);
    const got: Buffer[] = [];
    await Promise.all([
      collect(links.receive(into, keeping(got))),
      links.send(content([whole(Buffer.from('x'))]), [out]),
    ]);
    assert.equal(got.length, 1);
    // One peer, and no other: nobody listens any more.
    await assert.rejects(links.dial(at, terms), isLinkFault(/could not be opened: ECONNREFUSED/));
    await Promise.all([out.close(), into.close()]);
  });

  test(`${say(encrypt)}: a link that breaks in the middle is a fault of the link at both ends`, async () => {
    const { out, into } = await openPair({ key: newKey(), encrypt });
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let at = 0; ; at++) {
        if (at === 20) await into.close();
        yield whole(randomBytes(200_000));
      }
    }
    const receiving = assert.rejects(collect(links.receive(into, keeping([]))), isLinkFault(/closed/));
    await assert.rejects(links.send(content(endless()), [out]), isLinkFault(/closed|broke/));
    await receiving;
    await out.close();
  });

  test(`${say(encrypt)}: a sender that cannot go on says so, and its receiver does not take that for the end`, async () => {
    const { out, into } = await openPair({ key: newKey(), encrypt });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield whole(Buffer.from('first'));
      throw new Error('the disk is gone');
    }
    const receiving = assert.rejects(collect(links.receive(into, keeping([]))), isLinkFault(/could not go on/));
    await assert.rejects(links.send(content(failing()), [out]), /the disk is gone/);
    await receiving;
    await Promise.all([out.close(), into.close()]);
  });
}

test('what is sent over several links is read once, and one that breaks does not stop the others', async () => {
  const terms = { key: newKey(), encrypt: true };
  const [first, second] = [await openPair(terms), await openPair({ key: newKey(), encrypt: false })];
  let read = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (; read < 30; read++) {
      if (read === 10) await second.into.close();
      yield whole(Buffer.alloc(150_000, read));
    }
  }
  const got: Buffer[] = [];
  const lost = assert.rejects(collect(links.receive(second.into, keeping([]))), isLinkFault(/closed/));
  await Promise.all([
    collect(links.receive(first.into, keeping(got))),
    links.send(content(chunks()), [first.out, second.out]),
  ]);
  await lost;
  assert.equal(read, 30);
  assert.deepEqual([got.length, got[29]![149_999]], [30, 29]);
  await Promise.all([first, second].flatMap(({ out, into }) => [out.close(), into.close()]));
});

test('nobody there, and somebody who never answers, are given up within seconds', async () => {
  const started = Date.now();
  const mute: Server = createServer(() => {});
  const port = await new Promise<number>(resolve =>
    mute.listen(0, '127.0.0.1', () => resolve((mute.address() as { port: number }).port)),
  );
  for (const encrypt of BOTH) {
    await assert.rejects(
      links.dial({ address: '127.0.0.1', port }, { key: newKey(), encrypt }),
      isLinkFault(/was not answered/),
    );
  }
  await assert.rejects(
    links.dial({ address: 'example.org', port }, { key: newKey(), encrypt: true }),
    isLinkFault(/no address/),
  );
  assert.ok(Date.now() - started < 9_000);
  mute.close();
});

test('too many strangers close the door for everybody', async () => {
  const terms = { key: newKey(), encrypt: false };
  const { link: into, port } = await links.listen(terms);
  const receiving = assert.rejects(collect(links.receive(into, keeping([]))), isLinkFault(/too many/));
  for (let at = 0; at < 8; at++) {
    const stranger = connect(port, '127.0.0.1');
    stranger.on('error', () => {});
    // What it is told has to be read for its end to be seen.
    stranger.resume();
    stranger.write(randomBytes(64));
    await new Promise(resolve => stranger.once('close', resolve));
  }
  await receiving;
});

test('a peer with the key that lies about a length ends its link before memory is taken for it', async () => {
  const { out, into } = await openPair({ key: newKey(), encrypt: false });
  const receiving = assert.rejects(collect(links.receive(into, keeping([]))), isLinkFault(/not its protocol/));
  await sendAnything(out, Buffer.alloc(MAX_CHUNK + 1));
  await receiving;
  await out.close();
});

test('a chunk that inflates to more than it declares is refused, and so is one that is no pack', async () => {
  for (const bad of [bomb(), Buffer.from([99, 1, 2, 3])]) {
    const { out, into } = await openPair({ key: newKey(), encrypt: true });
    const part = { parts: [], verbs: {}, breathe: async () => {}, label: 'here' };
    const work = part as unknown as Parameters<typeof stagePack>[0];
    const staging = { stage: (pack: AsyncIterable<Uint8Array>) => stagePack(work, pack) } as unknown as Transaction;
    await sendAnything(out, bad);
    await assert.rejects(
      collect(links.receive(into, staging)),
      (error: { code?: string }) => error.code === 'protocol',
    );
    await Promise.all([out.close(), into.close()]);
  }
});

/** Its own end of the link, used past its rules. */
const sendAnything = (out: Link, bytes: Uint8Array): Promise<void> =>
  (out as unknown as { send: (chunk: Uint8Array, used: () => void) => Promise<void> }).send(bytes, () => {});

/** A squeezed chunk (runtime/bytes/squeeze.ts) of 64 MiB of zeros that says it is of 1,000 bytes. */
const bomb = (): Buffer => {
  const writer = makeWriter();
  for (const count of [6, 0, 0, 0, 0]) writer.u8(count);
  writer.varint(1_000);
  writer.raw(deflateRawSync(Buffer.alloc(67_108_864)));
  return writer.copy();
};

test('addresses are those that the SSH server tells, and nothing else', () => {
  assert.deepEqual(reachedBy('10.0.0.1 5000 10.0.0.2 22'), { at: '10.0.0.2', from: '10.0.0.1' });
  assert.deepEqual(reachedBy('fe80::1%eth0 5000 fe80::2%eth0 22'), { at: 'fe80::2%eth0', from: 'fe80::1%eth0' });
  for (const text of [undefined, '', 'a b c d', '10.0.0.1 1', '10.0.0.1 5000 evil.example 22'])
    assert.deepEqual(reachedBy(text), { at: '', from: '' });
});

test.run();
