// The user's SSH agent: which keys and certificates it holds, and its signatures by them, as they are, whatever their type.
//
// ssh2 knows the agent as well, but leaves out keys of types that it does not know, such as those of hardware tokens, and takes
// a signature apart. A request is its length, a number and its fields; so is the answer. Each goes by a connection of its own.
import { connect } from 'node:net';
import { readSsh, sshNumber, sshString } from './ssh-strings.js';

export type HeldKey = {
  readonly blob: Buffer;
  readonly comment: string;
};

/** None where there is no such agent, or it does not answer. */
export const keysInAgent = async (socket: string): Promise<HeldKey[]> => {
  try {
    const answer = readSsh(await ask(socket, LIST, [], LISTED, PATIENCE));
    return Array.from({ length: answer.number() }, () => ({ blob: answer.string(), comment: answer.text() }));
  } catch {
    return [];
  }
};

/** The whole signature, which begins with its type. A person may have to confirm it, or to touch a token: it takes its time. */
export const signInAgent = async (socket: string, blob: Buffer, algorithm: string, data: Buffer): Promise<Buffer> => {
  const flags = algorithm.startsWith('rsa-sha2-512') ? RSA_512 : algorithm.startsWith('rsa-sha2-256') ? RSA_256 : 0;
  const fields = [sshString(blob), sshString(data), sshNumber(flags)];
  return readSsh(await ask(socket, SIGN, fields, SIGNED, SIGNING_PATIENCE)).string();
};

const ask = (
  socket: string,
  request: number,
  fields: readonly Buffer[],
  expected: number,
  patience: number,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const connection = connect(socket);
    const timer = setTimeout(() => fail('agent did not answer'), patience);
    let answer = Buffer.alloc(0);
    const fail = (why: string): void => {
      clearTimeout(timer);
      connection.destroy();
      reject(new Error(why));
    };
    connection.on('error', error => fail(`agent cannot be asked: ${error.message}`));
    connection.on('close', () => fail('agent closed the connection'));
    connection.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 5) return;
      const length = answer.readUInt32BE(0);
      if (length === 0 || length > LONGEST) return fail('agent sent something else than an answer');
      if (answer.length < 4 + length) return;
      if (answer[4] !== expected) return fail('agent refused operation');
      clearTimeout(timer);
      resolve(answer.subarray(5, 4 + length));
      connection.destroy();
    });
    connection.write(sshString(Buffer.concat([Buffer.from([request]), ...fields])));
  });

const LIST = 11;
const LISTED = 12;
const SIGN = 13;
const SIGNED = 14;
const RSA_256 = 2;
const RSA_512 = 4;
/** As OpenSSH bounds it. */
const LONGEST = 262_144;
const PATIENCE = 5_000;
const SIGNING_PATIENCE = 60_000;
