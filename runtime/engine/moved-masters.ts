// Blocks that hand on: what a block takes from is what another block of this run has put there since it was listed.
//
// Everything is compared before the first write anywhere. Where a block's master is a remote of a block before it, that is
// too early: it would hand on what stood there before, and call its remotes done.
import { isWithin, type Path } from '../tree/path.js';
import { type ComparedTake, onMachine, type Relation } from './relation.js';
import { hasChanges, workedBeside } from './summary.js';

/** Has another block of this run changed anything in a folder that this relation takes from? */
export const hasMovedMaster = (relation: Relation, relations: readonly Relation[], masterMachine: string): boolean =>
  bringers(relation, relations, masterMachine).some(other => workedBeside(other) || hasChanges(other.tally));

/** The blocks before it that will change what it takes from: it hands that on as well, and a preview cannot know it yet. */
export const handsOn = (relation: Relation, relations: readonly Relation[]): readonly string[] => {
  const first = bringers(relation, relations, '').filter(
    ({ state, takes }) => state === 'compared' && takes.some(({ changes }) => changes.length > 0),
  );
  return [...new Set(first.map(({ block }) => block.name))];
};

/** Relations of other blocks that put files where this one takes from. */
const bringers = (relation: Relation, relations: readonly Relation[], masterMachine: string): readonly Relation[] => {
  const sources = relation.takes.map(({ take, masterRoot }) => onMachine(masterRoot, take.from.folder));
  return relations.filter(
    other =>
      other.block !== relation.block &&
      isOn(other, relation.block.master, masterMachine) &&
      other.takes.some(target => sources.some(source => meets(source, targetOf(target)))),
  );
};

/** Hosts may be one machine under two names; '' is a machine that cannot be told. */
const isOn = ({ host, remoteHost }: Relation, master: string, machine: string): boolean =>
  host === master || (machine !== '' && remoteHost?.facts.machine === machine);

const targetOf = ({ take, remoteRoot }: ComparedTake): Path => onMachine(remoteRoot, take.into.folder);

const meets = (a: Path, b: Path): boolean => isWithin(a, b) || isWithin(b, a);
