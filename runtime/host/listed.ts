// Finds files of a finished scan by their sizes, from what was listed alone: the disk is not asked.
import { join } from '../tree/path.js';
import type { ScanState } from './scan-state.js';
import type { ListedFile } from './seen.js';

/** In no order that matters; a name is decoded only where the size fits. */
export function* listedBySize(
  { walked: { listing } }: Pick<ScanState, 'walked'>,
  sizes: ReadonlySet<number>,
): Generator<ListedFile> {
  for (let folder = 0; folder < listing.folders; folder++) {
    const end = listing.firstRow(folder) + listing.rowCount(folder);
    for (let row = listing.firstRow(folder); row < end; row++) {
      const size = listing.size(row);
      if (!sizes.has(size)) continue;
      const page = listing.page(folder);
      if (listing.kind(page, row) !== 'file') continue;
      const path = join(listing.path(folder), listing.name(page, row));
      yield { path, size, modified: listing.modified(row) };
    }
  }
}
