// Phase 1: what every name of the program means. Faults are reported, and what they touch is null from here on.
import type { Diagnostic } from '../../grammar/diagnostic.js';
import { resolveBlocks } from './blocks.js';
import { resolveClasses } from './classes.js';
import { resolveFleet } from './fleet.js';
import type { Surroundings } from './level.js';
import type { PlanModel } from './model.js';
import { type Bounds, readNumber } from './numbers.js';
import { poisonedNames } from './poison.js';
import type { Program } from './program.js';
import { type Assigned, resolveRoles } from './roles.js';
import { shapeProgram } from './shape.js';
import { readTransfer } from './transfer.js';
import { type Given, resolveValues } from './values.js';

export type Resolved = { readonly model: PlanModel; readonly diagnostics: readonly Diagnostic[] };

export const resolve = (program: Program, given: Given, assigned: Assigned): Resolved => {
  const diagnostics: Diagnostic[] = [];
  const report = (found: Diagnostic): void => {
    diagnostics.push(found);
  };
  const values = resolveValues(
    program,
    given,
    poisonedNames(program, () => true),
    report,
  );
  const shapes = shapeProgram(program, values, report);
  const around: Surroundings = {
    program,
    values,
    shapes,
    report,
    isPoisoned: poisonedNames(program, statement => shapes.of(statement) !== null),
  };
  for (const name of values.names()) values.get(name);
  const fleet = resolveFleet(around);
  const roles = resolveRoles(fleet, assigned, around);
  const classes = resolveClasses(around);
  const blocks = resolveBlocks({ fleet, roles, classes }, around);
  const model: PlanModel = {
    fleet,
    blocks,
    onFailure: onFailure(around),
    parallel: parallel(around),
    transfer: readTransfer(shapes.top('transfer')[0] ?? null, around),
    inputs: values.inputs,
    isPoisoned: around.isPoisoned,
    routes: [
      ...shapes.top('route').map(statement => ({ statement, block: null })),
      ...blocks.flatMap(block =>
        shapes
          .body(block.statement)
          .filter(([inner]) => inner.head.text === 'route')
          .map(([statement]) => ({ statement, block })),
      ),
    ],
  };
  return { model, diagnostics };
};

const onFailure = ({ shapes }: Surroundings): 'continue' | 'stop' => {
  const [statement] = shapes.top('on');
  return statement !== undefined && shapes.of(statement)?.words.includes('stop') ? 'stop' : 'continue';
};

const parallel = (around: Surroundings): number => {
  const [transfer] = around.shapes.top('transfer');
  const found =
    transfer === undefined ? undefined : around.shapes.body(transfer).find(([inner]) => inner.head.text === 'parallel');
  return readNumber('parallel', found?.[1].one('COUNT') ?? null, PARALLEL, around) ?? 16;
};

const PARALLEL: Bounds = { low: 1, high: 1000, shown: ['1', '1000'] };
