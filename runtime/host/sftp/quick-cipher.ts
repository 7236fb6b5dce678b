// AES-GCM packets with less work for each: ssh2 asks the system for random bytes and takes the key in anew for every packet.
//
//  1. What is sent stays the same, byte for byte, but for the padding, which comes from random bytes that were fetched together.
//  2. Random bytes are used once.
//  3. Where ssh2 is not what it was when this was written, another cipher is in use, or keys are exchanged again, ssh2 does it.
import { createCipheriv, createSecretKey, randomFillSync } from 'node:crypto';
import type { SFTPWrapper } from 'ssh2';

/** Of the connection of this session; once is enough. */
export const quickenCipher = (sftp: SFTPWrapper): void => {
  const cipher = (sftp as unknown as Inside)._protocol?._cipher;
  if (!isGcm(cipher) || Object.hasOwn(cipher, 'encrypt')) return;
  const { _encSSLName: algorithm, _onWrite: write } = cipher;
  const key = createSecretKey(cipher._encKey);
  const random = Buffer.allocUnsafe(RANDOM);
  let used = RANDOM;

  cipher.allocPacket = length => {
    const bare = 1 + length;
    const needed = BLOCK - (bare % BLOCK);
    const padding = needed < LEAST_PADDING ? needed + BLOCK : needed;
    const packet = Buffer.allocUnsafe(4 + bare + padding);
    packet.writeUInt32BE(bare + padding, 0);
    packet[4] = padding;
    if (used + padding > RANDOM) {
      randomFillSync(random);
      used = 0;
    }
    packet.set(random.subarray(used, used + padding), 4 + bare);
    used += padding;
    return packet;
  };

  cipher.encrypt = packet => {
    if (cipher._dead) return;
    const one = createCipheriv(algorithm, key, cipher._encIV);
    const length = packet.subarray(0, 4);
    one.setAAD(length);
    write(length);
    write(one.update(packet.subarray(4)));
    one.final();
    write(one.getAuthTag());
    countUp(cipher._encIV);
    cipher.outSeqno = (cipher.outSeqno + 1) >>> 0;
  };
};

/** The last eight bytes are the number of the packet. */
const countUp = (iv: Buffer): void => {
  for (let at = 11; at >= 4; at--) {
    iv[at] = (iv[at]! + 1) & 0xff;
    if (iv[at] !== 0) return;
  }
};

const isGcm = (cipher: Partial<GcmCipher> | undefined): cipher is GcmCipher =>
  typeof cipher?._encSSLName === 'string' &&
  /^aes-(?:128|256)-gcm$/.test(cipher._encSSLName) &&
  Buffer.isBuffer(cipher._encKey) &&
  Buffer.isBuffer(cipher._encIV) &&
  cipher._encIV.length === 12 &&
  typeof cipher._onWrite === 'function' &&
  typeof cipher.allocPacket === 'function' &&
  typeof cipher.encrypt === 'function' &&
  typeof cipher.outSeqno === 'number' &&
  cipher._dead === false;

/** What ssh2 does not show: where its packets are made. */
type Inside = { readonly _protocol?: { readonly _cipher?: Partial<GcmCipher> } };

type GcmCipher = {
  readonly _encSSLName: 'aes-128-gcm' | 'aes-256-gcm';
  readonly _encKey: Buffer;
  readonly _encIV: Buffer;
  readonly _onWrite: (data: Buffer) => void;
  readonly _dead: boolean;
  outSeqno: number;
  allocPacket: (length: number) => Buffer;
  encrypt: (packet: Buffer) => void;
};

const BLOCK = 16;
const LEAST_PADDING = 4;
const RANDOM = 16_384;
