// The compiler on one page: load, resolve, check, lower. A plan comes out only where nothing is wrong.
import type { Diagnostic } from '../grammar/diagnostic.js';
import type { Source } from '../grammar/source.js';
import { resolve } from './1-resolve/resolve.js';
import { check } from './2-check/check.js';
import { ALL_KEPT, type Kept, namesOf, type PlanNames } from './2-check/kept.js';
import { lower } from './3-lower/lower.js';
import { load } from './load.js';
import type { Plan } from './plan.js';
import { tidy } from './tidy.js';

export type CompileIo = {
  /** A file by its path: absolute, or relative as the main file was named. Throws what node:fs throws. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Values of inputs, from wherever they were given. */
  readonly vars: Readonly<Record<string, string>>;
  /** The inputs that were given on purpose (not by the environment): each must be one of the plan's. */
  readonly named?: readonly string[];
  /** References to hosts that take a role for this run, by role. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** Codes of errors that keep no plan back: for whoever only looks at its hosts. None by default. */
  readonly despite?: readonly string[];
  /** What of the plan this run is about: what a host cannot do is told of nothing else. All of it by default, or for null. */
  readonly narrow?: (names: PlanNames) => Kept | null;
};

export type Compiled = {
  /** null where there is an error, but for those it was wanted despite of. */
  readonly plan: Plan | null;
  /** Sorted by file and place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every plan file that was read, the main file first. */
  readonly sources: readonly Source[];
};

export const compile = async (main: string, io: CompileIo): Promise<Compiled> => {
  const { program, hashes, diagnostics: loading } = await load(main, io.read);
  const sources = [...program.files.values()].map(({ source }) => source);
  if (sources.length === 0) return { plan: null, diagnostics: loading, sources };
  const { model, diagnostics: resolving } = resolve(program, { vars: io.vars, named: io.named ?? [] }, io.roles ?? {});
  const checking = check(model, program, io.narrow?.(namesOf(model)) ?? ALL_KEPT);
  const diagnostics = tidy([...loading, ...resolving, ...checking], program);
  const isFaulty = diagnostics.some(({ severity, code }) => severity === 'error' && !io.despite?.includes(code));
  return { plan: isFaulty ? null : lower(model, hashes), diagnostics, sources };
};
