// The case of a large file of which little is new: 60 edits and an insertion at the front, which moves all that follows.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree, editOne, fillRandom } from './data.mjs';
import { withMade } from './runner.mjs';

const delta = async bench => {
  const size = bench.rounded(600e6);
  // What is replaced stays in the trash, so each run leaves two files.
  if (bench.lacks('delta', { bytes: size * (4 * bench.rounds + 2) })) return;
  const mark = bench.mark();
  const [old, master] = [bench.fresh(), bench.fresh()];
  fillRandom(join(old, 'large.bin'), size);
  editOne(join(old, 'large.bin'), join(master, 'large.bin'), EDITS);
  const plan = bench.planFor({ master }, 'compare checksum xxh128');
  const oldThere = () => {
    const remote = bench.unused();
    mkdirSync(remote);
    copyTree(join(old, 'large.bin'), join(remote, 'large.bin'));
    return remote;
  };
  const title = `${Math.round(size / 1e6)} MB with ${EDITS} edits and an insertion at the front`;
  await bench.add(title, [{ of: 'rsync', time: 1.0, bytes: 1.1 }], {
    rsync: withMade(oldThere, remote => bench.rsync(['-aH'], master, remote)),
    syncplan: withMade(oldThere, remote => bench.syncplan(plan, remote)),
  });
  bench.removeSince(mark);
};

const EDITS = 60;

export const cases = { delta };
