// How content travels between a block's master and each of its remotes: the innermost section that sets a value wins.
//
// From the outside in: the file's transfer, its section, the block's transfer, its section, those of `for`. A limit is shared
// by all pairs that have it from the same place of the text, so it goes by the name of that place.
import type { BlockModel, HostModel, TransferModel, TransferSays } from '../1-resolve/model.js';
import { hostsNamed } from '../1-resolve/references.js';
import { sectionOf } from '../1-resolve/transfer.js';
import type { BlockPlan, TransferPlan } from '../plan.js';

export const lowerTransfers = (
  ofFile: TransferModel | null,
  block: BlockModel,
  master: HostModel,
  remotes: readonly HostModel[],
): Pick<BlockPlan, 'transfer' | 'transferOf'> => {
  const outer: readonly Place[] = [
    { name: 'file', model: ofFile },
    { name: `block ${block.name}`, model: block.transfer },
  ];
  const exceptions = block.exceptions.map((exception, at) => ({
    hosts: hostsNamed(exception),
    place: { name: `block ${block.name} for ${at + 1}`, model: exception.transfer },
  }));
  const transfer = outer.reduce((settled, { name, model }) => within(settled, name, model?.says ?? null), PLAIN);
  const transferOf: Record<string, TransferPlan> = Object.create(null);
  for (const remote of remotes) {
    const own = exceptions.filter(({ hosts }) => hosts.has(remote)).map(({ place }) => place);
    const between = lowerPair([...outer, ...own], master, remote);
    if (JSON.stringify(between) !== JSON.stringify(transfer)) transferOf[remote.id] = between;
  }
  return { transfer, transferOf };
};

type Place = { readonly name: string; readonly model: TransferModel | null };

const lowerPair = (places: readonly Place[], master: HostModel, remote: HostModel): TransferPlan => {
  const section = sectionOf(master, remote);
  return places.reduce((settled, { name, model }) => {
    const ofAll = within(settled, name, model?.says ?? null);
    return within(ofAll, `${name} ${section}`, model?.sections.get(section) ?? null);
  }, PLAIN);
};

const within = (outer: TransferPlan, name: string, says: TransferSays | null): TransferPlan => ({
  mode: says?.mode ?? outer.mode,
  compress: says?.compress ?? outer.compress,
  encrypt: says?.encrypt ?? outer.encrypt,
  limit: says === null || says.limit === null ? outer.limit : { rate: says.limit, shared: name },
});

const PLAIN: TransferPlan = { mode: 'auto', compress: 0, encrypt: true, limit: null };
