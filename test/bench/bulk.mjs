// Cases in which all content is new to the other side: many small files, one large one.
import { fillFiles, fillOne } from './data.mjs';

const small = async bench => {
  const count = bench.rounded(50_000);
  const master = bench.fresh();
  fillFiles(master, count, 3_000);
  const plan = bench.planFor({ master }, 'compare checksum xxh128');
  await bench.add(`${count.toLocaleString('en')} small files, new`, '1.3 × rsync', {
    rsync: () => bench.rsync(['-aH'], master, bench.unused()),
    'rsync --fsync': () => bench.rsync(['-aH', '--fsync'], master, bench.unused()),
    syncplan: () => bench.syncplan(plan, bench.unused()),
  });
};

const large = async bench => {
  const size = bench.rounded(600e6);
  const master = bench.fresh();
  fillOne(master, size);
  const plan = bench.planFor({ master }, 'compare checksum xxh128');
  await bench.add(`one file of ${Math.round(size / 1e6)} MB, new`, '1.3 × rsync', {
    rsync: () => bench.rsync(['-aH'], master, bench.unused()),
    'rsync --fsync': () => bench.rsync(['-aH', '--fsync'], master, bench.unused()),
    syncplan: () => bench.syncplan(plan, bench.unused()),
  });
};

export const cases = { small, large };
