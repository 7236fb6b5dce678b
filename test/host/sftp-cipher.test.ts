// Packets of AES-GCM that are made with less work are those that ssh2 would make: they decrypt, and no padding comes twice.
import assert from 'node:assert/strict';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { test } from 'uvu';
import { quickenCipher } from '../../runtime/host/sftp/quick-cipher.js';
import { OK, startPeer } from '../support/sftp-peer.js';

const OF_SSH2 = {
  allocPacket: (_: number): Buffer => assert.fail('ssh2 made the packet'),
  encrypt: (_: Buffer): void => assert.fail('ssh2 encrypted it'),
};

const made = (name: 'aes-128-gcm' | 'aes-256-gcm', iv: Buffer) => {
  const key = randomBytes(name === 'aes-128-gcm' ? 16 : 32);
  const written: Buffer[] = [];
  const cipher = Object.assign(Object.create(OF_SSH2) as typeof OF_SSH2, {
    _encSSLName: name,
    _encKey: key,
    _encIV: Buffer.from(iv),
    _onWrite: (data: Buffer) => void written.push(Buffer.from(data)),
    _dead: false,
    outSeqno: 7,
  });
  quickenCipher({ _protocol: { _cipher: cipher } } as never);
  /** The payload and the padding of what was written last. */
  const read = (number: Buffer): readonly [Buffer, Buffer] => {
    const packet = Buffer.concat(written.splice(0));
    const decipher = createDecipheriv(name, key, number);
    decipher.setAAD(packet.subarray(0, 4));
    decipher.setAuthTag(packet.subarray(-16));
    const plain = Buffer.concat([decipher.update(packet.subarray(4, -16)), decipher.final()]);
    assert.equal(packet.readUInt32BE(0), plain.length);
    assert.equal(plain.length % 16, 0);
    const end = plain.length - plain[0]!;
    return [plain.subarray(1, end), plain.subarray(end)];
  };
  return { cipher, read };
};

for (const name of ['aes-128-gcm', 'aes-256-gcm'] as const) {
  test(`every length comes out of ${name} as it went in, and the number counts on over all of its bytes`, () => {
    const start = Buffer.from('01020304fffffffffffffff0', 'hex');
    const { cipher, read } = made(name, start);
    let number = start.readBigUInt64BE(4);
    const paddings = new Set<string>();
    for (let length = 0; length < 3000; length++) {
      const payload = randomBytes(length);
      const packet = cipher.allocPacket(length);
      packet.set(payload, 5);
      cipher.encrypt(packet);
      const iv = Buffer.from(start);
      iv.writeBigUInt64BE(BigInt.asUintN(64, number++), 4);
      const [got, padding] = read(iv);
      assert.ok(got.equals(payload));
      assert.ok(padding.length >= 4 && padding.length < 20);
      if (padding.length >= 12) assert.ok(!paddings.has(padding.toString('hex')));
      paddings.add(padding.toString('hex'));
    }
    assert.equal(cipher.outSeqno, 3007);
  });
}

test('nothing is written when the connection has ended', () => {
  const { cipher, read } = made('aes-128-gcm', Buffer.alloc(12));
  const packet = cipher.allocPacket(5);
  cipher._dead = true;
  cipher.encrypt(packet);
  assert.throws(() => read(Buffer.alloc(12)));
});

test('another cipher is left alone', () => {
  const cipher = { _encSSLName: 'aes-128-ctr', encrypt: () => {}, allocPacket: () => {} };
  const { encrypt, allocPacket } = cipher;
  quickenCipher({ _protocol: { _cipher: cipher } } as never);
  assert.equal(cipher.encrypt, encrypt);
  assert.equal(cipher.allocPacket, allocPacket);
});

test('ssh2 is what it was when this was written', async () => {
  const { sftp, close } = await startPeer(() => ({ status: OK }));
  try {
    const { _protocol: inside } = sftp as unknown as { readonly _protocol: { readonly _cipher: object } };
    assert.ok(Object.hasOwn(inside._cipher, 'encrypt'), 'its packets are not made here');
  } finally {
    await close();
  }
});

test.run();
