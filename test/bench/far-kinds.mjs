// Cases of hosts that no agent runs on: SFTP beside OpenSSH's own sftp.
import { fillFiles, fillOne } from './data.mjs';

const sftpSmall = async bench => {
  const count = bench.rounded(5_000);
  const master = bench.fresh();
  fillFiles(master, count, 3_000);
  await besideSftp(bench, `${count.toLocaleString('en')} small files, new, by SFTP`, '0.2 × sftp -b', master);
};

const sftpLarge = async bench => {
  const size = bench.rounded(600e6);
  const master = bench.fresh();
  fillOne(master, size);
  await besideSftp(bench, `one file of ${Math.round(size / 1e6)} MB, new, by SFTP`, '1.4 × sftp', master);
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
