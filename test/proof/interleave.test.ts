// Two runs at once on one block, from two masters: one after the other or not at all, never both, and never a mixture.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { makeDiskPlace } from '../support/fixture.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { seeded } from '../support/seeded.js';
import { bounded, figure, SEED } from './bounds.js';
import { differences, hold, proving, type Span } from './invariants.js';
import { sightsOn } from './sights.js';

const MASTERS = ['one', 'two'] as const;
const ROUNDS = bounded(4, 16);

let desk: Desk;
test.before(() => {
  desk = openDesk();
  mkdirSync(join(desk.folder, 'copy'));
  for (const [i, master] of MASTERS.entries()) {
    const folder = join(desk.folder, master);
    mkdirSync(folder);
    const files = Array.from({ length: 150 }, (_, n) => [
      `d${n % 7}/f${n}`,
      { file: `${master} ${n}`, modified: (1_600_000_000 + i) * 1_000_000 },
    ]);
    makeDiskPlace(folder).put(Object.fromEntries(files));
    for (const wait of ['0s', '30s']) writeFileSync(join(desk.folder, `${master}-${wait}.sp`), planFor(master, wait));
  }
});
test.after(() => desk?.remove());

test(
  proving(
    'two runs at once, from two masters, hold the block one after the other, and what stands there is of one of them',
    'two runs never interleave in a block',
    'after recovery a block is all old or all new',
    'every run ends',
  ),
  async () => {
    const random = seeded(SEED);
    const trees = MASTERS.map(master => sightsOn(join(desk.folder, master)));
    const codes: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const wait = round % 2 === 0 ? '0s' : '30s';
      const where = `seed ${SEED}, round ${round}, waiting ${wait}`;
      const began = Date.now();
      const ended = await Promise.all(
        MASTERS.map(async master => {
          await new Promise(resolve => setTimeout(resolve, random.below(120)));
          return desk.run(['apply', `${master}-${wait}.sp`, '--json']);
        }),
      );
      hold('every run ends', where, { ended: true, seconds: (Date.now() - began) / 1000, within: 60 });
      hold('two runs never interleave in a block', where, {
        spans: ended.flatMap((one, i) => spanOf(one, MASTERS[i]!)),
      });
      const now = sightsOn(join(desk.folder, 'copy'));
      hold('after recovery a block is all old or all new', where, { now, old: trees[0]!, new: trees[1]! });
      for (const { code, out, err } of ended)
        assert.ok(code === 0 || (code === 6 && wait === '0s'), `${where}: exit ${code} ${said(out, err)}`);
      assert.ok(
        ended.some(({ code }) => code === 0),
        where,
      );
      // Whoever ended well last has the last word.
      const last = ended
        .map((one, i) => ({ i, at: spanOf(one, '')[0]?.to ?? 0, code: one.code }))
        .filter(({ code }) => code === 0);
      const winner = last.sort((a, b) => b.at - a.at)[0]!.i;
      assert.deepEqual(differences(now, trees[winner]!), [], where);
      codes.push(...ended.map(({ code }) => code!));
    }
    figure('runs', codes.length);
    assert.ok(codes.filter(code => code === 0).length >= ROUNDS);
  },
);

/** From its first word under the lock to its last: nothing when it did not come so far. */
const spanOf = ({ out }: Ended, run: string): Span[] => {
  const events = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { type: string; state?: string; time: number });
  const times = (state: string): number[] =>
    events.filter(event => event.type === 'block' && event.state === state).map(({ time }) => time);
  const [from] = times('staging');
  const to = times('verifying').at(-1);
  return from === undefined || to === undefined ? [] : [{ run, from, to }];
};

const planFor = (master: string, wait: string): string => `syncplan 1
fleet {
  host build at local { root site "./${master}" }
  host copy at local { root site "./copy" }
}
role master is build
role remote is copy
block app {
  take all in site
  consistency lock { wait ${wait}; hold 5m }
  delete mirror { max 100% }
}
`;

test.run();
