// How content travels: what one `transfer { }` says of all pairs of hosts, and in its sections of some.
import type { Statement } from '../../grammar/ast.js';
import { finding } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';
import { SECTIONS } from '../plan.js';
import type { Surroundings } from './level.js';
import type { TransferModel, TransferSays } from './model.js';
import { type Bounds, readNumber } from './numbers.js';

/** Null where there is no such statement. */
export const readTransfer = (transfer: Statement | null, around: Surroundings): TransferModel | null => {
  if (transfer === null) return null;
  const sections = around.shapes
    .body(transfer)
    .flatMap(([inner]) =>
      SECTIONS.filter(section => section === inner.head.text).map(
        section => [section, readSays(inner, around)] as const,
      ),
    );
  return { says: readSays(transfer, around), sections: new Map(sections) };
};

/** Reports what says nothing of single blocks, or hosts, but stands in a transfer of one. */
export const refuseMisplaced = (
  transfer: Statement,
  place: string,
  homes: Readonly<Record<string, string>>,
  { shapes, report }: Surroundings,
): void => {
  for (const [{ head }] of shapes.body(transfer)) {
    const home = homes[head.text];
    if (home !== undefined) report(finding(settings.misplacedSetting, head.span, [head.text, place, [home]]));
  }
};

const readSays = (owner: Statement, around: Surroundings): TransferSays => {
  const find = (head: string) => around.shapes.body(owner).find(([inner]) => inner.head.text === head)?.[1] ?? null;
  return {
    mode: MODES.find(mode => mode === find('mode')?.words[0]) ?? null,
    compress: readNumber('compress', find('compress')?.one('LEVEL') ?? null, LEVEL, around),
    encrypt: SWITCH.get(find('encrypt')?.words[0]) ?? null,
    limit: readNumber('limit', find('limit')?.one('RATE') ?? null, RATE, around),
  };
};

const MODES = ['auto', 'whole', 'delta'] as const;
const SWITCH: ReadonlyMap<string | undefined, boolean> = new Map([
  ['on', true],
  ['off', false],
]);
const LEVEL: Bounds = { low: 0, high: 9, shown: ['0', '9'] };
const RATE: Bounds = { low: 2 ** 10, high: 2 ** 40, shown: ['1KiB/s', '1TiB/s'] };
