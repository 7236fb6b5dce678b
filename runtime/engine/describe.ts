// Changes in words and numbers: the lines of a preview, the counts of a relation.
import type { BlockPlan, Consistency } from '../../compiler/plan.js';
import type { Scan } from '../host/host.js';
import { type Change, differingAttributes, type Rules } from '../tree/change.js';
import type { Entry } from '../tree/entry.js';
import type { Connected } from './connect-hosts.js';
import { driftedPaths } from './drift.js';
import type { ChangeLine, Preview, PreviewRelation, SpecialBits } from './events.js';
import { handsOn } from './moved-masters.js';
import { leftToDo } from './planned.js';
import { type ComparedTake, consistencyOf, type Relation, shownPath } from './relation.js';
import { likelyMoved } from './twins.js';
import { hooksAhead } from './which-hooks.js';

export const previewOf = (
  relations: readonly Relation[],
  hosts: Pick<Connected, 'failures' | 'weaker' | 'unkept'>,
  routes: Preview['routes'],
): Preview => ({
  relations: plannedChanges(relations).map((changes, at) => previewRelation(relations[at]!, changes, relations)),
  hosts: hosts.failures(),
  weaker: hosts.weaker(),
  unkept: hosts.unkept(),
  routes,
  specialBits: specialBitsOf(relations.map(one => ({ block: one.block, entries: bitsLeftOut(one) }))),
});

export const linesOf = ({
  takes,
  rules,
}: {
  readonly takes: readonly Pick<ComparedTake, 'take' | 'changes'>[];
  readonly rules: Rules;
}): ChangeLine[] =>
  takes.flatMap(({ take, changes }) => {
    const leavesOut = !take.terms.some(({ include, except }) => include.is === 'all' && except === null);
    return changes.map(change => describe(change, shownPath(take, change.path), rules, leavesOut));
  });

/** How a change is counted: once, under the most telling name. */
export const countedAs = (change: Change): 'created' | 'replaced' | 'attributes' | 'linked' | 'deleted' => {
  if (change.kind === 'delete') return 'deleted';
  if (change.kind === 'attributes') return 'attributes';
  if (change.entry.kind === 'hard' || change.entry.kind === 'link') return 'linked';
  return change.kind === 'create' ? 'created' : 'replaced';
};

/** Bytes of content that a change brings. */
export const contentBytes = (change: Change): number =>
  (change.kind === 'create' || change.kind === 'replace') && change.entry.kind === 'file' ? change.entry.size : 0;

/** `verify, 3 rounds every 2s, then fail`; `lock by command, up to 30s of waiting, held 5m at most` */
export const strategyOf = (consistency: Consistency): string => {
  switch (consistency.strategy) {
    case 'none':
      return 'no verification';
    case 'lock':
      return `lock${consistency.by.kind === 'advisory' ? '' : ` by ${consistency.by.kind}`}, ${consistency.wait}s of waiting, a lease of ${consistency.hold}s`;
    case 'verify': {
      const { rounds, every, then } = consistency;
      const last = then === 'fail' ? 'fail' : strategyOf(then);
      return `verify, ${rounds} ${rounds === 1 ? 'round' : 'rounds'} every ${every}s, then ${last}`;
    }
  }
};

/** The same for all that a relation takes from its master. */
export const bitsLeftOut = ({ block, takes }: Relation): number =>
  [...new Set(takes.map(({ master }) => master))].reduce((sum, scan) => sum + losingBits(block, scan), 0);

/** Files and folders of a listing whose modes the block carries, but for setuid, setgid and sticky. */
export const losingBits = ({ attributes }: BlockPlan, { summary }: Pick<Scan, 'summary'>): number =>
  attributes.includes('mode') ? summary.specialBits : 0;

/** The master is listed once for all remotes of a block that keep times alike, so each listing tells of all of it. */
export const specialBitsOf = (
  relations: readonly { readonly block: BlockPlan; readonly entries: number }[],
): SpecialBits[] => {
  const found = new Map<string, SpecialBits>();
  for (const { block, entries } of relations) {
    if (entries > (found.get(block.name)?.entries ?? 0))
      found.set(block.name, { block: block.name, entries, attributes: [...block.attributes, 'special'] });
  }
  return [...found.values()];
};

/** What each relation would do in its turn, by take: a folder that a block before it makes is none of its changes. */
export const plannedChanges = (relations: readonly Relation[]): (readonly Change[])[][] =>
  leftToDo(
    relations.map(({ block, host, rules, state, takes }) => ({
      block,
      host,
      rules,
      goes: state === 'compared',
      takes: takes.map(({ take, remoteRoot, changes }) => ({ take, root: remoteRoot.path, changes })),
    })),
  );

const previewRelation = (
  relation: Relation,
  planned: readonly (readonly Change[])[],
  relations: readonly Relation[],
): PreviewRelation => {
  const takes = relation.takes.map(({ take }, at) => ({ take, changes: planned[at]! }));
  const changes = linesOf({ takes, rules: relation.rules });
  const made = relation.takes.reduce((sum, one, at) => sum + one.changes.length - planned[at]!.length, 0);
  const { state, message, help } = relation;
  const brought = handsOn(relation, relations);
  const { owed, hooks } = hooksAhead(relation, planned);
  return {
    block: relation.block.name,
    host: relation.host,
    state: state === 'failed' || state === 'refused' || state === 'skipped' ? state : 'compared',
    ...(message === null ? {} : { message }),
    ...(help === null ? {} : { help }),
    strategy: strategyOf(consistencyOf(relation)),
    createsRoot: relation.takes.find(({ remoteRoot }) => !remoteRoot.exists)?.remoteRoot.path ?? null,
    changes,
    problems: relation.problems,
    guards: relation.guards,
    drift: relation.takes.flatMap(({ take, foreign }) => driftedPaths(foreign).map(path => shownPath(take, path))),
    unfinished: relation.unfinished,
    owed,
    ...(hooks.length === 0 || state !== 'compared' ? {} : { hooks }),
    ...(brought.length === 0 ? {} : { handsOn: brought }),
    unchanged: relation.tally.unchanged + made,
    skipped: relation.tally.skipped,
    bytes: changes.reduce((sum, { bytes }) => sum + bytes, 0),
    alike: likelyMoved(relation),
  };
};

/** `leavesOut`: a folder may hold what its take does not select, and stays then. */
const describe = (change: Change, path: string, rules: Rules, leavesOut: boolean): ChangeLine => {
  const kind = change.kind === 'delete' ? change.was.kind : change.entry.kind;
  return {
    change: CHANGE_OF[countedAs(change)],
    path,
    kind,
    bytes: contentBytes(change),
    detail: detailOf(change, rules, leavesOut),
  };
};

const CHANGE_OF = {
  created: 'create',
  replaced: 'replace',
  attributes: 'attributes',
  linked: 'link',
  deleted: 'delete',
} as const;

const detailOf = (change: Change, rules: Rules, leavesOut: boolean): string => {
  switch (change.kind) {
    case 'delete':
      return change.was.kind === 'folder' && leavesOut ? 'unless it holds something else' : '';
    case 'create':
      return leadsTo(change.entry);
    case 'attributes':
      return attributesChanged(change.was, change.entry, rules);
    case 'replace':
      if (change.why === 'kind') return `was a ${change.was.kind}, becomes a ${change.entry.kind}`;
      if (change.entry.kind === 'link' || change.entry.kind === 'hard') return leadsTo(change.entry);
      if (change.why === 'link') return 'gets content of its own';
      if (change.why === 'size' && change.was.kind === 'file' && change.entry.kind === 'file') {
        return `size ${change.was.size} → ${change.entry.size}`;
      }
      return change.why;
  }
};

const leadsTo = (entry: Entry): string =>
  entry.kind === 'link' ? `→ ${entry.target}` : entry.kind === 'hard' ? `= ${entry.leader}` : '';

const attributesChanged = (was: Entry, entry: Entry, rules: Rules): string => {
  const differs = differingAttributes(entry, was, rules);
  const words: string[] = [];
  if (differs.mode && 'mode' in was && 'mode' in entry) words.push(`mode ${octal(was.mode)} → ${octal(entry.mode)}`);
  if (differs.modified) words.push('time');
  if (differs.owner && 'owner' in was && 'owner' in entry) words.push(`owner ${was.owner} → ${entry.owner}`);
  if (differs.group && 'group' in was && 'group' in entry) words.push(`group ${was.group} → ${entry.group}`);
  if (differs.extra) words.push('extended attributes');
  return words.join(', ');
};

const octal = (mode: number): string => `0${mode.toString(8).padStart(3, '0')}`;
