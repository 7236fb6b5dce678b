// Opens a link from either end: listen for the one peer that proves the key, or connect to it and prove it (protocol.ts, 1 to 3).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { LinkTerms } from '../host/host.js';
import { linkFault, shortly } from './fault.js';
import { CIPHER, CONNECT_MS, HANDSHAKE_MS, IDENTITY, LISTEN_MS, MAX_STRANGERS, PROOF_BYTES } from './protocol.js';

/** Random bytes, so many. */
export type Random = (count: number) => Buffer;

/** A connection whose other end has proven the key: `socket` carries content, `wire` is what it costs. */
export type Opened = { readonly socket: Socket; readonly wire: Socket };

export type Listener = {
  readonly port: number;
  /** Rejects with a link's fault when nobody comes in time, or it is closed before. */
  readonly opened: Promise<Opened>;
  readonly close: () => void;
};

export const listen = async (terms: LinkTerms, address: string, random: Random): Promise<Listener> => {
  const server = createServer({ pauseOnConnect: true });
  const port = await bind(server, address);
  const guests = new Set<Socket>();
  let strangers = 0;
  let close: () => void = () => {};
  const opened = new Promise<Opened>((resolve, reject) => {
    const stop = (fault: Error | null): void => {
      clearTimeout(timer);
      server.close();
      for (const guest of guests) guest.destroy();
      guests.clear();
      if (fault !== null) reject(fault);
    };
    const timer = setTimeout(() => stop(linkFault('was opened by nobody')), LISTEN_MS);
    close = () => stop(linkFault('was closed before it was opened'));
    server.on('connection', wire => {
      guests.add(wire);
      wire.on('error', () => {});
      welcome(wire, terms, random).then(
        socket => {
          guests.delete(wire);
          stop(null);
          resolve({ socket, wire });
        },
        () => {
          guests.delete(wire);
          wire.destroy();
          strangers++;
          if (strangers === MAX_STRANGERS) stop(linkFault('was tried by too many that do not have its key'));
        },
      );
    });
  });
  opened.catch(() => {});
  return { port, opened, close: () => close() };
};

export const dial = async (
  { address, port }: { readonly address: string; readonly port: number },
  terms: LinkTerms,
  random: Random,
): Promise<Opened> => {
  if (isIP(address.replace(/%.*$/, '')) === 0) throw linkFault(`has no address: ${JSON.stringify(address)}`);
  const wire = connect({ host: address, port });
  try {
    await within(CONNECT_MS, `to ${address} could not be opened in ${CONNECT_MS / 1000} s`, once(wire, 'connect'));
    wire.setNoDelay(true);
    const proven = terms.encrypt ? dialTls(wire, terms) : dialPlain(wire, terms, random);
    return { socket: await within(HANDSHAKE_MS, 'was not answered', proven), wire };
  } catch (error) {
    wire.destroy();
    throw isLinkFault(error) ? error : linkFault(`to ${address} could not be opened: ${shortly(error)}`, error);
  }
};

const isLinkFault = (error: unknown): boolean => (error as { code?: string }).code === 'link';

const bind = (server: Server, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', error => reject(linkFault(`cannot be listened for: ${shortly(error)}`, error)));
    server.listen(address === '' ? { port: 0 } : { host: address, port: 0 }, () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') reject(linkFault('got no port'));
      else resolve(bound.port);
    });
  });

const welcome = (wire: Socket, terms: LinkTerms, random: Random): Promise<Socket> =>
  within(HANDSHAKE_MS, 'was not proven', terms.encrypt ? welcomeTls(wire, terms) : welcomePlain(wire, terms, random));

/** Nobody shows a certificate, so no authority is trusted, nor is time spent on reading those that Node.js brings. */
const TLS = { ciphers: CIPHER, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ca: [] as string[] } as const;

const welcomeTls = async (wire: Socket, { key }: LinkTerms): Promise<Socket> => {
  const pskCallback = (_: unknown, identity: string) => (identity === IDENTITY ? keyOf(key) : null);
  const socket = new TLSSocket(wire, { isServer: true, ...TLS, pskCallback } as ConstructorParameters<
    typeof TLSSocket
  >[1]);
  await once(socket, 'secure');
  return socket;
};

const dialTls = async (wire: Socket, { key }: LinkTerms): Promise<Socket> => {
  const socket = connectTls({
    socket: wire,
    ...TLS,
    // Who does not have the key does not get this far.
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: keyOf(key), identity: IDENTITY }),
  });
  await once(socket, 'secureConnect');
  return socket;
};

const welcomePlain = async (wire: Socket, { key }: LinkTerms, random: Random): Promise<Socket> => {
  const mine = random(PROOF_BYTES);
  wire.write(mine);
  const said = await take(wire, 2 * PROOF_BYTES);
  const theirs = said.subarray(0, PROOF_BYTES);
  check(said.subarray(PROOF_BYTES), proof(key, 'sender', mine, theirs));
  wire.write(proof(key, 'receiver', mine, theirs));
  return wire;
};

const dialPlain = async (wire: Socket, { key }: LinkTerms, random: Random): Promise<Socket> => {
  const theirs = await take(wire, PROOF_BYTES);
  const mine = random(PROOF_BYTES);
  wire.write(Buffer.concat([mine, proof(key, 'sender', theirs, mine)]));
  check(await take(wire, PROOF_BYTES), proof(key, 'receiver', theirs, mine));
  return wire;
};

const proof = (key: string, who: 'sender' | 'receiver', receiver: Buffer, sender: Buffer): Buffer =>
  createHmac('sha256', keyOf(key)).update(who).update(receiver).update(sender).digest();

const check = (said: Buffer, expected: Buffer): void => {
  if (!timingSafeEqual(said, expected)) throw linkFault('has another key at its other end');
};

const keyOf = (key: string): Buffer => Buffer.from(key, 'latin1');

/** Exactly so many bytes; more at this point is not the protocol. The socket is paused before and after. */
const take = (socket: Socket, count: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const leave = (): void => {
      socket.pause();
      socket.off('data', onData).off('error', onEnd).off('close', onEnd).off('end', onEnd);
    };
    const onEnd = (error?: unknown): void => {
      leave();
      reject(linkFault(`was refused${error instanceof Error ? `: ${shortly(error)}` : ''}`));
    };
    const onData = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk]);
      if (got.length < count) return;
      leave();
      if (got.length === count) resolve(got);
      else reject(linkFault('says more than it should'));
    };
    socket.on('data', onData).on('error', onEnd).on('close', onEnd).on('end', onEnd);
    socket.resume();
  });

/** Both kinds of socket: an end before the event is a refusal. */
const once = (socket: Socket, event: 'connect' | 'secure' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.on('error', reject);
    socket.once('close', () => reject(linkFault('was refused')));
  });

const within = async <T>(milliseconds: number, otherwise: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(linkFault(otherwise)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
