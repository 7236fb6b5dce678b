// Cases of hosts that no agent runs on: SFTP beside OpenSSH's own sftp, and a shell beside rsync.
import { fillFiles, fillOne } from './data.mjs';
import { many, roomOf } from './idle.mjs';
import { expectDone } from './runner.mjs';

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

const shellSmall = async bench => {
  const count = bench.rounded(50_000);
  if (
    bench.lacks('shell-small', { bytes: count * 5_000 * (2 * bench.rounds + 1), files: count * (2 * bench.rounds + 2) })
  )
    return;
  const master = bench.fresh();
  fillFiles(master, count, 3_000);
  await besideRsync(bench, `${count.toLocaleString('en')} small files, new, by a shell`, 1.5, master);
};

const shellLarge = async bench => {
  const size = bench.rounded(600e6);
  if (bench.lacks('shell-large', { bytes: size * (2 * bench.rounds + 1) })) return;
  const mark = bench.mark();
  const master = bench.fresh();
  fillOne(master, size);
  await besideRsync(bench, `one file of ${Math.round(size / 1e6)} MB, new, by a shell`, 1.1, master);
  bench.removeSince(mark);
};

/** As with an agent, checksums are remembered: so both ways of comparing read no content. */
const shellIdle = compare => async bench => {
  const name = compare === 'quick' ? 'shell-idle' : 'shell-idle-checksum';
  if (bench.lacks(name, roomOf(bench))) return;
  const tree = many(bench);
  const plan = bench.planFor({ ...tree, ...SHELL }, compare === 'quick' ? 'compare quick' : 'compare checksum xxh128');
  expectDone(await bench.syncplan(plan, tree.remote));
  const [side, options] = compare === 'quick' ? ['rsync', '-aH'] : ['rsync -c', '-aHc'];
  const how = compare === 'quick' ? 'size and time' : 'checksums, second time';
  await bench.add(`nothing to do, ${tree.title}, ${how}, by a shell`, [{ of: side, time: 1.5 }], {
    [side]: () => bench.rsync([options], tree.master, tree.remote),
    syncplan: () => bench.syncplan(plan, tree.remote),
  });
};

const besideRsync = (bench, name, time, master) => {
  const plan = bench.planFor({ master, ...SHELL }, 'compare checksum xxh128');
  return bench.add(name, [{ of: 'rsync', time }], {
    rsync: () => bench.rsync(['-aH'], master, bench.unused()),
    syncplan: () => bench.syncplan(plan, bench.unused()),
  });
};

/** Node.js is there, and is left alone. */
const SHELL = { host: 'agent shell' };

export const cases = {
  'sftp-small': sftpSmall,
  'sftp-large': sftpLarge,
  'shell-small': shellSmall,
  'shell-large': shellLarge,
  'shell-idle': shellIdle('quick'),
  'shell-idle-checksum': shellIdle('checksum'),
};
