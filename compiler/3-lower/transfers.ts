// How content travels between a block's master and each of its remotes: the innermost section that sets a value wins.
//
// From the outside in: the file's transfer, its section, the block's transfer, its section, those of `for`. A limit is shared
// by all pairs that have it from the same place of the text, so it goes by the name of that place.
import type { BlockModel, HostModel, TransferModel, TransferSays } from '../1-resolve/model.js';
import { hostsNamed } from '../1-resolve/references.js';
import {
  type BlockPlan,
  type BySection,
  type RoutePlan,
  SECTIONS,
  type Section,
  sectionOf,
  type TransferPlan,
} from '../plan.js';

export const lowerTransfers = (
  ofFile: TransferModel | null,
  block: BlockModel,
  master: HostModel,
  remotes: readonly HostModel[],
): Pick<BlockPlan, 'transfer' | 'transferOf'> => {
  const { outer, placesTo } = placesIn(ofFile, block);
  const transfer = outer.reduce((settled, { name, model }) => within(settled, name, model?.says ?? null), PLAIN);
  const transferOf: Record<string, TransferPlan> = Object.create(null);
  for (const remote of remotes) {
    const pair = lowerPair(placesTo(remote), sectionOf(master, remote));
    if (JSON.stringify(pair) !== JSON.stringify(transfer)) transferOf[remote.id] = pair;
  }
  return { transfer, transferOf };
};

/** From one remote to another, whichever two they are. */
export const lowerBetween = (
  ofFile: TransferModel | null,
  block: BlockModel,
  remotes: readonly HostModel[],
): Pick<RoutePlan, 'between' | 'betweenOf'> => {
  const { outer, placesTo } = placesIn(ofFile, block);
  const between = lowerSections(outer);
  const betweenOf: Record<string, BySection> = Object.create(null);
  for (const remote of remotes) {
    const own = lowerSections(placesTo(remote));
    if (JSON.stringify(own) !== JSON.stringify(between)) betweenOf[remote.id] = own;
  }
  return { between, betweenOf };
};

type Place = { readonly name: string; readonly model: TransferModel | null };

/** What is said for all remotes, and all that is said for one of them, from the outside in. */
const placesIn = (ofFile: TransferModel | null, block: BlockModel) => {
  const outer: readonly Place[] = [
    { name: 'file', model: ofFile },
    { name: `block ${block.name}`, model: block.transfer },
  ];
  const exceptions = block.exceptions.map((exception, at) => ({
    hosts: hostsNamed(exception),
    place: { name: `block ${block.name} for ${at + 1}`, model: exception.transfer },
  }));
  const placesTo = (remote: HostModel): readonly Place[] => [
    ...outer,
    ...exceptions.filter(({ hosts }) => hosts.has(remote)).map(({ place }) => place),
  ];
  return { outer, placesTo };
};

const lowerSections = (places: readonly Place[]): BySection => {
  const [group, region, other] = SECTIONS;
  const of = (section: Section): TransferPlan => lowerPair(places, section);
  return { [group]: of(group), [region]: of(region), [other]: of(other) };
};

const lowerPair = (places: readonly Place[], section: Section): TransferPlan =>
  places.reduce((settled, { name, model }) => {
    const ofAll = within(settled, name, model?.says ?? null);
    return within(ofAll, `${name} ${section}`, model?.sections.get(section) ?? null);
  }, PLAIN);

const within = (outer: TransferPlan, name: string, says: TransferSays | null): TransferPlan => ({
  mode: says?.mode ?? outer.mode,
  compress: says?.compress ?? outer.compress,
  encrypt: says?.encrypt ?? outer.encrypt,
  limit: says === null || says.limit === null ? outer.limit : { rate: says.limit, shared: name },
});

const PLAIN: TransferPlan = { mode: 'auto', compress: 0, encrypt: true, limit: null };
