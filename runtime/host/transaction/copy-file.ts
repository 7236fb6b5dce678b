// Copies a file within a host, with its attributes, where it cannot have a further name.
import { type Fault, type FileVerbs, type Folder, isFault, type Stat } from '../file-verbs.js';
import { performOne } from './one-deed.js';

export type Copying = {
  readonly at: Folder;
  readonly name: string;
  readonly to: Folder;
  readonly toName: string;
  readonly stat: Stat;
  readonly durable: boolean;
};

/** Nothing is left of a copy that did not succeed, nor of a file that has grown: one that never ends would never be copied. EEXIST
 * where something stands there. */
export const copyFile = async (verbs: FileVerbs, copying: Copying): Promise<null | Fault> => {
  const { at, name, to, toName, stat, durable } = copying;
  const source = await verbs.read(at, name, false);
  if (isFault(source)) return source;
  const sink = await verbs.write(to, toName);
  if (isFault(sink)) {
    await source.close();
    return sink;
  }
  const buffer = Buffer.allocUnsafe(CHUNK);
  let fault: Fault | null = null;
  let copied = 0;
  for (let filled = CHUNK; fault === null && filled === CHUNK; ) {
    const count = await source.read(buffer);
    copied += isFault(count) ? 0 : count;
    if (isFault(count)) fault = count;
    else if (copied > stat.size) fault = GROWN;
    else if (count > 0) fault = await sink.write(buffer.subarray(0, count));
    filled = isFault(count) ? 0 : count;
  }
  await source.close();
  if (fault !== null) {
    await sink.discard();
    return fault;
  }
  fault = await sink.finish({ mode: stat.mode, modified: stat.modified });
  if (durable) fault ??= await performOne(verbs, { do: 'sync-file', at: to, name: toName });
  if (fault !== null) await performOne(verbs, { do: 'remove', at: to, name: toName });
  return fault;
};

export const GROWN: Fault = { fault: 'CHANGED', message: 'it grew while it was copied' };
const CHUNK = 1_048_576;
