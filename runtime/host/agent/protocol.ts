// The agent's protocol: its specification, and the constants both ends share.
//
// Two ends talk over two streams of bytes, the standard input and output of the agent's process. The *client* is syncplan;
// the *agent* serves the host port (runtime/host/host.ts) of the machine it runs on.
//
// 1. Greeting. The agent's side writes lines `MAGIC word rest…\n`; whatever stands before the magic (a login script that
//    talks) is skipped, up to MAX_CHATTER bytes. Over SSH the constant remote command speaks first (push.ts); the last line
//    is always the agent's own, `ready VERSION`. Frames follow in both directions, from the next byte on.
// 2. Frames. `type:u8 request:u32le length:u32le payload`. The length is capped by type (frames.ts). Numbers of requests are
//    given by the client, ascending from 1; 0 is the connection itself.
//
//      HELLO   agent   request 0, once and first: msgpack Hello
//      CALL    client  begins a request: msgpack Call, a verb and what it needs but its lists
//      DATA    both    a piece of the request's input (client) or answer (agent)
//      END     both    input complete (empty), answer complete (msgpack: the verb's value, or empty)
//      FAIL    both    msgpack Failure: the call failed (a HostError), or its input cannot be completed; nothing follows
//      CREDIT  both    varint: so many bytes of the request's DATA have been used
//      CANCEL  client  the rest of the answer is not wanted; the agent still answers END or FAIL
//      BEAT    both    request 0, empty: alive
//
// 3. A request is CALL, then the input as DATA… END, where its verb has one; the answer is DATA… END. Requests are
//    pipelined. Calls on one transaction happen one after another in the order they came; a call on a scan begins after
//    all earlier calls on it that do not stream have ended; everything else interleaves.
// 4. Back-pressure. Of each direction of a request at most WINDOW bytes may be on the way, unused; CREDIT opens it again.
//    Both ends always read, so a stream that nobody takes never holds up another.
// 5. Lists (lists.ts, steps.ts, answers.ts) are cut into pieces, each decodable by itself. A DATA frame of `read` and
//    `stage` is one chunk of a pack stream, as it is. Paths are refused on receipt by refusePath, at both ends.
// 6. Life. Each end sends BEAT when it has sent nothing else for BEAT_MS, also while it works. The client gives up an agent
//    that is silent for CLIENT_PATIENCE_MS, the agent a client for AGENT_PATIENCE_MS. The agent ends when its input ends.
//
// Anything that does not fit is a protocol error: the connection ends, nothing is guessed.

/** Both ends must agree; a pushed agent always does, as it is part of the same build. */
export const PROTOCOL_VERSION = 10;

export const MAGIC = '@@syncplan-agent/1@@';
/** Bytes of other output skipped before the magic. */
export const MAX_CHATTER = 65_536;

export const FRAME = { hello: 1, call: 2, data: 3, end: 4, fail: 5, credit: 6, cancel: 7, beat: 8 } as const;
export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** Bytes of DATA of one direction of a request that may be on the way. */
export const WINDOW = 4_194_304;
/** Lists are cut into pieces of about this size. */
export const PIECE = 131_072;
/** Items of one list at most. */
export const MAX_ITEMS = 16_000_000;
/** Bytes of one folder's page at most. */
export const MAX_PAGE = 268_435_456;
/** Bytes of one file's extended attributes at most; a file with more is a problem. */
export const MAX_EXTRA = 1_048_576;
/** Characters of what one transaction owes. */
export const MAX_OWED = 262_144;

export const BEAT_MS = 2_000;
export const CLIENT_PATIENCE_MS = 15_000;
export const AGENT_PATIENCE_MS = 120_000;
