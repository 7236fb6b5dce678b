// syncplan apply: makes every machine hold what the plan says; with --dry-run it is plan.
import type { Command } from './command.js';
import { perform } from './perform.js';

export const apply: Command = call => perform(call, call.options.flag('dry-run') ? 'plan' : 'apply');
