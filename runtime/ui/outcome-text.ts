// What stays on the screen when a run has ended: its summary with its problems, or, without a summary, how far it came.
import { countText } from './amounts.js';
import { palette } from './colour.js';
import { displayMessage, displayText } from './display.js';
import { hanging } from './fit.js';
import { problemLines } from './problem-text.js';
import { isOver, type RunView } from './run-state.js';
import { summaryText } from './summary-text.js';

/** A preview leaves nothing behind: its result is the preview. */
export const outcomeText = (
  view: RunView,
  options: { readonly colour: boolean; readonly width: number; readonly unicode: boolean },
): string => {
  if (view.command === 'plan' || view.started === 0) return '';
  const { problems, problemCount } = view;
  return view.summary === null
    ? unfinishedText(view, options)
    : summaryText(view.summary, { ...options, problems, problemCount });
};

const unfinishedText = (view: RunView, { colour, width }: { colour: boolean; width: number }): string => {
  const paint = palette(colour);
  const over = view.relations.filter(relation => isOver(relation.state));
  const failed = over.filter(({ state }) => state !== 'done');
  const lines = [
    ...failed.flatMap(relation => [
      `${displayText(relation.block)} on ${displayText(relation.host.host)}: ${paint.red(relation.state)}  ${displayMessage(relation.message ?? '')}`.trimEnd(),
      ...(relation.help === null ? [] : hanging('help: ', displayMessage(relation.help), 2, width)),
    ]),
    ...problemLines(view.problems, view.problemCount, width, paint),
    paint.bold(
      `The run ended early: ${over.length - failed.length} of ${countText(view.relations.length, 'relation')} done.`,
    ),
  ];
  return `${lines.join('\n')}\n`;
};
