// A file that grows for as long as it is copied within a host: the copy ends, and nothing of it is left.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import {
  type Fault,
  type FileVerbs,
  isFault,
  type Sink,
  type Source,
  type Stat,
} from '../../runtime/host/file-verbs.js';
import { copyFile } from '../../runtime/host/transaction/copy-file.js';
import { makeCopier } from '../../runtime/host/transaction/copy-hashed.js';

const SIZE = 3_000_000;
const STAT = { kind: 'file', size: SIZE, mode: 0o644, modified: 0 } as Stat;
const FOLDER = { held: 1 };
/** Where a copy is that goes on, the test ends. */
const MOST_READS = 100;

/** As much is read as is asked for, whenever it is asked for. */
const growing = () => {
  const seen = { reads: 0, discarded: false, removed: false, finished: false };
  const source: Pick<Source, 'stat' | 'read' | 'close'> = {
    stat: STAT,
    read(into): number | Fault {
      return ++seen.reads > MOST_READS ? { fault: 'EIO', message: 'it never ends' } : into.length;
    },
    close: () => undefined,
  };
  const sink: Pick<Sink, 'write' | 'skip' | 'finish' | 'discard'> = {
    write: () => null,
    skip: () => null,
    finish: () => {
      seen.finished = true;
      return null;
    },
    discard: () => {
      seen.discarded = true;
    },
  };
  const verbs: Pick<FileVerbs, 'read' | 'write' | 'perform' | 'stat' | 'clone'> = {
    read: () => source as Source,
    write: () => sink as Sink,
    stat: batch => batch.map(() => ({ ...STAT, size: SIZE + 1 })),
    clone: () => null,
    perform: deeds => {
      seen.removed ||= deeds.some(deed => deed.do === 'remove');
      return deeds.map(() => null);
    },
  };
  return { verbs: verbs as FileVerbs, seen };
};

const WHERE = { at: FOLDER, name: 'a', to: FOLDER, toName: 'b' };
const work = (verbs: FileVerbs) => ({ verbs, breathe: async () => undefined });

test('into the trash', async () => {
  const { verbs, seen } = growing();
  const copied = await copyFile(verbs, { ...WHERE, stat: STAT, durable: true });
  assert.equal(copied?.fault, 'CHANGED');
  assert.deepEqual([seen.discarded, seen.finished], [true, false]);
  assert.ok(seen.reads < 5, `${seen.reads}`);
});

for (const clones of [false, true]) {
  test(`into staging, ${clones ? 'as a clone' : 'in pieces'}`, async () => {
    const { verbs, seen } = growing();
    const given = clones ? verbs : ({ ...verbs, clone: undefined } as unknown as FileVerbs);
    const copied = await makeCopier(work(given))({ ...WHERE, algorithm: 'xxh128', size: SIZE });
    assert.ok(isFault(copied) && copied.fault === 'CHANGED', JSON.stringify(copied));
    assert.equal(clones ? seen.removed : seen.discarded, true);
    assert.ok(seen.reads < 5, `${seen.reads}`);
  });
}

test.run();
