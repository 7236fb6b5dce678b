// A preview shows and counts what an apply would do: not what a host that fails holds back, and says what that is.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, openDesk, said, unwrapped } from '../support/program.js';

const planOf = (block: string, top = ''): string => `syncplan 1
${top}
fleet {
  host build at local { root site "./master"; root lists "./lists" }
  group web {
    host one at local { root site "./one"; root lists "./lists-one" }
    host two at local { root site "./two"; root lists "./lists-two" }
  }
}
role master is build
role remote is web
block pages { take all in site; ${block} }
block index after pages { take all in lists }
`;

let desk: Desk;
let base: string;

test.before.each(() => {
  desk = openDesk();
  base = desk.folder;
  for (const name of ['master', 'lists']) {
    mkdirSync(join(base, name));
    writeFileSync(join(base, name, 'file'), `of ${name}\n`);
  }
  writeFileSync(join(base, 'two'), 'a file where a root should be\n');
});
test.after.each(() => desk.remove());

const run = (...args: string[]) => desk.run(args, { cwd: base });
const summaryOf = (out: string) => JSON.parse(out.trimEnd().split('\n').at(-1)!);

test('a block that comes after one which is refused is shown as skipped on that host, and not counted', async () => {
  writeFileSync(join(base, 'plan.sp'), planOf(''));
  const { code, out, err } = await run('plan', 'plan.sp');
  assert.equal(code, 4, said(out, err));
  const text = unwrapped(out);
  assert.match(text, /two: skipped\n +block pages, which comes first, ended "refused" on two/);
  assert.match(text, /2 changes on 1 host,/);
  assert.match(text, /! 1 refused, 1 skipped/);
  const stream = summaryOf((await run('plan', 'plan.sp', '--json')).out);
  assert.deepEqual(stream.states, { compared: 2, refused: 1, skipped: 1 });
  assert.equal(stream.created, 2);
  const applied = summaryOf((await run('apply', 'plan.sp', '--json')).out);
  assert.deepEqual([applied.created, applied.states], [2, { done: 2, refused: 1, skipped: 1 }]);
});

for (const [block, top, why] of [
  ['commit together', '', /another host of this block did not get ready \(two ended "refused"\)/],
  ['', 'on failure stop', /stopped: block pages ended "refused" on two/],
] as const) {
  test(`where \`${block}${top}\` lets nobody go on, the preview says so, and apply does nothing`, async () => {
    writeFileSync(join(base, 'plan.sp'), planOf(block, top));
    const { code, out, err } = await run('plan', 'plan.sp');
    assert.equal(code, 4, said(out, err));
    assert.match(unwrapped(out), why);
    assert.match(out, /^Refused, to protect data: see above\.$/m);
    assert.match(unwrapped(out), /! 1 refused, 3 skipped/);
    assert.doesNotMatch(out, /to create/);
    assert.equal((await run('apply', 'plan.sp')).code, 4);
    assert.ok(!existsSync(join(base, 'one')) && !existsSync(join(base, 'lists-one')));
  });
}

test('where the other host merely failed, what is held back is said, and no file is said not to be compared', async () => {
  const there = planOf('commit together').replace('host two at local', 'host two at "nobody@127.0.0.1:1"');
  writeFileSync(
    join(base, 'plan.sp'),
    there.replaceAll('"./two"', '"/srv/two"').replaceAll('"./lists-two"', '"/srv/lists-two"'),
  );
  const { code, out, err } = await run('plan', 'plan.sp');
  assert.equal(code, 1, said(out, err));
  assert.match(out, /^Held back: 2 changes on 1 host, see above\.$/m);
  const saving = await run('plan', 'plan.sp', '-o', 'saved');
  assert.match(unwrapped(saving.err), /could be compared on two[\s\S]*leave it out: .* --except two/);
});

test.run();
