// Makes a listing anew with some of its entries changed or left out: page digests included, everything in its old order.
import type { Hasher } from '../bytes/digest.js';
import { type Folded, type Identity, type Listing, type ListingBuilder, makeListing } from './listing.js';
import { decodePage, type PagedEntry } from './page.js';
import { join, type Path } from './path.js';

/** `change` answers null for an entry that is left out; a folder never is, and keeps what is below it. */
export const relist = (
  listing: Listing,
  hasher: Hasher,
  change: (path: Path, entry: PagedEntry) => PagedEntry | null,
): Listing => {
  const fresh = makeListing(hasher);
  relistFolder({ listing, fresh, change }, listing.folders - 1);
  return fresh.finish();
};

type Relisting = {
  readonly listing: Listing;
  readonly fresh: ListingBuilder;
  readonly change: Parameters<typeof relist>[2];
};

const relistFolder = (relisting: Relisting, folder: number): Folded => {
  const { listing, fresh, change } = relisting;
  const path = listing.path(folder);
  const below = listing.children(folder);
  let child = 0;
  fresh.begin();
  decodePage(listing.page(folder)).forEach(({ name, entry }, i) => {
    const seen = identityOf(listing, listing.firstRow(folder) + i);
    const changed = change(join(path, name), entry);
    if (entry.kind === 'folder') {
      const folded = relistFolder(relisting, below[child++]!);
      fresh.addFolder(name, changed?.kind === 'folder' ? changed : entry, folded, seen);
    } else if (changed !== null && changed.kind !== 'folder') fresh.add(name, changed, seen);
  });
  return fresh.end(path);
};

const identityOf = (listing: Listing, row: number): Identity => ({
  size: listing.size(row),
  modified: listing.modified(row),
  changed: listing.changed(row),
  inode: listing.inode(row),
});
