// Gives folders that are created for what they hold, not for themselves, the master's mode: pages do not carry it.
import type { Change } from '../tree/change.js';
import type { ComparedTake } from './relation.js';

export const withFolderModes = async (
  { master }: ComparedTake,
  changes: readonly Change[],
): Promise<readonly Change[]> => {
  const bare = changes.filter(isBareFolder).map(({ path }) => path);
  if (bare.length === 0) return changes;
  const answers = await master.lookup(bare);
  const modes = new Map(
    bare.map((path, i) => {
      const found = answers[i]!;
      return [path, 'kind' in found && found.kind === 'folder' ? found.mode : DEFAULT_MODE] as const;
    }),
  );
  return changes.map(change => {
    const mode = modes.get(change.path);
    if (mode === undefined || change.kind === 'delete' || change.entry.kind !== 'folder') return change;
    return { ...change, entry: { ...change.entry, mode } };
  });
};

const isBareFolder = (change: Change): boolean =>
  (change.kind === 'create' || change.kind === 'replace') && change.entry.kind === 'folder' && !change.entry.selected;

const DEFAULT_MODE = 0o755;
