// How the memory of the process that compares and commands grows with the number of entries: at 10⁴, 10⁵ and 10⁶ of them.
//
// Memory is that process's own peak, without the agents it starts. Files are empty, a thousand to a folder.
import { copyTree, fillEmpty } from './data.mjs';
import { expectDone } from './runner.mjs';
import { bytesText } from './targets.mjs';

const memory = async bench => {
  const counts = [10_000, 100_000, 1_000_000].map(bench.rounded);
  const total = counts.reduce((sum, count) => sum + count, 0);
  // A folder of a thousand names takes some 64 KB, on both sides, and an inode a quarter of a KB.
  if (bench.lacks('memory', { bytes: total * 1_000, files: total * 2.01 })) return;
  const [same, fresh] = [{}, {}];
  for (const count of counts) {
    const name = `${count.toLocaleString('en')} entries`;
    bench.say(`memory at ${name} …`);
    const [master, remote] = [bench.fresh(), bench.unused()];
    fillEmpty(master, count);
    copyTree(master, remote);
    const plan = bench.planFor({ master }, 'compare quick');
    same[name] = await ownFigures(bench.syncplan(plan, remote));
    fresh[name] = await ownFigures(bench.syncplan(plan, bench.unused(), { command: ['plan'] }));
  }
  addRow(bench, 'memory of the server process, nothing to do', counts, same, 500 * 2 ** 20);
  // A change of each is more than an entry of each: told, but held to nothing but its growth.
  addRow(bench, 'memory of the server process, all new to the other side, preview', counts, fresh);
};

const ownFigures = async running => {
  const result = await running;
  expectDone(result);
  const { seconds, bytes, ownMemory } = result;
  return { seconds, bytes, memory: ownMemory };
};

/** The growth of each step, for one more entry, is told, and must not rise where a step is ten times as long. */
const addRow = ({ rows }, name, counts, sides, most) => {
  const labels = Object.keys(sides);
  const peaks = labels.map(label => sides[label].memory);
  const growth = [1, 2].map(at => (peaks[at] - peaks[at - 1]) / (counts[at] - counts[at - 1]));
  const last = sides[labels[2]];
  // Below a hundred bytes for an entry, the step before is less than what the collector of garbage leaves to chance.
  last.perEntry = growth[1] / Math.max(growth[0], 100);
  const limit = [{ side: labels[2], ...(most === undefined ? {} : { memory: most }), perEntry: 1.1 }];
  const notes = [`${growth.map(bytes => bytesText(bytes)).join(', then ')} for each further entry`];
  rows.push({ name, limit, sides, notes });
};

export const cases = { memory };
