// Cases of hosts that no agent runs on: SFTP beside OpenSSH's own sftp.
import { fillFiles, fillOne } from './data.mjs';

const sftpSmall = async bench => {
  const count = bench.rounded(5_000);
  if (
    bench.lacks('sftp-small', { bytes: count * 5_000 * (3 * bench.rounds + 1), files: count * (3 * bench.rounds + 2) })
  )
    return;
  const master = bench.fresh();
  fillFiles(master, count, 3_000);
  await besideSftp(
    bench,
    `${count.toLocaleString('en')} small files, new, by SFTP`,
    [{ of: 'sftp', time: 0.2 }],
    master,
  );
};

const sftpLarge = async bench => {
  const size = bench.rounded(600e6);
  if (bench.lacks('sftp-large', { bytes: size * (3 * bench.rounds + 1) })) return;
  const mark = bench.mark();
  const master = bench.fresh();
  fillOne(master, size);
  await besideSftp(
    bench,
    `one file of ${Math.round(size / 1e6)} MB, new, by SFTP`,
    [{ of: 'sftp', time: 1.4 }],
    master,
  );
  bench.removeSince(mark);
};

const besideSftp = (bench, name, limit, master) => {
  const plan = bench.planFor({ master, at: 'sftp://host-1' }, 'compare quick');
  return bench.add(name, limit, {
    sftp: () => bench.sftp(master, bench.unused(), '-p'),
    'sftp, fsync': () => bench.sftp(master, bench.unused(), '-pf'),
    syncplan: () => bench.syncplan(plan, bench.unused()),
  });
};

export const cases = { 'sftp-small': sftpSmall, 'sftp-large': sftpLarge };
