// syncplan plan: shows what apply would change on every machine, and changes nothing.
import type { Command } from './command.js';
import { perform } from './perform.js';

export const plan: Command = call => perform(call, 'plan');
