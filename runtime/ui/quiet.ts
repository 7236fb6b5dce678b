// A run that says nothing as long as it goes well: one that fails says in the end what failed, its first problems by name.
import { emptyView } from './run-state.js';
import { fold } from './run-view.js';
import type { Show } from './show.js';
import { type SummaryOptions, summaryText } from './summary-text.js';

export const openQuiet = (write: (text: string) => void, options: SummaryOptions): Show => {
  let view = emptyView();
  return {
    event: event => {
      view = fold(view, event);
      if (event.type !== 'summary' || event.exitCode === 0 || event.exitCode === CHANGES) return;
      const { problems, problemCount } = view;
      write(summaryText(event, { ...options, problems, problemCount, mostProblems: MOST_PROBLEMS }));
    },
    stop: () => undefined,
  };
};

/** A plan that was asked to tell changes by its code. */
const CHANGES = 2;
const MOST_PROBLEMS = 20;
