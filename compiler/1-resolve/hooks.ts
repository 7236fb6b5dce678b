// Hooks: programs that run before a block moves, or after it changed something.
import type { Statement } from '../../grammar/ast.js';
import { readCommand } from './command.js';
import type { Surroundings } from './level.js';
import type { HookModel, ItemModel } from './model.js';
import { type Bounds, readNumber } from './numbers.js';
import type { Said } from './shape.js';

/** In the order of the text, which is the order they run in. */
export const readHooks = (
  inner: readonly (readonly [Statement, Said])[],
  readItem: (item: ReturnType<Said['all']>[number]) => ItemModel,
  around: Surroundings,
): readonly HookModel[] =>
  inner.flatMap(([statement, said]) => {
    if (statement.head.text !== 'hook') return [];
    const changed = said.one('CLASS');
    return [
      {
        when: said.words[0] === 'before' ? 'before' : 'after',
        changed: changed === null ? null : readItem(changed),
        command: readCommand('run', said.one('COMMAND'), around),
        on: PLACES.find(place => said.words.includes(place)) ?? 'remote',
        span: statement.head.span,
        timeout: readNumber('timeout', said.one('DURATION'), TIMEOUT, around) ?? 60,
      },
    ];
  });

const PLACES = ['master', 'remote', 'server'] as const;
const TIMEOUT: Bounds = { low: 1, high: 86_400, shown: ['1s', '1d'] };
