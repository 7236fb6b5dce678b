// Cases in which nothing is new but names: a large file in another folder, and a folder of many small files renamed.
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { copyTree, fillFiles, fillOne } from './data.mjs';
import { withMade } from './runner.mjs';

const movedLarge = async bench => {
  const size = bench.rounded(600e6);
  if (bench.lacks('moved-large', { bytes: size * (4 * bench.rounds + 2) })) return;
  const mark = bench.mark();
  const [old, master] = [bench.fresh(), bench.unused()];
  mkdirSync(join(old, 'inbox'));
  fillOne(join(old, 'inbox'), size);
  copyTree(old, master);
  mkdirSync(join(master, 'archive'));
  renameSync(join(master, 'inbox', 'large.bin'), join(master, 'archive', 'large.bin'));
  const title = `one file of ${Math.round(size / 1e6)} MB moved to another folder`;
  await besideRsync(bench, title, { old, master }, { of: 'rsync', time: 0.5, bytes: 0.01 });
  bench.removeSince(mark);
};

const renamedFolder = async bench => {
  const count = bench.rounded(50_000);
  // What is deleted stays in the trash.
  const sides = 4 * bench.rounds + 2;
  if (bench.lacks('renamed-folder', { bytes: count * 5_000 * sides, files: count * 1.02 * sides })) return;
  const [old, master] = [bench.fresh(), bench.unused()];
  mkdirSync(join(old, 'before'));
  fillFiles(join(old, 'before'), count, 3_000);
  copyTree(old, master);
  renameSync(join(master, 'before'), join(master, 'after'));
  const title = `a folder of ${count.toLocaleString('en')} small files renamed`;
  await besideRsync(bench, title, { old, master }, { of: 'rsync', time: 0.8, bytes: 0.3 });
};

/** Each run finds the old tree on the other side, as old as content mostly is: older than the granularity of times. */
const besideRsync = (bench, title, { old, master }, limit) => {
  const plan = bench.planFor({ master }, 'compare checksum xxh128; delete mirror { max 100% }');
  const oldThere = async () => {
    const remote = bench.unused();
    copyTree(old, remote);
    await setTimeout(2_500);
    return remote;
  };
  return bench.add(title, [limit], {
    rsync: withMade(oldThere, remote => bench.rsync(['-aH', '--delete'], master, remote)),
    syncplan: withMade(oldThere, remote => bench.syncplan(plan, remote)),
  });
};

export const cases = { 'moved-large': movedLarge, 'renamed-folder': renamedFolder };
