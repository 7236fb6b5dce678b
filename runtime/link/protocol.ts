// The data link's protocol: its specification, and the constants both ends share.
//
// Content goes straight from one agent to another over one TCP connection, without the machine that commands. That machine
// asks the receiver to listen, tells the sender where, and hands both the same key of 32 random bytes over their control
// sessions. A key is for one link, and nothing of it is ever written anywhere.
//
// 1. The receiver listens on a port that the system chooses, at the address by which it was reached for control (all of its
//    addresses where it was not reached over the network). The first peer that proves the key is the only one; after
//    MAX_STRANGERS that do not, or LISTEN_MS, nobody listens any more. The sender gives up connecting after CONNECT_MS, and
//    each end the handshake after HANDSHAKE_MS.
// 2. `encrypt on`: TLS 1.2 with the key as pre-shared key (PSK-AES128-GCM-SHA256) and IDENTITY. No certificate, no other cipher,
//    no other version: a peer without the key ends in the handshake, at either end.
// 3. `encrypt off`: the key is proven, then content travels as it is. Neither end ever says anything that could serve in
//    the other's place: what is proven names who proves it.
//
//      receiver  nonce R, 32 bytes
//      sender    nonce S, 32 bytes; HMAC-SHA256(key, "sender" R S)
//      receiver  HMAC-SHA256(key, "receiver" R S), or the connection ends
//
// 4. From then on only the sender speaks. Frames are `length:u32le`, then so many bytes: one chunk of a pack stream
//    (runtime/bytes/pack.ts), as it is, at most MAX_CHUNK. In the place of a length stand
//
//      END   one content is complete; the next may follow
//      FAIL  the sender cannot go on: what came of this content is not all of it
//      BEAT  alive: said when nothing else has been for BEAT_MS
//
// 5. Back-pressure is TCP's: the receiver stops reading while it holds MAX_WAITING bytes that nobody has taken.
// 6. Life. A receiver that hears nothing for PATIENCE_MS, and a sender whose bytes nobody takes for STUCK_MS, break the link.
//    A link that broke is never mended: what is missing then goes another way.
import { MAX_CHUNK } from '../bytes/pack.js';

export const IDENTITY = 'syncplan-link/1';
export const CIPHER = 'PSK-AES128-GCM-SHA256';
export const PROOF_BYTES = 32;

export const MARK = { end: 0xffff_ffff, fail: 0xffff_fffe, beat: 0xffff_fffd } as const;
export const HEADER = 4;
export const MAX_FRAME = MAX_CHUNK;

export const MAX_STRANGERS = 8;
export const LISTEN_MS = 10_000;
export const CONNECT_MS = 1_500;
export const HANDSHAKE_MS = 3_000;

export const BEAT_MS = 2_000;
export const PATIENCE_MS = 15_000;
export const STUCK_MS = 30_000;
export const MAX_WAITING = 4_194_304;
