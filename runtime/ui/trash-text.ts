// What the trash of a run holds, and what came of bringing it back, in words.
import type { Problem } from '../tree/entry.js';
import type { Path } from '../tree/path.js';
import { bytesText, countText } from './amounts.js';
import { palette } from './colour.js';
import { displayMessage, displayPath, displayText } from './display.js';
import { hanging } from './fit.js';
import { faultText } from './host-fault.js';

/** As runtime/host/past.ts has it. */
export type TrashItem = {
  readonly path: Path;
  readonly kind: 'file' | 'link' | 'folder';
  readonly why: 'deleted' | 'replaced' | 'moved';
  readonly size: number;
};

/** As runtime/engine/restore.ts has them. */
type TrashPlace = {
  readonly host: string;
  readonly path: Path;
  readonly items: readonly TrashItem[];
};
type Restored = {
  readonly host: string;
  readonly outcomes: readonly (
    | { readonly path: Path; readonly result: 'done' | 'kept' }
    | { readonly path: Path; readonly result: 'failed'; readonly problem: Problem }
  )[];
};
type RestoreFailure = { readonly host: string; readonly message: string; readonly help: string };

export type TrashOptions = { readonly colour: boolean; readonly width: number; readonly verbose: boolean };

/** Before anything is done: whole lines, each ended. */
export const trashText = (places: readonly TrashPlace[], run: string, options: TrashOptions): string => {
  const paint = palette(options.colour);
  const most = options.verbose ? Number.POSITIVE_INFINITY : MOST;
  const lines = places.flatMap(({ host, path, items }) => [
    `${paint.bold(displayText(host))}  ${displayPath(path)}: ${countText(items.length, 'path')} in the trash of run ${displayText(run)}`,
    ...items.slice(0, most).map(item => {
      const size = item.kind === 'file' ? `, ${bytesText(item.size)}` : '';
      return `  ${paint.green('+ restore')}  ${displayPath(item.path)}${item.kind === 'folder' ? '/' : ''}  ${paint.dim(`(${item.why}${size})`)}`;
    }),
    ...(items.length > most ? [`  … and ${countText(items.length - most, 'more path')} (--verbose shows all)`] : []),
  ]);
  return lines.map(line => `${line}\n`).join('');
};

/** Afterwards. */
export const restoredText = (
  restored: readonly Restored[],
  failures: readonly RestoreFailure[],
  options: TrashOptions,
): string => {
  const paint = palette(options.colour);
  const lines = restored.flatMap(({ host, outcomes }) => {
    const back = outcomes.filter(({ result }) => result === 'done').length;
    const kept = outcomes.filter(({ result }) => result === 'kept').length;
    return [
      `${displayText(host)}: ${countText(back, 'path')} brought back${kept === 0 ? '' : `, ${countText(kept, 'path')} left as it stands`}`,
      ...outcomes.flatMap(outcome =>
        outcome.result === 'failed'
          ? [
              `  ${paint.red('! problem')}  ${displayPath(outcome.path)}: ${displayMessage(outcome.problem.message)}`,
              ...helpOf(outcome.problem.help, options),
            ]
          : [],
      ),
    ];
  });
  lines.push(...failureLines(failures, options));
  return lines.map(line => `${line}\n`).join('');
};

export const afterwardsText = (run: string, { width }: TrashOptions): string => {
  const text = `what stood there is in the trash of run ${displayText(run)}; the next apply of this plan does its work again`;
  return `${hanging('', text, 0, width).join('\n')}\n`;
};

export const failureText = (failures: readonly RestoreFailure[], options: TrashOptions): string =>
  failureLines(failures, options)
    .map(line => `${line}\n`)
    .join('');

const failureLines = (failures: readonly RestoreFailure[], options: TrashOptions): string[] =>
  failures.flatMap(({ host, message, help }) => [
    `${palette(options.colour).red(`${displayText(host)}: failed`)}: ${faultText({ host, message })}`,
    ...helpOf(help, options),
  ]);

const helpOf = (help: string, { width }: TrashOptions): string[] =>
  help === '' ? [] : hanging('help: ', displayMessage(help), 4, width);

const MOST = 200;
