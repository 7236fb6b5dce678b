// What must hold whatever happens, by name: each invariant is a checker over observed states that lists what breaks it.
//
// A test of this room names the invariants it proves in its title (`proving`) and checks them by name (`hold`). A checker
// gets only what was observed from outside: what stands at paths, what a run said, when it ended. It never looks into the
// program.

/** What stands at a path. `content` of a link is its target, of a folder ''. Real trees may give a digest as content. */
export type Sight = {
  readonly kind: 'file' | 'folder' | 'link' | 'special';
  readonly mode: number;
  /** Whole microseconds; 0 where it does not count. */
  readonly modified: number;
  readonly content: string;
};

/** By path, without the state folder. */
export type Seen = ReadonlyMap<string, Sight>;

/** A moment on the way from one tree to another; `between` are goals of runs that were interrupted before this one. */
export type Moment = {
  readonly now: Seen;
  readonly old: Seen;
  readonly new: Seen;
  readonly between?: readonly Seen[];
};

export type Span = { readonly run: string; readonly from: number; readonly to: number };

export const INVARIANTS = {
  /** Attributes that are adjusted in place may switch one after the other, content and type only as a whole. */
  'every read of a final path is old or new': ({ now, old, new: wanted, between = [] }: Moment): string[] =>
    [...now].flatMap(([path, sight]) => {
      const candidates = [old, wanted, ...between].map(tree => tree.get(path)).filter(found => found !== undefined);
      if (candidates.length === 0) return [`${path} is in neither tree: ${tell(sight)}`];
      const fits = candidates.some(found => found.kind === sight.kind && found.content === sight.content);
      const known = (key: 'mode' | 'modified'): boolean => candidates.some(found => found[key] === sight[key]);
      if (fits && known('mode') && (sight.kind === 'folder' || known('modified'))) return [];
      return [`${path} is ${tell(sight)}, neither ${candidates.map(tell).join(' nor ')}`];
    }),

  'an existing path that is replaced by its like is never missing': ({
    now,
    old,
    new: wanted,
    between = [],
  }: Moment): string[] =>
    [...old].flatMap(([path, before]) => {
      const after = [wanted, ...between].map(tree => tree.get(path));
      const stays = after.every(one => one !== undefined && (one.kind === 'folder') === (before.kind === 'folder'));
      // Below a folder that turns into something else, or something else into it, there is no atomic switch.
      return stays && !now.has(path) ? [`${path} is missing`] : [];
    }),

  'after recovery a block is all old or all new': ({ now, old, new: wanted }: Moment): string[] => {
    const fromOld = differences(now, old);
    const fromNew = differences(now, wanted);
    if (fromOld.length === 0 || fromNew.length === 0) return [];
    const sides = [fromOld.map(line => `not old: ${line}`), fromNew.map(line => `not new: ${line}`)];
    // The shorter list says what is out of line.
    return sides.sort((a, b) => a.length - b.length).flat();
  },

  'acknowledged means new, after any crash': ({
    acknowledged,
    now,
    new: wanted,
  }: {
    readonly acknowledged: boolean;
    readonly now: Seen;
    readonly new: Seen;
  }): string[] => (acknowledged ? differences(now, wanted) : []),

  /** `foreign` is what somebody else had put on the receiver, by path; `kept` is all content that its trash holds. */
  'what we overwrote or deleted was baseline content or is kept': ({
    foreign,
    now,
    kept,
  }: {
    readonly foreign: Seen;
    readonly now: Seen;
    readonly kept: readonly string[];
  }): string[] =>
    [...foreign].flatMap(([path, { kind, content }]) => {
      if (kind === 'folder' || now.get(path)?.content === content || kept.includes(content)) return [];
      return [`${path}: ${JSON.stringify(content)} is neither there nor in the trash`];
    }),

  "deletions are a subset of the plan's": ({
    before,
    now,
    planned,
  }: {
    readonly before: Seen;
    readonly now: Seen;
    readonly planned: ReadonlySet<string>;
  }): string[] => [...before.keys()].filter(path => !now.has(path) && !planned.has(path)),

  /** `unreadable` are paths of the master that cannot be read or listed; what the receiver holds there stays. */
  'unreadable is not absent': ({
    unreadable,
    before,
    now,
  }: {
    readonly unreadable: readonly string[];
    readonly before: Seen;
    readonly now: Seen;
  }): string[] =>
    [...before].flatMap(([path, sight]) => {
      if (!unreadable.some(top => path === top || path.startsWith(`${top}/`))) return [];
      const found = now.get(path);
      return found?.kind === sight.kind && found.content === sight.content ? [] : [`${path} was ${tell(sight)}`];
    }),

  'nothing outside the roots changes': ({ before, now }: { readonly before: Seen; readonly now: Seen }): string[] =>
    differences(now, before),

  /** `done` is what the run said of the host: verified to hold what the plan says. */
  'exit 0 exactly when every host was verified': ({
    exitCode,
    hosts,
  }: {
    readonly exitCode: number | null;
    readonly hosts: readonly { readonly done: boolean; readonly now: Seen; readonly new: Seen }[];
  }): string[] => {
    const all = hosts.every(({ done }) => done);
    if (all !== (exitCode === 0)) return [`exit ${exitCode}, but ${all ? 'every' : 'not every'} host was verified`];
    if (!all) return [];
    return hosts.flatMap((host, i) => differences(host.now, host.new).map(line => `host ${i + 1}: ${line}`));
  },

  'a second run does nothing': ({
    changes,
    before,
    now,
  }: {
    readonly changes: readonly string[];
    readonly before: Seen;
    readonly now: Seen;
  }): string[] => [...changes.map(change => `it would ${change}`), ...differences(now, before)],

  'two runs never interleave in a block': ({ spans }: { readonly spans: readonly Span[] }): string[] => {
    const inOrder = [...spans].sort((a, b) => a.from - b.from);
    return inOrder.slice(1).flatMap((span, i) => {
      const before = inOrder[i]!;
      return span.from < before.to ? [`${span.run} begins at ${span.from}, ${before.run} ends at ${before.to}`] : [];
    });
  },

  /** What was decided each time, with the clocks of the machines set apart differently. */
  'decisions do not compare the clocks of two machines': ({
    decisions,
  }: {
    readonly decisions: readonly (readonly string[])[];
  }): string[] => {
    const first = JSON.stringify(decisions[0]);
    return decisions.flatMap((lines, i) =>
      JSON.stringify(lines) === first ? [] : [`time ${i + 1}: ${lines.join(', ')}`],
    );
  },

  'every run ends': ({
    ended,
    seconds,
    within,
  }: {
    readonly ended: boolean;
    readonly seconds: number;
    readonly within: number;
  }): string[] =>
    ended && seconds <= within
      ? []
      : [`${ended ? `it took ${seconds} s` : 'it did not end'}, ${within} s were allowed`],
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** The title of a test, with what it proves. */
export const proving = (title: string, ...invariants: readonly [Invariant, ...Invariant[]]): string =>
  `${title} [${invariants.join('; ')}]`;

/** Throws where the invariant is broken; `where` says at which operation, seed or round. */
export const hold = <Name extends Invariant>(
  name: Name,
  where: string,
  ...observed: Parameters<(typeof INVARIANTS)[Name]>
): void => {
  const check = INVARIANTS[name] as (...observed: Parameters<(typeof INVARIANTS)[Name]>) => readonly string[];
  const broken = check(...observed);
  if (broken.length > 0) throw new Error(`${where}: broken is "${name}":\n  ${broken.slice(0, MOST).join('\n  ')}`);
};

/** Paths at which a tree is not what it should be; times of folders never count. */
export const differences = (now: Seen, wanted: Seen): string[] => {
  const lines: string[] = [];
  for (const [path, sight] of wanted) {
    const found = now.get(path);
    if (found === undefined) lines.push(`${path} is missing, should be ${tell(sight)}`);
    else if (tell(found) !== tell(sight)) lines.push(`${path} is ${tell(found)}, should be ${tell(sight)}`);
  }
  for (const [path, sight] of now) if (!wanted.has(path)) lines.push(`${path} should not be there, is ${tell(sight)}`);
  return lines;
};

const tell = ({ kind, mode, modified, content }: Sight): string => {
  const shown = content.length > 40 ? `${content.slice(0, 40)}… (${content.length})` : content;
  const head = kind === 'link' ? kind : `${kind} ${mode.toString(8).padStart(4, '0')}`;
  return kind === 'folder' ? head : `${head} ${modified} ${JSON.stringify(shown)}`;
};

const MOST = 12;
