// Cases in which there is nothing to do: how soon the program is there, and how soon it knows.
import { copyTree, fillFiles } from './data.mjs';
import { expectDone } from './runner.mjs';

const start = bench =>
  bench.add('start to usage text', [{ time: 0.15 }], {
    syncplan: () => bench.run(process.execPath, [bench.program, '--help']),
  });

const quick = async bench => {
  if (bench.lacks('idle-quick', roomOf(bench))) return;
  const tree = many(bench);
  const plan = bench.planFor(tree, 'compare quick');
  expectDone(await bench.syncplan(plan, tree.remote));
  await bench.add(`nothing to do, ${tree.title}, size and time`, [{ of: 'rsync', time: 0.9, bytes: 0.02 }], {
    rsync: () => bench.rsync(['-aH'], tree.master, tree.remote),
    syncplan: () => bench.syncplan(plan, tree.remote),
  });
};

/** The first run digests every file; from then on an unchanged file is not read again. rsync -c reads all, every time. */
const checksum = async bench => {
  if (bench.lacks('idle-checksum', roomOf(bench))) return;
  const tree = many(bench);
  const plan = bench.planFor(tree, 'compare checksum xxh128');
  expectDone(await bench.syncplan(plan, tree.remote));
  await bench.add(
    `nothing to do, ${tree.title}, checksums, second time`,
    [{ of: 'rsync -c', time: 0.8, bytes: 0.02 }],
    {
      'rsync -c': () => bench.rsync(['-aHc'], tree.master, tree.remote),
      syncplan: () => bench.syncplan(plan, tree.remote),
    },
  );
};

/** Each file takes a block of its disk. */
const roomOf = ({ rounded }) => ({ bytes: rounded(1.7e9), files: rounded(410_000) });

/** 200,000 files here and, equal, on the other side; made once. */
const many = bench => {
  if (trees.has(bench)) return trees.get(bench);
  const count = bench.rounded(200_000);
  const title = `${count.toLocaleString('en')} files`;
  bench.say(`making ${title} …`);
  const tree = { master: bench.fresh(), remote: bench.unused(), title };
  fillFiles(tree.master, count, 100);
  copyTree(tree.master, tree.remote);
  trees.set(bench, tree);
  return tree;
};

const trees = new WeakMap();

export const cases = { start, 'idle-quick': quick, 'idle-checksum': checksum };
