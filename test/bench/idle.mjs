// Cases in which there is nothing to do: how soon the program is there, and how soon it knows.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fillFiles } from './data.mjs';
import { expectDone } from './runner.mjs';

const start = bench =>
  bench.add('start to usage text', '150 ms', {
    syncplan: () => bench.run(process.execPath, [bench.program, '--help']),
  });

const quick = async bench => {
  const tree = many(bench);
  const plan = bench.planFor(tree, 'compare quick');
  expectDone(await bench.syncplan(plan, tree.remote));
  await bench.add(`nothing to do, ${tree.title}, size and time`, '1.0 × rsync', {
    rsync: () => bench.rsync(['-aH'], tree.master, tree.remote),
    syncplan: () => bench.syncplan(plan, tree.remote),
  });
};

/** The first run digests every file; from then on an unchanged file is not read again. rsync -c reads all, every time. */
const checksum = async bench => {
  const tree = many(bench);
  const plan = bench.planFor(tree, 'compare checksum xxh128');
  expectDone(await bench.syncplan(plan, tree.remote));
  await bench.add(`nothing to do, ${tree.title}, checksums`, '1.0 × rsync -c', {
    rsync: () => bench.rsync(['-aHc'], tree.master, tree.remote),
    syncplan: () => bench.syncplan(plan, tree.remote),
  });
};

/** 200,000 files here and, equal, on the other side; made once. */
const many = bench => {
  if (trees.has(bench)) return trees.get(bench);
  const count = bench.rounded(200_000);
  const title = `${count.toLocaleString('en')} files`;
  bench.say(`making ${title} …`);
  const tree = { master: bench.fresh(), remote: bench.unused(), title };
  fillFiles(tree.master, count, 100);
  cpSync(tree.master, tree.remote, { recursive: true, preserveTimestamps: true });
  // cpSync rounds times to milliseconds; rsync puts them right, as it would have made them.
  spawnSync('rsync', ['-a', `${tree.master}/`, `${tree.remote}/`], { stdio: 'inherit' });
  trees.set(bench, tree);
  return tree;
};

const trees = new WeakMap();

export const cases = { start, 'idle-quick': quick, 'idle-checksum': checksum };
