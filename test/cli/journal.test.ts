// The journal of runs: which of them is the last, whatever the clock said when they began, and how many are kept.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { beginJournal, lastJournal, leftBy, resume } from '../../runtime/cli/journal.js';
import { blockPlan, hostPlan, planOf } from '../engine/plans.js';

const test = suite('the journal');

let stateFolder = '';
test.before.each(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'syncplan-journal-'));
});
test.after.each(() => rmSync(stateFolder, { recursive: true }));

const plan = planOf(
  [blockPlan('schema', { remotes: ['a'] }), blockPlan('tables', { remotes: ['b'], after: ['schema'] })],
  [hostPlan('m'), hostPlan('a'), hostPlan('b')],
);
const of = () => ({ stateFolder, file: '/plans/rollout.sp' });
const begin = (run: string) => beginJournal(of(), run, plan, plan);
const done = (block: string, host: string) =>
  ({ type: 'block', state: 'done', block, host }) as Parameters<ReturnType<typeof begin>>[0];
const files = (): string[] =>
  readdirSync(stateFolder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.jsonl'))
    .sort();

test('the last run is the one that began last, though the clock was ahead when an earlier one began', () => {
  const ahead = begin('20991231T235959-00000001');
  for (const [block, host] of [
    ['schema', 'a'],
    ['tables', 'b'],
  ] as const)
    ahead(done(block, host));
  begin('20260131T120000-00000002')(done('schema', 'a'));
  assert.equal(lastJournal(of())?.run, '20260131T120000-00000002');
  const found = resume(lastJournal(of()), plan, plan);
  assert.deepEqual('left' in found && found.left?.blocks.map(({ name }) => name), ['tables']);
  assert.equal(leftBy(of(), '20260131T120000-00000002'), 'resume');
  assert.equal(leftBy(of(), '20991231T235959-00000001'), null);
});

test('the last few are kept, those that began first go first', () => {
  const runs = [9, 8, 7, 1, 2, 3, 4].map(year => `209${year}0131T120000-00000000`);
  for (const run of runs) begin(run);
  assert.equal(files().length, 5);
  for (const run of runs.slice(-5))
    assert.ok(
      files().some(name => name.includes(run)),
      run,
    );
  assert.equal(lastJournal(of())?.run, runs.at(-1));
});

test('journals of an earlier version, which are named by their run alone, are older than all others', () => {
  begin('20260131T120000-00000001');
  const [file] = files();
  const head = { journal: 1, run: '20260201T120000-00000000', file: '/plans/rollout.sp', plan: '', relations: [] };
  const folder = dirname(join(stateFolder, file!));
  writeFileSync(join(folder, '20260201T120000-00000000.jsonl'), `${JSON.stringify(head)}\n`);
  assert.equal(lastJournal(of())?.run, '20260131T120000-00000001');
  rmSync(join(stateFolder, file!));
  assert.equal(lastJournal(of())?.run, '20260201T120000-00000000');
});

test.run();
