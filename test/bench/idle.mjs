// Cases in which there is nothing to do: how soon the program is there, and how soon it knows.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { copyTree, fillFiles, fillOne } from './data.mjs';
import { together } from './measure.mjs';
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

/** Eight machines with a copy each. The same work of rsync is eight runs side by side: one after the other takes longer. */
const eight = async bench => {
  const { bytes, files } = roomOf(bench);
  // Two trees are counted in that, and eight more are made.
  if (bench.lacks('idle-eight', { bytes: 5 * bytes, files: 5 * files })) return;
  const tree = many(bench);
  bench.say('making eight copies …');
  const fleet = await bench.addFleet(8);
  for (const { roots } of fleet.hosts) copyTree(tree.master, join(roots, 'many'));
  const plan = bench.writePlan(planOfEight(tree.master));
  const { configFile } = fleet;
  const work = () => bench.syncplan(plan, 'many', { configFile });
  expectDone(await work());
  const rsyncs = fleet.hosts.map(({ alias, roots }) => {
    return () => bench.rsync(['-aH'], tree.master, join(roots, 'many'), { configFile, alias });
  });
  const title = `nothing to do, ${tree.title} on each of eight hosts at once, beside eight runs of rsync side by side`;
  await bench.add(title, [{ of: 'rsync', time: 0.7, bytes: 0.02 }], {
    rsync: () => together(rsyncs),
    syncplan: work,
  });
};

const planOfEight = master => `syncplan 1
input into
fleet {
  host here at local { root data "${master}" }
  group far { root data "~/roots/\${into}"; host "there-{1..8}" at "host-{1..8}" }
}
role master is here
role remote is far
block all { take all in data; compare quick }
`;

/** Equal content that neither side has digested before: the digests that are kept on both machines are removed each time. */
const checksumFirst = async bench => {
  const count = Math.max(1, bench.rounded(400));
  if (bench.lacks('checksum-first', { bytes: count * 2e7 })) return;
  const mark = bench.mark();
  const master = bench.fresh();
  const remote = bench.unused();
  for (let at = 0; at < count; at++) fillOne(master, 1e7, `large-${at}.bin`);
  copyTree(master, remote);
  const plan = bench.planFor({ master }, 'compare checksum xxh128');
  // Digests of files that have changed just now are not kept.
  await setTimeout(3_000);
  const digests = [bench.caches.here, bench.caches.there].map(folder => join(folder, 'syncplan/digests'));
  expectDone(await bench.syncplan(plan, remote));
  for (const folder of digests)
    if (!existsSync(folder))
      throw new Error(`digests are not kept in ${folder}: this case would measure a second time`);
  await bench.add(
    `checksums of ${(count / 100).toLocaleString('en')} GB, first time`,
    [{ of: 'rsync -c', time: 1.2 }],
    {
      'rsync -c': () => bench.rsync(['-aHc'], master, remote),
      syncplan() {
        for (const folder of digests) rmSync(folder, { recursive: true, force: true });
        return bench.syncplan(plan, remote);
      },
    },
  );
  bench.removeSince(mark);
};

/** Each file takes a block of its disk. */
export const roomOf = ({ rounded }) => ({ bytes: rounded(1.7e9), files: rounded(410_000) });

/** 200,000 files here and, equal, on the other side; made once. */
export const many = bench => {
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

export const cases = {
  start,
  'idle-quick': quick,
  'idle-checksum': checksum,
  'idle-eight': eight,
  'checksum-first': checksumFirst,
};
