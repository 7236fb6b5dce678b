// Every algorithm against known answers and against the programs that users check with.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { test } from 'uvu';
import { ALGORITHMS, type Algorithm } from '../../compiler/plan.js';
import { openDigests } from '../../runtime/bytes/digest.js';

/** Published answers, or those of coreutils, b3sum, xxhsum and zlib, for '', 'abc' and a million times 'a'. */
const KNOWN: Readonly<Record<Algorithm, readonly [empty: string, abc: string, million: string]>> = {
  xxh128: ['99aa06d3014798d86001c324468d497f', '06b05ab6733a618578af5f94892f3950', 'a545df8e384a9579b1fd6fae5285c4eb'],
  xxh64: ['ef46db3751d8e999', '44bc2cf5ad770999', 'dc483aaa9b4fdc40'],
  blake3: [
    'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
    '616f575a1b58d4c9797d4217b9730ae5e6eb319d76edef6549b46f4efe31ff8b',
  ],
  blake2b: [
    '786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce',
    'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
    '98fb3efb7206fd19ebf69b6f312cf7b64e3b94dbe1a17107913975a793f177e1d077609d7fba363cbba00d05f7aa4e4fa8715d6428104c0a75643b0ff3fd3eaf',
  ],
  sha512: [
    'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b',
  ],
  sha256: [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  ],
  sha1: [
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'a9993e364706816aba3e25717850c26c9cd0d89d',
    '34aa973cd4c4daa4f61eeb2bdbad27316534016f',
  ],
  md5: ['d41d8cd98f00b204e9800998ecf8427e', '900150983cd24fb0d6963f7d28e17f72', '7707d6ae4e027c70eea2a935c2296f21'],
  crc32: ['00000000', '352441c2', 'dc25bfbc'],
  adler32: ['00000001', '024d0127', '15d870f9'],
  cksum: ['ffffffff', '48aa78a2', 'cac55e1f'],
};

const hex = (digest: string): string => Buffer.from(digest, 'latin1').toString('hex');

for (const algorithm of ALGORITHMS) {
  test(`${algorithm} gives the known answers and says how long they are`, async () => {
    const hasher = await openDigests(algorithm);
    const inputs = [Buffer.alloc(0), Buffer.from('abc'), Buffer.alloc(1_000_000, 'a')];
    assert.equal(hasher.algorithm, algorithm);
    assert.deepEqual(
      inputs.map(input => hex(hasher.hash(input))),
      KNOWN[algorithm],
    );
    assert.equal(hasher.hash(inputs[1]!).length, hasher.size);
  });

  test(`${algorithm} of a stream is that of the whole, however it is cut`, async () => {
    const hasher = await openDigests(algorithm);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), parts => {
        hasher.init();
        for (const part of parts) hasher.update(part);
        const streamed = hasher.digest();
        assert.equal(hex(streamed), hex(hasher.hash(Buffer.concat(parts))));
      }),
      { numRuns: 60 },
    );
  });
}

const PROGRAMS: readonly (readonly [Algorithm, string])[] = [
  ['blake2b', 'b2sum'],
  ['sha512', 'sha512sum'],
  ['sha256', 'sha256sum'],
  ['sha1', 'sha1sum'],
  ['md5', 'md5sum'],
];

test('digests are those that the programs of coreutils print', async () => {
  const input = Buffer.from(Array.from({ length: 70_001 }, (_, i) => (i * 31 + (i >> 8)) & 255));
  for (const [algorithm, program] of PROGRAMS) {
    const printed = execFileSync(program, { input, encoding: 'utf8' }).split(' ')[0];
    assert.equal(hex((await openDigests(algorithm)).hash(input)), printed, program);
  }
});

test('cksum is that of coreutils for every length up to 40 and for larger inputs', async () => {
  const hasher = await openDigests('cksum');
  const lengths = [...Array(40).keys(), 255, 256, 257, 65_535, 65_536, 70_003];
  for (const length of lengths) {
    const input = Buffer.from(Array.from({ length }, (_, i) => (i * 7 + 200) & 255));
    const printed = Number(execFileSync('cksum', { input, encoding: 'utf8' }).split(' ')[0]);
    assert.equal(Buffer.from(hasher.hash(input), 'latin1').readUInt32BE(), printed, `${length} bytes`);
  }
});

test('two hashers of one algorithm do not disturb each other', async () => {
  for (const algorithm of ALGORITHMS) {
    const [a, b] = [await openDigests(algorithm), await openDigests(algorithm)];
    const alone = a.hash(Buffer.from('one two'));
    a.init();
    b.init();
    a.update(Buffer.from('one '));
    b.update(Buffer.from('something else'));
    a.update(Buffer.from('two'));
    assert.equal(a.digest(), alone, algorithm);
  }
});

test.run();
