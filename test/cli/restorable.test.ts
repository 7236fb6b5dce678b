// syncplan restore without a run lists what can be brought back, run by run, and touches nothing.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, openDesk, said } from '../support/program.js';

const PLAN = `syncplan 1
fleet {
  host build at local { root site "./master" }
  group web {
    host one at local { root site "./one" }
    host two at local { root site "./two" }
  }
}
role master is build
role remote is web
block pages { take all in site; delete mirror { trash 2d } }
`;

let desk: Desk;
let base: string;
const runs: string[] = [];

test.before(async () => {
  desk = openDesk();
  base = desk.folder;
  mkdirSync(join(base, 'master/old'), { recursive: true });
  writeFileSync(join(base, 'plan.sp'), PLAN);
  for (const name of ['a', 'b', 'old/x', 'old/y']) writeFileSync(join(base, 'master', name), `content of ${name}\n`);
  await apply();
  rmSync(join(base, 'master/old'), { recursive: true });
  runs.push(await apply());
  rmSync(join(base, 'master/b'));
  writeFileSync(join(base, 'one/a'), 'of somebody else\n');
  runs.push(await apply());
});
test.after(() => desk.remove());

const run = (...args: string[]) => desk.run(args, { cwd: base });

/** The id of the run. */
const apply = async (): Promise<string> => {
  const { code, out, err } = await run('apply', 'plan.sp', '--allow-delete');
  assert.equal(code, 0, said(out, err));
  return /run (\S+), exit code 0/.exec(out + err)![1]!;
};

test('runs are listed the newest first, with what they put away on which hosts, and how to go on', async () => {
  const before = readdirSync(base, { recursive: true }).sort();
  const { code, out, err } = await run('restore', 'plan.sp');
  assert.equal(code, 0, said(out, err));
  assert.ok(out.indexOf(runs[1]!) >= 0 && out.indexOf(runs[1]!) < out.indexOf(runs[0]!), out);
  const words = out.replace(/\s+/g, ' ');
  assert.match(words, /one .*\/one: 2 paths \(1 deleted, 1 replaced\), 30 B: a, b/);
  assert.match(words, /two .*\/two: 1 path \(1 deleted\), 13 B: b/);
  assert.match(words, /3 paths \(3 deleted\), 34 B: old\/, old\/x, old\/y/);
  assert.match(err, /to bring back .*: {2}syncplan restore plan\.sp --run ID\n$/);
  assert.deepEqual(readdirSync(base, { recursive: true }).sort(), before);
});

test('a path is looked for in the trash of every run', async () => {
  const { code, out, err } = await run('restore', 'plan.sp', 'old/x');
  assert.equal(code, 0, said(out, err));
  assert.ok(out.includes(runs[0]!) && !out.includes(runs[1]!), out);
  assert.match(out, /1 path \(1 deleted\)/);
  assert.match(err, /syncplan restore plan\.sp --run ID old\/x\n$/);
  const none = await run('restore', 'plan.sp', 'never');
  assert.equal(none.code, 0, said(none.out, none.err));
  assert.equal(none.out, '');
  assert.match(none.err, /nothing of never is in the trash of a remote of this plan/);
});

test('the stream has an object for each host and run', async () => {
  const { code, out } = await run('restore', 'plan.sp', '--json');
  assert.equal(code, 0);
  const objects = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const found = objects.filter(({ type }) => type === 'trash');
  assert.deepEqual(
    found.map(({ host, run: of, items }) => [host, of, items.length]),
    [
      ['one', runs[0], 3],
      ['one', runs[1], 2],
      ['two', runs[0], 3],
      ['two', runs[1], 1],
    ],
  );
  for (const { since, until } of found) assert.equal(Date.parse(until) - Date.parse(since), 2 * 86_400_000);
  assert.deepEqual(objects.at(-1), { type: 'summary', exitCode: 0, found: 4, failed: 0 });
});

test('what was brought back is in the list no more, and a run that left nothing names the list', async () => {
  const { code, out, err } = await run('restore', 'plan.sp', '--run', runs[0]!, '--yes');
  assert.equal(code, 0, said(out, err));
  const left = await run('restore', 'plan.sp');
  assert.ok(!left.out.includes(runs[0]!) && left.out.includes(runs[1]!), left.out);
  const nothing = await run('restore', 'plan.sp', '--run', runs[0]!);
  assert.equal(nothing.code, 1);
  assert.match(nothing.err, /help: list the runs .*: {2}syncplan restore plan\.sp\n/);
});

test.run();
