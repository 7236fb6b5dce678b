// How a block stays consistent on its hosts: verify, lock or none, for all of them; and what `for` says otherwise for some.
import type { Statement } from '../../grammar/ast.js';
import { finding } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import type { Consistency, LockBy, LockStrategy } from '../plan.js';
import { readCommand } from './command.js';
import type { Surroundings } from './level.js';
import type { ExceptionModel, FleetModel, LockModel, StrategyModel } from './model.js';
import { type Bounds, readNumber } from './numbers.js';
import type { Said } from './shape.js';
import { readTransfer, refuseMisplaced } from './transfer.js';

type Found = readonly [Statement, Said];

/** Of a block; what is not said has its default. */
export const readConsistency = (found: Found | null, block: Statement, around: Surroundings): StrategyModel => {
  if (found !== null) return readStrategy(found, around);
  return { consistency: VERIFY, span: block.head.span, lock: null };
};

export const readExceptions = (
  inner: readonly Found[],
  fleet: FleetModel,
  around: Surroundings,
): readonly ExceptionModel[] =>
  inner.flatMap(([statement, said]) => {
    if (statement.head.text !== 'for') return [];
    reportEmpty(statement, around);
    const own = around.shapes.body(statement);
    const strategy = own.find(([one]) => one.head.text === 'consistency') ?? null;
    const transfer = own.find(([one]) => one.head.text === 'transfer')?.[0] ?? null;
    if (transfer !== null) refuseMisplaced(transfer, 'a transfer in `for … { }`', NOT_BY_HOST, around);
    const named = said.all('HOST').flatMap(item => {
      if (item.kind !== 'name') return [];
      return [{ text: item.text, span: item.span, hosts: fleet.find(item.text, item.span) }];
    });
    return [
      {
        named,
        strategy: strategy === null ? null : readStrategy(strategy, around),
        transfer: readTransfer(transfer, around),
      },
    ];
  });

const reportEmpty = ({ head, body }: Statement, { report }: Surroundings): void => {
  if (body === null || body.statements.length > 0) return;
  report(finding(settings.missingSetting, head.span, ['consistency', '`for … { }`', 'lock|verify|none [{ }]']));
};

const readStrategy = ([statement, said]: Found, around: Surroundings): StrategyModel => {
  const { span } = statement;
  switch (said.words[0]) {
    case 'none':
      return { consistency: { strategy: 'none' }, span, lock: null };
    case 'lock': {
      const [consistency, lock] = readLock(statement, around);
      return { consistency, span, lock };
    }
    default: {
      const [consistency, lock] = readVerify(statement, around);
      return { consistency, span, lock };
    }
  }
};

const readVerify = (verify: Statement, around: Surroundings): readonly [Consistency, LockModel | null] => {
  const inner = around.shapes.body(verify);
  const rounds = inner.find(([one]) => one.head.text === 'rounds')?.[1] ?? null;
  const then = inner.find(([one]) => one.head.text === 'then') ?? null;
  const [strategy, lock] = then?.[1].words[0] === 'lock' ? readLock(then[0], around) : ([VERIFY.then, null] as const);
  const consistency = {
    strategy: VERIFY.strategy,
    rounds: readNumber('rounds', rounds?.one('COUNT') ?? null, ROUNDS, around) ?? VERIFY.rounds,
    every: readNumber('every', rounds?.one('DURATION') ?? null, EVERY, around) ?? VERIFY.every,
    then: strategy,
  };
  return [consistency, lock];
};

/** `consistency lock { … }` and `then lock { … }` alike. */
const readLock = (statement: Statement, around: Surroundings): readonly [LockStrategy, LockModel] => {
  const inner = around.shapes.body(statement);
  const said = (name: string): Said | null => inner.find(([one]) => one.head.text === name)?.[1] ?? null;
  const written = said('hold')?.one('DURATION') ?? null;
  const hold = readNumber('hold', written, HOLD, around);
  const by = inner.find(([one]) => one.head.text === 'by') ?? null;
  const shown = written === null ? null : around.values.numberOf(written);
  const strategy: LockStrategy = {
    strategy: 'lock',
    wait: readNumber('wait', said('wait')?.one('DURATION') ?? null, WAIT, around) ?? 30,
    hold: hold ?? 300,
    by: by === null ? { kind: 'advisory' } : readBy(by[1], around),
  };
  const lock: LockModel = {
    hold: hold === null || written === null || shown === null ? null : { text: shown.text, span: written.span },
    by: by?.[0].span ?? null,
  };
  return [strategy, lock];
};

const readBy = (said: Said, around: Surroundings): LockBy => {
  switch (said.words[0]) {
    case 'permissions':
      return { kind: 'permissions' };
    case 'command': {
      const command = readCommand('by command', said.one('COMMAND', 'command'), around) ?? [];
      const release = readCommand('release', said.one('COMMAND', 'release'), around) ?? [];
      return { kind: 'command', command, release };
    }
    default:
      return { kind: 'advisory' };
  }
};

const NOT_BY_HOST = {
  parallel: "the file's own `transfer { }`",
  durability: 'the `transfer { }` of the file or a block',
};
const VERIFY = { strategy: 'verify', rounds: 3, every: 2, then: 'fail' } as const;
const ROUNDS: Bounds = { low: 1, high: 100, shown: ['1', '100'] };
const EVERY: Bounds = { low: 0, high: 3600, shown: ['0s', '1h'] };
const WAIT: Bounds = { low: 0, high: 86_400, shown: ['0s', '1d'] };
const HOLD: Bounds = { low: 1, high: 86_400, shown: ['1s', '1d'] };
