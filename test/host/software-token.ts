// An SSH agent with one hardware key that is no hardware: it signs as a token would, so that a real server can check it.
//
// What a token signs is the digest of its application, its flags, a counter and the digest of what it was given; flags and
// counter stand behind the signature.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { sshNumber, sshString } from '../../runtime/host/sftp/ssh-strings.js';

export type Token = {
  readonly socket: string;
  /** As it stands in a `.pub` file. */
  readonly publicKey: string;
  /** What it was asked to sign. */
  readonly asked: () => number;
  /** From now on nobody touches it. */
  readonly leave: () => void;
  /** A certificate, held beside its key. */
  readonly hold: (publicLine: string) => void;
  readonly stop: () => void;
};

const TYPE = 'sk-ssh-ed25519@openssh.com';
const APPLICATION = 'ssh:';

export const startToken = async (socket: string): Promise<Token> => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const blob = Buffer.concat([sshString(TYPE), sshString(raw), sshString(APPLICATION)]);
  const held = [blob];
  let asked = 0;
  let touched = true;

  const signature = (data: Buffer): Buffer => {
    const digest = (of: Buffer | string): Buffer => createHash('sha256').update(of).digest();
    const behind = Buffer.concat([Buffer.from([1]), sshNumber(asked)]);
    const signed = sign(null, Buffer.concat([digest(APPLICATION), behind, digest(data)]), privateKey);
    return Buffer.concat([sshString(TYPE), sshString(signed), behind]);
  };

  const answer = (request: Buffer): Buffer => {
    if (request[0] === 11) {
      const keys = held.map(key => Buffer.concat([sshString(key), sshString('a token')]));
      return Buffer.concat([Buffer.from([12]), sshNumber(keys.length), ...keys]);
    }
    if (request[0] !== 13 || !touched) return Buffer.from([5]);
    asked++;
    const length = request.readUInt32BE(1);
    const start = 5 + length + 4;
    return Buffer.concat([
      Buffer.from([14]),
      sshString(signature(request.subarray(start, start + request.readUInt32BE(5 + length)))),
    ]);
  };

  const sockets = new Set<Socket>();
  const server = createServer(connection => {
    sockets.add(connection);
    let come = Buffer.alloc(0);
    connection.on('error', () => {});
    connection.on('data', (chunk: Buffer) => {
      come = Buffer.concat([come, chunk]);
      while (come.length >= 4 && come.length >= 4 + come.readUInt32BE(0)) {
        const end = 4 + come.readUInt32BE(0);
        connection.write(sshString(answer(come.subarray(4, end))));
        come = come.subarray(end);
      }
    });
  });
  await new Promise<void>(resolve => server.listen(socket, resolve));
  return {
    socket,
    publicKey: `${TYPE} ${blob.toString('base64')}`,
    asked: () => asked,
    leave: () => {
      touched = false;
    },
    hold: line => held.push(Buffer.from(line.split(' ')[1]!, 'base64')),
    stop: () => {
      for (const one of sockets) one.destroy();
      server.close();
    },
  };
};
