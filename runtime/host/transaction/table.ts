// The steps of a transaction and the state of each: the one place where a step's state changes.
//
//   waiting ──content, links and folders are staged, destination looked at──▶ ready ──commit──▶ done | kept
//      ▲  └──────────────▶ inconsistent | failed ◀──────────────────────────────┘
//      └── amended, or new content arrives (from any state but done and kept); amended to null: dropped
//
// A step is *carried* when a folder that is staged whole brings it along: its staged form lies inside that folder at its
// final name, and the one rename of the folder puts it in place.
import type { Action, Outcome } from '../../tree/action.js';
import { join, type Path, parent } from '../../tree/path.js';
import type { Step } from '../host.js';

export type StepState = 'waiting' | 'ready' | 'done' | 'kept' | 'inconsistent' | 'failed' | 'dropped';

export type Table = {
  readonly size: number;
  /** null where it was dropped, or never was. */
  readonly step: (index: number) => Step | null;
  readonly state: (index: number) => StepState;
  /** Why a step is inconsistent or failed. */
  readonly trouble: (index: number) => Outcome | null;
  /** Index of the whole folder that carries this step, or NONE. */
  readonly carrier: (index: number) => number;
  /** Index of the step that makes this folder, or NONE. */
  readonly makerOf: (part: number, folder: Path) => number;
  /** Index of the step that puts the file in place which this step gives a further name, or NONE. */
  readonly leaderOf: (index: number) => number;
  /** Some step of this list takes away what stands there. */
  readonly clears: (part: number, path: Path) => boolean;
  /** Index of the step that puts something at a path which an earlier step clears, or NONE. */
  readonly fillerOf: (part: number, path: Path) => number;
  /** What the step needs is in staging: verified content, a link, a folder with its attributes. */
  readonly isStaged: (index: number) => boolean;
  readonly setStaged: (index: number, staged: boolean) => void;
  readonly settle: (outcome: Outcome) => void;
  readonly setReady: (index: number) => void;
  readonly setWaiting: (index: number) => void;
  /** Steps whose carrier changed by it are no longer staged. */
  readonly amend: (index: number, action: Action | null) => void;
  /** To be called after the last of some amendments. */
  readonly survey: () => void;
};

/** null stands for a step that was dropped before. */
export const makeTable = (given: readonly (Step | null)[]): Table => {
  const steps: (Step | null)[] = [...given];
  const states = new Uint8Array(steps.length);
  const staged = new Uint8Array(steps.length);
  const troubles = new Map<number, Outcome>();
  let routes = surveySteps(steps);
  const move = (index: number, state: StepState): void => {
    states[index] = STATES.indexOf(state);
    troubles.delete(index);
  };
  return {
    size: steps.length,
    step: index => steps[index] ?? null,
    state: index => STATES[states[index]!]!,
    trouble: index => troubles.get(index) ?? null,
    carrier: index => routes.carriers[index]!,
    makerOf: (part, folder) => routes.makers.get(keyOf(part, folder)) ?? NONE,
    leaderOf(index) {
      const step = steps[index];
      return step?.action.do === 'hard' ? (routes.leaders.get(keyOf(step.part, step.action.leader)) ?? NONE) : NONE;
    },
    clears: (part, path) => routes.cleared.has(keyOf(part, path)),
    fillerOf: (part, path) => routes.fillers.get(keyOf(part, path)) ?? NONE,
    isStaged: index => staged[index] === 1,
    setStaged(index, value) {
      staged[index] = value ? 1 : 0;
    },
    settle(outcome) {
      move(outcome.index, outcome.result);
      if (outcome.result === 'inconsistent' || outcome.result === 'failed') troubles.set(outcome.index, outcome);
    },
    setReady: index => move(index, 'ready'),
    setWaiting: index => move(index, 'waiting'),
    amend(index, action) {
      const before = steps[index];
      if (action !== null && before) steps[index] = { part: before.part, action };
      else steps[index] = null;
      staged[index] = 0;
      move(index, steps[index] === null ? 'dropped' : 'waiting');
    },
    survey() {
      const before = routes.carriers;
      routes = surveySteps(steps);
      routes.carriers.forEach((carrier, index) => {
        if (carrier !== before[index]) staged[index] = 0;
      });
    },
  };
};

type Routes = {
  readonly carriers: Int32Array;
  readonly makers: ReadonlyMap<string, number>;
  readonly leaders: ReadonlyMap<string, number>;
  readonly cleared: ReadonlySet<string>;
  readonly fillers: ReadonlyMap<string, number>;
};

const surveySteps = (steps: readonly (Step | null)[]): Routes => {
  const carriers = new Int32Array(steps.length).fill(NONE);
  const makers = new Map<string, number>();
  const leaders = leadersIn(steps);
  const cleared = new Set<string>();
  const fillers = new Map<string, number>();
  // Neighbours in the list mostly stand in the same folder, so its carrier is asked for once.
  let last = { key: '', carrier: NONE };
  steps.forEach((step, index) => {
    if (step === null) return;
    const { part, action } = step;
    const folder = keyOf(part, parent(action.path));
    if (action.do === 'remove' || action.do === 'remove-folder') cleared.add(keyOf(part, action.path));
    if (action.do === 'folder' || action.do === 'file' || action.do === 'link' || action.do === 'hard') {
      if (cleared.size > 0 && cleared.has(keyOf(part, action.path))) fillers.set(keyOf(part, action.path), index);
      if (folder !== last.key) last = { key: folder, carrier: carrierOf(steps, carriers, makers.get(folder)) };
      carriers[index] = last.carrier;
    }
    if (action.do === 'hard' && carriers[index] !== NONE) {
      // Its leader must be in the same folder to be linked in staging; any other is linked when all is in place.
      const whole = steps[carriers[index]!]!.action.path;
      if (!action.leader.startsWith(join(whole, ''))) carriers[index] = NONE;
    }
    if (action.do === 'folder') {
      makers.set(keyOf(part, action.path), index);
      last = { key: '', carrier: NONE };
    }
  });
  return { carriers, makers, leaders, cleared, fillers };
};

/** Only of files that have further names in this list. */
const leadersIn = (steps: readonly (Step | null)[]): ReadonlyMap<string, number> => {
  const wanted = new Set<string>();
  for (const step of steps) if (step?.action.do === 'hard') wanted.add(keyOf(step.part, step.action.leader));
  const leaders = new Map<string, number>();
  for (let index = 0; index < steps.length && wanted.size > 0; index++) {
    const step = steps[index];
    const key = step?.action.do === 'file' ? keyOf(step.part, step.action.path) : '';
    if (wanted.has(key)) leaders.set(key, index);
  }
  return leaders;
};

const carrierOf = (steps: readonly (Step | null)[], carriers: Int32Array, maker: number | undefined): number => {
  if (maker === undefined) return NONE;
  if (carriers[maker] !== NONE) return carriers[maker]!;
  const action = steps[maker]?.action;
  return action?.do === 'folder' && action.whole ? maker : NONE;
};

const keyOf = (part: number, path: Path): string => `${part}/${path}`;

export const NONE = -1;
const STATES: readonly StepState[] = ['waiting', 'ready', 'done', 'kept', 'inconsistent', 'failed', 'dropped'];
