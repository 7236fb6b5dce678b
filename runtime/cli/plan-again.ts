// The words that make a plan what it was for a run: its file and all that the command line gave it, to be typed again.
import type { SavedPlan } from '../engine/saved-plan.js';
import { shellQuote } from '../ui/display.js';
import type { Call } from './command.js';

/** `rollout.sp --var release=7 --except web-03`: the same plan for the same hosts, reached the same way. */
export const wordsAgain = (
  { options: given }: Call,
  { file, inputs, options }: Pick<SavedPlan, 'file' | 'options'> & { readonly inputs: SavedPlan['plan']['inputs'] },
): string =>
  [
    file,
    ...Object.entries(inputs).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
    ...Object.entries(options.roles).flatMap(([name, hosts]) => ['--role', `${name}=${hosts.join(',')}`]),
    ...options.only.flatMap(name => ['--only', name]),
    ...options.except.flatMap(name => ['--except', name]),
    ...(options.allowDelete ? ['--allow-delete'] : []),
    ...options.acceptRoots.flatMap(host => ['--accept-root', host]),
  ]
    .map(shellQuote)
    .concat(reachedBy(given))
    .join(' ');

/** How ssh was told to reach the hosts stands in no plan. */
export const reachedBy = (options: Call['options']): readonly string[] => {
  const config = options.value('ssh-config');
  return config === null ? [] : ['--ssh-config', shellQuote(config)];
};
