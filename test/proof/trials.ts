// Trials on simulated machines: takes images of a disk along a run, and holds each of them to the invariants.
import type { Host } from '../../runtime/host/host.js';
import { makeMemoryHost } from '../support/memory-host.js';
import { seeded } from '../support/seeded.js';
import type { SimulatedDisk } from '../support/simulated-disk.js';
import { hold } from './invariants.js';
import { everythingIn, keptIn, sightsIn } from './sights.js';
import type { Upgrade } from './upgrade.js';

/** What a machine may come back with that lost its power (or, without a seed, its process) before an operation. */
export type Image = {
  readonly where: string;
  readonly seed: number | null;
  readonly disk: SimulatedDisk;
  /** The run had said by then that this host is done. */
  readonly acknowledged: boolean;
};

/** Verbs that leave everything as it is: before them the disk is what it was before the next one. */
const READING: ReadonlySet<string> = new Set([
  'open',
  'enter',
  'list',
  'stat',
  'readLink',
  'followed',
  'read',
  'read-bytes',
]);

export const isReading = (verb: string): boolean => READING.has(verb);

/** Runs the upgrade once, and takes images of the host's disk before every operation that changes it, and at the end. */
export const imagesOf = async (upgrade: Upgrade, seedsEach: number, firstSeed = 0, id = 'r1'): Promise<Image[]> => {
  const { disk } = upgrade.simulation.at(id);
  const images = makeImages(disk, seedsEach, firstSeed);
  await upgrade.run({
    options: {
      emit: event => {
        if (event.type === 'block' && event.host === id && event.state === 'done') images.acknowledge();
      },
    },
  });
  return images.end();
};

/** The same while a host is recovered. */
export const imagesOfRecovery = async (disk: SimulatedDisk, seedsEach: number, firstSeed = 0): Promise<Image[]> => {
  const images = makeImages(disk, seedsEach, firstSeed);
  await recover(disk);
  return images.end();
};

const makeImages = (disk: SimulatedDisk, seedsEach: number, firstSeed: number) => {
  const images: Image[] = [];
  const known = new Set<string>();
  let acknowledged = false;
  let seed = firstSeed;
  const keep = (where: string, used: number | null, image: SimulatedDisk): void => {
    const key = `${acknowledged} ${everythingIn(image)}`;
    if (known.has(key)) return;
    known.add(key);
    images.push({
      where: used === null ? where : `${where}, crash seed ${used}`,
      seed: used,
      disk: image,
      acknowledged,
    });
  };
  const take = (where: string, seeds: number): void => {
    keep(where, null, disk.image());
    for (let i = 0; i < seeds; i++, seed++) keep(where, seed, disk.crash(seeded(seed)));
  };
  disk.disturb = ({ number, verb, name }) => {
    if (!isReading(verb)) take(`before operation ${number} (${verb} ${name})`, seedsEach);
    return null;
  };
  return {
    acknowledge: () => {
      acknowledged = true;
    },
    end() {
      disk.disturb = () => null;
      take('at the end', seedsEach * 20);
      return images;
    },
  };
};

/** Finishes what is unfinished, without a master. */
export const recover = async (disk: SimulatedDisk): Promise<void> => {
  const host = makeMemoryHost(disk, 'recovering');
  try {
    await recoverRoot(host);
  } finally {
    await host.close();
  }
};

const recoverRoot = async (host: Host): Promise<void> => {
  const root = await host.openRoot('/place', { create: false, state: null });
  for (const unfinished of await root.unfinished()) {
    if (unfinished.state === 'intent') await root.recover(unfinished);
  }
};

/** What holds of a disk at every moment, before anything was recovered. */
export const checkMoment = (upgrade: Upgrade, { where, disk, acknowledged }: Image): void => {
  const now = sightsIn(disk);
  const moment = { now, old: upgrade.old, new: upgrade.new };
  hold('every read of a final path is old or new', where, moment);
  hold('an existing path that is replaced by its like is never missing', where, moment);
  hold('acknowledged means new, after any crash', where, { acknowledged, now, new: upgrade.new });
  checkKept(upgrade, where, disk);
};

/** What holds once the host has recovered by itself. */
export const checkRecovered = (upgrade: Upgrade, where: string, disk: SimulatedDisk): void => {
  hold('after recovery a block is all old or all new', where, {
    now: sightsIn(disk),
    old: upgrade.old,
    new: upgrade.new,
  });
  checkKept(upgrade, where, disk);
};

export const checkKept = (upgrade: Upgrade, where: string, disk: SimulatedDisk): void => {
  const now = sightsIn(disk);
  const { foreign, outside } = upgrade;
  hold('what we overwrote or deleted was baseline content or is kept', where, { foreign, now, kept: keptIn(disk) });
  hold('nothing outside the roots changes', where, { before: outside, now: sightsIn(disk, '/outside') });
};

/** The same command again: it ends well, with everything new, and once more does nothing. */
export const checkConverges = async (
  upgrade: Upgrade,
  where: string,
  ids: readonly string[] = ['r1'],
): Promise<void> => {
  const again = await upgrade.run();
  const hosts = ids.map(id => sightsIn(upgrade.simulation.at(id).disk));
  const done = new Set(again.summary.relations.filter(({ state }) => state === 'done').map(({ host }) => host));
  hold('exit 0 exactly when every host was verified', `${where}, run again`, {
    exitCode: again.summary.exitCode,
    hosts: hosts.map((now, i) => ({ done: done.has(ids[i]!), now, new: upgrade.new })),
  });
  if (again.summary.exitCode !== 0) {
    const why = again.events.filter(({ type }) => type === 'problem' || type === 'inconsistent' || type === 'guard');
    throw new Error(
      `${where}: the same command again ended with ${JSON.stringify(again.summary)}\n${JSON.stringify(why)}`,
    );
  }
  for (const id of ids) checkKept(upgrade, `${where}, run again`, upgrade.simulation.at(id).disk);
  const theirs = [...upgrade.foreign.keys()];
  for (const { drift } of again.preview.relations) {
    const wrong = drift.filter(path => !theirs.includes(path));
    if (wrong.length > 0)
      throw new Error(`${where}: nobody else changed ${wrong.join(', ')}, but it is said to be drift`);
  }
  const third = await upgrade.run();
  ids.forEach((id, i) => {
    const changes = third.preview.relations.flatMap(relation =>
      relation.changes.map(({ change, path }) => `${change} ${path}`),
    );
    const now = sightsIn(upgrade.simulation.at(id).disk);
    hold('a second run does nothing', `${where}, run a third time`, { changes, before: hosts[i]!, now });
  });
};
