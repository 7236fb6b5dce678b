// Phase 2: what is wrong with a plan whose names all mean something. One file for each topic.
import type { Diagnostic } from '../../grammar/diagnostic.js';
import type { PlanModel } from '../1-resolve/model.js';
import type { Program } from '../1-resolve/program.js';
import { checkAfter } from './after.js';
import { checkClosedFolders } from './closed-folders.js';
import { checkDrivers } from './drivers.js';
import { checkFixed } from './fixed.js';
import { checkFolders } from './folders.js';
import { checkFormat } from './format.js';
import { checkGuards } from './guards.js';
import { checkHandingOn } from './handing-on.js';
import { checkHooks } from './hooks.js';
import { checkHosts } from './hosts.js';
import type { Kept } from './kept.js';
import { checkOrder } from './order.js';
import { checkOverlap } from './overlap.js';
import { checkParallel } from './parallel.js';
import { checkRoutes } from './routes.js';
import { checkSecrets } from './secrets.js';
import { checkStates } from './states.js';
import { checkStrategies } from './strategies.js';
import { checkTransfers } from './transfers.js';

export const check = (model: PlanModel, program: Program, kept: Kept): readonly Diagnostic[] => {
  const diagnostics: Diagnostic[] = [];
  const report = (found: Diagnostic): void => {
    diagnostics.push(found);
  };
  checkHosts(model, report);
  checkParallel(model, report);
  checkStates(model, report);
  checkAfter(model, report);
  checkFolders(model, report);
  checkOverlap(model, report);
  checkHandingOn(model, report);
  checkOrder(model, report);
  checkGuards(model, report);
  checkStrategies(model, report);
  checkClosedFolders(model, report);
  checkHooks(model, report);
  checkDrivers(model, kept, report);
  checkFixed(model, report);
  checkRoutes(model, report);
  checkTransfers(model, program, report);
  checkSecrets(program, report);
  checkFormat(program, report);
  return diagnostics;
};
