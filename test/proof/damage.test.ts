// Records in a state folder that are cut or flipped, at every byte: recovery names them and never guesses, nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Recovered } from '../../runtime/host/host.js';
import { HostError } from '../../runtime/host/host-error.js';
import type { Inode } from '../support/memory-disk.js';
import { makeMemoryHost } from '../support/memory-host.js';
import type { SimulatedDisk } from '../support/simulated-disk.js';
import { figure, SEED, THOROUGH } from './bounds.js';
import { differences, hold, proving } from './invariants.js';
import { recordsIn, sightsIn } from './sights.js';
import { checkKept, type Image, imagesOf } from './trials.js';
import { readyToUpgrade, type Upgrade } from './upgrade.js';

/** Bytes from one that is damaged to the next; so many rounds of a soak in a row damage every byte. */
const STRIDE = 11;

const upgrade = await readyToUpgrade();
const images = await imagesOf(upgrade.fork(), 0);

/** A moment in the middle of the switch: some paths are old, some new, and the record says which is to become what. */
const half = ((): Image => {
  const mixed = images.filter(({ disk }) => {
    const now = sightsIn(disk);
    return differences(now, upgrade.old).length > 0 && differences(now, upgrade.new).length > 0;
  });
  return mixed[Math.floor(mixed.length / 2)]!;
})();

type Damage = { readonly what: string; readonly to: (content: Buffer) => Buffer };

const cutAt = (at: number): Damage => ({
  what: `cut at byte ${at}`,
  to: content => Buffer.from(content.subarray(0, at)),
});
const flipAt = (at: number): Damage => ({
  what: `bit ${at % 8} of byte ${at} flipped`,
  to(content) {
    const flipped = Buffer.from(content);
    flipped[at]! ^= 1 << (at % 8);
    return flipped;
  },
});
const longer: Damage = { what: 'made longer', to: content => Buffer.concat([content, Buffer.from([0])]) };

function* damages(length: number): Generator<Damage> {
  for (let at = THOROUGH ? SEED % STRIDE : 0; at < length; at += STRIDE) {
    yield cutAt(at);
    yield flipAt(at);
  }
  yield flipAt(length - 1);
  yield longer;
}

const damaged = (
  image: Image,
  path: string,
  damage: Damage,
): { readonly disk: SimulatedDisk; readonly where: string } => {
  const disk = image.disk.image();
  const inode = disk.find(`/place/${path}`) as Inode;
  inode.content = damage.to(inode.content);
  disk.settle();
  return { disk, where: `${path} ${damage.what}` };
};

test('there is a moment with a record of what is to be finished', () => {
  assert.ok(half !== undefined);
  assert.ok(
    recordsIn(half.disk).some(path => path.startsWith('.syncplan/intent/')),
    recordsIn(half.disk).join(' '),
  );
});

test(
  proving(
    'a record of intent that is cut or flipped is named, and nothing is done by it',
    'every read of a final path is old or new',
    'what we overwrote or deleted was baseline content or is kept',
    'nothing outside the roots changes',
  ),
  async () => {
    const [path] = recordsIn(half.disk).filter(record => record.startsWith('.syncplan/intent/'));
    const before = sightsIn(half.disk);
    let tried = 0;
    for (const damage of damages((half.disk.find(`/place/${path!}`) as Inode).content.length)) {
      const { disk, where } = damaged(half, path!, damage);
      const words = await recoverWith(disk);
      assert.deepEqual(differences(sightsIn(disk), before), [], `${where}: something was done: ${words}`);
      assert.match(words, /record/, `${where}: ${words}`);
      checkKept(upgrade, where, disk);
      tried++;
    }
    figure('faults', tried);
  },
);

test(
  proving(
    'whatever record of a state folder is cut or flipped, nothing is lost, and the same command comes to its end',
    'what we overwrote or deleted was baseline content or is kept',
    'exit 0 exactly when every host was verified',
    'every run ends',
  ),
  async () => {
    const last = images.at(-1)!;
    for (const image of [half, last]) {
      for (const path of recordsIn(image.disk)) {
        const { length } = (image.disk.find(`/place/${path}`) as Inode).content;
        for (const damage of [
          cutAt(0),
          cutAt(Math.floor(length / 2)),
          flipAt(0),
          flipAt(Math.floor(length / 2)),
          flipAt(Math.max(0, length - 1)),
          longer,
        ]) {
          if (length === 0 && damage !== longer) continue;
          const { disk, where } = damaged(image, path, damage);
          await checkEndsWell(upgrade, disk, where);
        }
      }
    }
  },
);

/** What was damaged may be named by one run, or refused with the flag that allows it; the next one must be done. */
const checkEndsWell = async (from: Upgrade, disk: SimulatedDisk, where: string): Promise<void> => {
  const trial = from.fork();
  trial.simulation.restart('r1', disk);
  const options = { acceptRoots: ['r1'] };
  const codes: number[] = [];
  for (let attempt = 0; attempt < 3 && codes.at(-1) !== 0; attempt++) {
    const began = Date.now();
    const { summary } = await trial.run({ options });
    const seconds = (Date.now() - began) / 1000;
    hold('every run ends', `${where}, run ${attempt + 1}`, { ended: true, seconds, within: 10 });
    const now = sightsIn(trial.simulation.at('r1').disk);
    codes.push(summary.exitCode);
    hold('exit 0 exactly when every host was verified', `${where}, run ${attempt + 1}`, {
      exitCode: summary.exitCode,
      hosts: [{ done: summary.relations[0]!.state === 'done', now, new: trial.new }],
    });
    checkKept(trial, `${where}, run ${attempt + 1}`, trial.simulation.at('r1').disk);
  }
  assert.equal(codes.at(-1), 0, `${where}: exits ${codes.join(', ')}`);
};

/** Everything that recovery says; it may refuse as a whole, too. */
const recoverWith = async (disk: SimulatedDisk): Promise<string> => {
  const host = makeMemoryHost(disk, 'recovering');
  const said: string[] = [];
  try {
    const root = await host.openRoot('/place', { create: false, state: null });
    for (const unfinished of await root.unfinished()) {
      const recovered = unfinished.state === 'intent' ? await root.recover(unfinished) : [];
      said.push(...recovered.flatMap(wordsOf));
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    said.push(error.message, error.help);
  } finally {
    await host.close();
  }
  return said.join('; ');
};

const wordsOf = (recovered: Recovered): string[] =>
  recovered.result === 'failed'
    ? [recovered.problem.message, recovered.problem.help]
    : [`${recovered.path} ${recovered.result}`];

test.run();
