// What doctor finds out about a state folder that a plan puts beside its root: whether the next apply could work in it.
//
// Opening the root has said already what is wrong with one that is there: it is on another file system, or not ours alone.
import type { Host, Root } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import { asText, toText } from '../tree/path.js';
import { LOST, type Trouble, whyNot } from './trouble.js';

export type ExaminedState = {
  readonly path: string;
  readonly state: 'there' | 'to-be-created';
  /** As of roots; of the folder above where it is to be created. */
  readonly writable: boolean | null;
  readonly trouble?: Trouble;
};

export const examineState = async (host: Host, path: string, root: Root): Promise<ExaminedState> => {
  const found = await open(host, path);
  const of = { path: found.path, state: found.exists ? 'there' : 'to-be-created' } as const;
  const writable = found.writeFault === 'ENOSYS' ? null : found.writeFault === '';
  const [device, wanted] = [await deviceOf(host, found), await deviceOf(host, root)];
  if (device !== wanted && device !== null && wanted !== null) return { ...of, writable, trouble: elsewhere(of.path) };
  return writable === false ? { ...of, writable, trouble: closed(of, found.writeFault) } : { ...of, writable };
};

/** A folder of which nothing but its own facts are asked; a missing one is that, where the one above is there. */
const open = async (host: Host, path: string): Promise<Root> => {
  try {
    return await host.openRoot(path, { create: true, state: null });
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'missing-root') throw error;
    const folder = toText(above(path)) ?? above(path);
    const message = `the state folder ${asText(path)} cannot be made: ${folder} does not exist`;
    throw new HostError('missing-root', message, `make ${folder} there, or choose another state folder`);
  }
};

const elsewhere = (path: string): Trouble => ({
  code: 'bad-root',
  message: `the state folder ${asText(path)} would be on another file system than the root`,
  help: 'choose a folder on the file system of the root: what is staged there is put in place by renaming it',
  refusal: false,
});

const closed = ({ state }: Pick<ExaminedState, 'state'>, fault: string): Trouble => ({
  code: 'not-writable',
  message: `${state === 'there' ? 'it' : 'the folder it is to be made in'} may not be written to: ${whyNot(fault)}`,
  help: 'give the user that syncplan logs in as the right to write there, or choose another state folder',
  refusal: false,
});

/** Of the folder above where it does not exist; null where that is not to be told, as where a policy forbids to look. */
const deviceOf = async (host: Host, root: Root): Promise<string | null> => {
  try {
    const place = root.exists ? root : await host.openRoot(above(root.path), { create: false, state: null });
    return place.identity.split(':')[0]!;
  } catch (error) {
    if (error instanceof HostError && !LOST.has(error.code)) return null;
    throw error;
  }
};

const above = (path: string): string => path.replace(/\/+$/, '').replace(/\/[^/]*$/, '') || '/';
