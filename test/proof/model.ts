// Commands for model-based runs: what people do to two folders, and runs of the program between them, some of them killed.
//
// The model knows what the master holds (by looking: it is only ever written by the commands), which trees an interrupted
// run may have left on the way, and every content that somebody else put on the receiver: each is a word of its own, so it
// can be found again wherever it was kept.
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type fc from 'fast-check';
import { seeded } from '../support/seeded.js';
import { hold, type Seen } from './invariants.js';
import { killOnce, type Victim } from './kill-once.js';
import type { Applied } from './real.js';
import { sightsOn } from './sights.js';

export type Model = {
  /** Goals of interrupted runs that may still be finished. */
  between: Seen[];
  /** Somebody else wrote on the receiver while a switch was to be finished. */
  disputed: boolean;
  /** Contents of somebody else that were there when a run began. */
  mustKeep: Set<string>;
};

export type Real = {
  readonly master: string;
  readonly remote: string;
  /** Where the program works. */
  readonly folder: string;
  readonly far: number | null;
  readonly run: (where: string, command: 'apply' | 'plan') => Promise<Applied>;
  readonly args: readonly string[];
  /** What was done so far, for messages. */
  readonly log: string[];
  readonly counts: { runs: number; kills: number };
};

type Command = fc.AsyncCommand<Model, Real>;

export const newModel = (): Model => ({ between: [], disputed: false, mustKeep: new Set() });

/** Something that somebody does to a folder; nothing where it cannot be done. */
export type Deed =
  | { readonly do: 'write'; readonly path: string; readonly text: string; readonly mode: number }
  | { readonly do: 'remove'; readonly path: string }
  | { readonly do: 'rename'; readonly path: string; readonly to: string }
  | { readonly do: 'chmod'; readonly path: string; readonly mode: number }
  | { readonly do: 'link'; readonly path: string; readonly target: string }
  | { readonly do: 'hard-link'; readonly path: string; readonly of: string }
  | { readonly do: 'folder'; readonly path: string };

export const onMaster = (deed: Deed): Command => ({
  check: () => true,
  async run(_, real) {
    real.log.push(`master: ${tell(deed)}`);
    perform(real.master, deed);
    putAlways(real.master);
  },
  toString: () => `master: ${tell(deed)}`,
});

/** An empty master is refused, whatever it was emptied for. */
export const putAlways = (master: string): void => {
  if (!existsSync(join(master, 'always')))
    perform(master, { do: 'write', path: 'always', text: 'always', mode: 0o644 });
};

/** By somebody else, on the receiver. What they write over or remove themselves is theirs to lose. */
export const onRemote = (deed: Deed): Command => ({
  check: () => true,
  async run(model, real) {
    real.log.push(`remote: ${tell(deed)}`);
    const before = wordsIn(real.remote);
    perform(real.remote, deed);
    if (model.between.length > 0) model.disputed = true;
    const after = wordsIn(real.remote);
    const kept = wordsIn(join(real.remote, '.syncplan/trash'));
    for (const word of before) if (!after.has(word) && !kept.has(word)) model.mustKeep.delete(word);
  },
  toString: () => `remote: ${tell(deed)}`,
});

export const planned = (): Command => ({
  check: () => true,
  async run(model, real) {
    real.log.push('plan');
    const before = everything(real);
    const { code, said } = await real.run(where(real), 'plan');
    real.counts.runs++;
    hold('nothing outside the roots changes', `${where(real)}: a plan writes nothing`, {
      before,
      now: everything(real),
    });
    if (code !== 0 && !model.disputed) throw new Error(`${where(real)}: plan ended with ${code}: ${said}`);
  },
  toString: () => 'plan',
});

export const applied = (): Command => ({
  check: () => true,
  async run(model, real) {
    real.log.push('apply');
    const old = begin(model, real);
    let ran = await real.run(where(real), 'apply');
    checkRun(model, real, old, ran);
    // A switch that cannot be finished over somebody's change is named once; from then on that is drift like any other.
    if (ran.code === 5 && model.disputed) ran = await real.run(where(real), 'apply');
    real.counts.runs++;
    if (ran.code !== 0) throw new Error(`${where(real)}: apply ended with ${ran.code}: ${ran.said}`);
    checkRun(model, real, old, ran);
    model.between = [];
    model.disputed = false;
    const before = sightsOn(real.remote);
    const again = await real.run(where(real), 'apply');
    const changed = (again.relations ?? []).map(
      ({ created, replaced, attributes, linked, deleted }) => created + replaced + attributes + linked + deleted,
    );
    const changes = changed.some(count => count > 0) ? [`change ${changed} paths`] : [];
    hold('a second run does nothing', where(real), { changes, before, now: sightsOn(real.remote) });
  },
  toString: () => 'apply',
});

export const killed = (victim: Victim, seed: number): Command => ({
  check: () => true,
  async run(model, real) {
    real.log.push(`apply, ${victim} killed by seed ${seed}`);
    const old = begin(model, real);
    const goal = sightsOn(real.master);
    const { master: _, remote: __, run: ___, ...rest } = real;
    if (await killOnce({ ...rest, victim, random: seeded(seed), usual: 900, where: where(real) })) real.counts.kills++;
    real.counts.runs++;
    checkMoment(model, real, old);
    model.between.push(goal);
  },
  toString: () => `killed(${victim}, ${seed})`,
});

/** What somebody else put there is to be kept from now on. */
const begin = (model: Model, { remote }: Real): Seen => {
  for (const word of wordsIn(remote)) if (word.startsWith(THEIRS)) model.mustKeep.add(word);
  return sightsOn(remote);
};

const checkRun = (model: Model, real: Real, old: Seen, { code, relations }: Applied): void => {
  checkMoment(model, real, old);
  const done = relations?.every(({ state }) => state === 'done') ?? false;
  hold('exit 0 exactly when every host was verified', where(real), {
    exitCode: code,
    hosts: [{ done, now: sightsOn(real.remote), new: sightsOn(real.master) }],
  });
};

const checkMoment = (model: Model, real: Real, old: Seen): void => {
  const now = sightsOn(real.remote);
  const moment = { now, old, new: sightsOn(real.master), between: model.between };
  hold('every read of a final path is old or new', where(real), moment);
  hold('an existing path that is replaced by its like is never missing', where(real), moment);
  const there = wordsIn(real.remote);
  const trash = wordsIn(join(real.remote, '.syncplan/trash'));
  const foreign = new Map(
    [...model.mustKeep].map(word => [word, { kind: 'file' as const, mode: 0, modified: 0, content: word }]),
  );
  hold('what we overwrote or deleted was baseline content or is kept', where(real), {
    foreign,
    now: new Map(),
    kept: [...there, ...trash],
  });
};

const where = ({ log }: Real): string => log.join(' | ');

const perform = (folder: string, deed: Deed): void => {
  try {
    performIn(folder, deed);
  } catch (error) {
    if (!HARMLESS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
};

const performIn = (folder: string, deed: Deed): void => {
  const path = join(folder, deed.path);
  const makes = deed.do !== 'remove' && deed.do !== 'chmod' && deed.do !== 'rename';
  if (makes) clear(folder, deed.path, deed.do === 'folder');
  switch (deed.do) {
    case 'write':
      writeFileSync(path, deed.text);
      chmodSync(path, deed.mode);
      setMoment(path);
      break;
    case 'remove':
      rmSync(path, { recursive: true, force: true });
      break;
    case 'rename':
      if (!existsSync(path) || existsSync(join(folder, deed.to)) || `${deed.to}/`.startsWith(`${deed.path}/`)) break;
      mkdirSync(dirname(join(folder, deed.to)), { recursive: true });
      renameSync(path, join(folder, deed.to));
      break;
    case 'chmod':
      if (lstatSync(path).isFile()) chmodSync(path, deed.mode);
      break;
    case 'link':
      symlinkSync(deed.target, path);
      setMoment(path);
      break;
    case 'hard-link':
      if (lstatSync(join(folder, deed.of)).isFile()) linkSync(join(folder, deed.of), path);
      break;
    case 'folder':
      mkdirSync(path, { recursive: true });
      break;
  }
};

/** Whole seconds, each later than the one before: Node.js rounds times that are finer than microseconds. */
const setMoment = (path: string): void => lutimesSync(path, ++moment, moment);
let moment = 1_600_000_000;

/** Makes room at a path, and the folders above it. */
const clear = (folder: string, path: string, keepFolder: boolean): void => {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const above = join(folder, ...parts.slice(0, depth));
    if (existsSync(above) && !lstatSync(above).isDirectory()) rmSync(above);
  }
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  if (!keepFolder) rmSync(join(folder, path), { recursive: true, force: true });
};

/** The contents of all files below a folder, the state folder left out unless it is asked for. */
const wordsIn = (folder: string): Set<string> => {
  const words = new Set<string>();
  const visit = (at: string): void => {
    for (const name of existsSync(at) ? readdirSync(at) : []) {
      const path = join(at, name);
      const found = lstatSync(path);
      if (found.isDirectory() && name !== '.syncplan') visit(path);
      else if (found.isFile()) words.add(readFileSync(path, 'utf8'));
    }
  };
  visit(folder);
  return words;
};

/** Both roots, state folders included. */
const everything = ({ master, remote }: Real): Seen => {
  const all = new Map<string, Seen extends ReadonlyMap<string, infer One> ? One : never>();
  for (const [label, folder] of [
    ['master', master],
    ['remote', remote],
    ['master state', join(master, '.syncplan')],
    ['remote state', join(remote, '.syncplan')],
  ] as const)
    if (existsSync(folder)) for (const [path, sight] of sightsOn(folder)) all.set(`${label}/${path}`, sight);
  return all;
};

const tell = ({ do: what, path, ...rest }: Deed): string => [what, path, ...Object.values(rest)].join(' ');

/** How the words of somebody else begin. */
export const THEIRS = 'theirs';
const HARMLESS: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP', 'ENOTEMPTY']);
