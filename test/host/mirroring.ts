// Everything a scan listed, put onto an empty place of another host the way the engine does it.

import type { Host, Scan, Selection } from '../../runtime/host/host.js';
import type { Outcome } from '../../runtime/tree/action.js';
import { type Change, plain } from '../../runtime/tree/change.js';
import { comparePaths } from '../../runtime/tree/path.js';
import { rulesOf } from '../../runtime/tree/rules.js';
import { inOrder, schedule } from '../../runtime/tree/schedule.js';
import { ALL, listed } from './session.js';

/** Outcomes of whatever was not done; the digest of what stands there then. */
export const mirror = async (
  master: Scan,
  host: Host,
  path: string,
  chosen: Partial<Selection>,
): Promise<{ readonly trouble: readonly Outcome[]; readonly digest: string }> => {
  const selection = { ...ALL, ...chosen };
  const root = await host.openRoot(path, { create: false, state: null });
  const before = await root.scan(selection);
  const changes: Change[] = [...(await listed(master))]
    .map(([at, entry]) => ({ kind: 'create' as const, path: at, entry: plain(entry) }))
    .sort((a, b) => comparePaths(a.path, b.path));
  const extras = await valuesOf(master, changes);
  const rules = rulesOf({ ...selection, compare: { by: 'checksum', algorithm: selection.algorithm } });
  const steps = inOrder([
    schedule(changes, { rules, rank: () => 0, keep: () => false, extra: at => extras.get(at) ?? '' }),
  ]);
  const transaction = await host.begin({ run: 'mirror', block: 'all', trash: 60, durability: 'none', lock: null }, [
    { root, scan: before },
  ]);
  const trouble: Outcome[] = [];
  try {
    await transaction.prepare(steps);
    const wanted = steps.flatMap(({ action }, index) => (action.do === 'file' ? [{ path: action.path, index }] : []));
    trouble.push(...(await transaction.stage(master.read(wanted))));
    trouble.push(...(await transaction.precheck()));
    for await (const some of transaction.commit()) trouble.push(...some.filter(({ result }) => result !== 'done'));
    trouble.push(...(await transaction.verify()));
  } finally {
    await transaction.end();
  }
  const after = await root.scan(selection);
  const { digest } = after.summary;
  await before.close();
  await after.close();
  return { trouble, digest };
};

const valuesOf = async (master: Scan, changes: readonly Change[]): Promise<ReadonlyMap<string, string>> => {
  const paths = changes.flatMap(change =>
    change.kind === 'create' && 'extra' in change.entry && change.entry.extra !== '' ? [change.path] : [],
  );
  const answers = await master.extras(paths);
  return new Map(
    paths.map((at, i) => {
      const answer = answers[i]!;
      if (typeof answer !== 'string') throw new Error(`${at}: ${answer.message}`);
      return [at, answer] as const;
    }),
  );
};
