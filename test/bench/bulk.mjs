// Cases in which all content is new to the other side: many small files, one large one; and what making it durable costs.
import { fillFiles, fillOne } from './data.mjs';

const small = async bench => {
  const count = bench.rounded(50_000);
  // Four sides, and each file takes a block of its disk.
  const sides = 4 * bench.rounds + 1;
  if (bench.lacks('small', { bytes: count * 5_000 * sides, files: count * 1.02 * sides })) return;
  const master = bench.fresh();
  fillFiles(master, count, 3_000);
  const title = `${count.toLocaleString('en')} small files`;
  const best = await besideRsync(bench, `${title}, new`, master, [
    { of: 'rsync', time: 1.2, bytes: 1.1 },
    { of: 'rsync --fsync', time: 0.4 },
    { side: NONE, of: 'rsync', time: 0.9, bytes: 1.1 },
  ]);
  durabilityRow(bench, title, best);
};

const large = async bench => {
  const size = bench.rounded(600e6);
  if (bench.lacks('large', { bytes: size * (4 * bench.rounds + 1) })) return;
  const mark = bench.mark();
  const master = bench.fresh();
  fillOne(master, size);
  const title = `one file of ${Math.round(size / 1e6)} MB`;
  const best = await besideRsync(bench, `${title}, new, by link`, master, [
    { of: 'rsync', time: 1.1, bytes: 1.05 },
    { side: NONE, of: 'rsync', time: 0.6, bytes: 1.05 },
  ]);
  durabilityRow(bench, title, best);
  bench.removeSince(mark);
};

const besideRsync = (bench, name, master, limit) => {
  const strict = bench.planFor({ master }, 'compare checksum xxh128');
  const none = bench.planFor({ master }, 'compare checksum xxh128; transfer { durability none }');
  return bench.add(name, limit, {
    rsync: () => bench.rsync(['-aH'], master, bench.unused()),
    'rsync --fsync': () => bench.rsync(['-aH', '--fsync'], master, bench.unused()),
    syncplan: () => bench.syncplan(strict, bench.unused()),
    [NONE]: () => bench.syncplan(none, bench.unused()),
  });
};

/** The figures of the row before, set beside each other. */
const durabilityRow = ({ rows }, title, best) => {
  const cost = (safe, bare) => (best[safe].seconds / best[bare].seconds).toFixed(2);
  rows.push({
    name: `what durability costs, ${title}, new`,
    sides: { 'durability none': best[NONE], 'durability strict': best.syncplan },
    notes: [
      `strict takes ${cost('syncplan', NONE)} × none; rsync --fsync takes ${cost('rsync --fsync', 'rsync')} × rsync`,
    ],
  });
};

const NONE = 'syncplan, durability none';

export const cases = { small, large };
