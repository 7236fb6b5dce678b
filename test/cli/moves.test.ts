// Moves and copies over real SSH: what a remote holds under another path is made there, and what only looks alike is sent.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { putSite, type Site } from '../support/site.js';
import { assertSameTree } from '../support/tree.js';

type Context = { desk: Desk; site: Site };
const test = suite<Context>('moves');
const MIB = 2 ** 20;
let fleet: Fleet;

test.before(async () => {
  fleet = await makeFleet(1);
});
test.before.each(context => {
  context.desk = openDesk();
  context.site = putSite(context.desk, fleet, 'delete mirror { max 100% }');
});
test.after.each(({ desk, site }) => {
  desk?.remove();
  rmSync(site.remote, { recursive: true, force: true });
});
test.after(() => fleet?.stop());

type Summary = Readonly<
  Record<
    | 'run'
    | 'created'
    | 'replaced'
    | 'moved'
    | 'deleted'
    | 'failed'
    | 'inconsistent'
    | 'bytesSent'
    | 'bytesLiteral'
    | 'bytesMatched',
    number
  >
>;

const apply = async ({ site }: Context, args: readonly string[] = []): Promise<Summary> => {
  const { code, out, err } = await site.run('apply', ['--json', ...args]);
  assert.equal(code, 0, said(out, err));
  assertSameTree(site.remote, site.master);
  return JSON.parse(out.trimEnd().split('\n').at(-1)!);
};

/** What the times of a file say of it is believed once they are old enough. */
const settle = (): Promise<void> => setTimeout(2_200);

test('a file that was moved is given its new name there, and none of its content travels', async context => {
  const { site } = context;
  writeFileSync(join(site.master, 'large'), randomBytes(3 * MIB));
  await apply(context);
  const { ino } = statSync(join(site.remote, 'large'));
  await settle();
  mkdirSync(join(site.master, 'folder'));
  renameSync(join(site.master, 'large'), join(site.master, 'folder', 'elsewhere'));
  const { moved, created, deleted, bytesMatched, bytesLiteral, bytesSent } = await apply(context);
  assert.deepEqual([moved, created, deleted, bytesMatched, bytesLiteral], [1, 1, 1, 3 * MIB, 0]);
  assert.ok(bytesSent < 20_000, `${bytesSent} bytes were sent`);
  assert.equal(statSync(join(site.remote, 'folder', 'elsewhere')).ino, ino, 'it is the same file');
});

test('what was moved a moment after it came, or gets another mode, is copied there, and none of it travels', async context => {
  const { site } = context;
  writeFileSync(join(site.master, 'large'), randomBytes(3 * MIB));
  await apply(context);
  const { ino } = statSync(join(site.remote, 'large'));
  renameSync(join(site.master, 'large'), join(site.master, 'elsewhere'));
  chmodSync(join(site.master, 'elsewhere'), 0o640);
  const { moved, bytesMatched, bytesLiteral } = await apply(context);
  assert.deepEqual([moved, bytesMatched, bytesLiteral], [1, 3 * MIB, 0]);
  assert.notEqual(statSync(join(site.remote, 'elsewhere')).ino, ino);
});

test('a folder that was renamed, with what is small and what is tiny, two of it alike and one altered', async context => {
  const { site } = context;
  const old = join(site.master, 'old');
  mkdirSync(old);
  for (let i = 0; i < 60; i++) writeFileSync(join(old, `file-${i}`), randomBytes(2000 + (i % 7)));
  copyFileSync(join(old, 'file-1'), join(old, 'twin-of-1'));
  writeFileSync(join(old, 'tiny'), 'tiny');
  writeFileSync(join(old, 'empty'), '');
  await apply(context);
  await settle();
  renameSync(old, join(site.master, 'new'));
  const altered = join(site.master, 'new', 'file-3');
  const { size, atime, mtime } = statSync(altered);
  writeFileSync(altered, randomBytes(size));
  utimesSync(altered, atime, mtime);
  const { moved, created, bytesLiteral } = await apply(context);
  assert.equal(moved, 60);
  assert.equal(created, 4, 'the folder, what is tiny, what is empty and what was altered');
  assert.equal(bytesLiteral, size + 4);
});

test('a file that was copied is copied there, also where nothing is ever deleted', async context => {
  const { site, desk } = context;
  const plan = readFileSync(join(desk.folder, 'rollout.sp'), 'utf8');
  writeFileSync(join(desk.folder, 'rollout.sp'), plan.replace('delete mirror { max 100% }', 'delete never'));
  writeFileSync(join(site.master, 'large'), randomBytes(MIB + 1));
  await apply(context);
  await settle();
  copyFileSync(join(site.master, 'large'), join(site.master, 'copy'));
  const { moved, created, bytesMatched, bytesLiteral } = await apply(context);
  assert.deepEqual([moved, created, bytesMatched, bytesLiteral], [0, 1, MIB + 1, 0]);
  const [one, other] = [statSync(join(site.remote, 'large')), statSync(join(site.remote, 'copy'))];
  assert.notEqual(one.ino, other.ino);
  // Moved on the master, what stands there under the old name stays, so what comes is a copy as well.
  renameSync(join(site.master, 'copy'), join(site.master, 'moved'));
  const { code, out, err } = await site.run('apply', ['--json']);
  assert.equal(code, 0, said(out, err));
  const second: Summary = JSON.parse(out.trimEnd().split('\n').at(-1)!);
  assert.deepEqual([second.moved, second.created, second.deleted, second.bytesLiteral], [0, 1, 0, 0]);
  assert.equal(statSync(join(site.remote, 'copy')).nlink, 1);
});

test('names that rotate each get the content of the next, and none of it travels but what is new', async context => {
  const { site } = context;
  const log = (number: number): string => join(site.master, `log.${number}`);
  const rotate = (content: Buffer): void => {
    for (let number = 3; number > 1; number--) renameSync(log(number - 1), log(number));
    writeFileSync(log(1), content);
  };
  for (const number of [1, 2, 3]) writeFileSync(log(number), randomBytes(MIB + number));
  await apply(context);
  await settle();
  rotate(randomBytes(MIB));
  const { moved, replaced, bytesLiteral } = await apply(context);
  assert.deepEqual([moved, replaced, bytesLiteral], [2, 1, MIB]);
  for (const number of [1, 2, 3]) assert.equal(statSync(join(site.remote, `log.${number}`)).ino > 0, true);
});

test('two files that change places do so without a byte of them on the way', async context => {
  const { site } = context;
  const at = (name: string): string => join(site.master, name);
  for (const name of ['a', 'b']) writeFileSync(at(name), randomBytes(MIB + 1));
  await apply(context);
  await settle();
  renameSync(at('a'), at('c'));
  renameSync(at('b'), at('a'));
  renameSync(at('c'), at('b'));
  const { moved, bytesLiteral } = await apply(context);
  assert.deepEqual([moved, bytesLiteral], [2, 0]);
  assert.deepEqual([statSync(join(site.remote, 'a')).nlink, statSync(join(site.remote, 'b')).nlink], [1, 1]);
});

test('a file with a further name is copied, and the further name stays what it was', async context => {
  const { site } = context;
  writeFileSync(join(site.master, 'a'), randomBytes(MIB + 5));
  linkSync(join(site.master, 'a'), join(site.master, 'b'));
  await apply(context);
  await settle();
  rmSync(join(site.master, 'b'));
  renameSync(join(site.master, 'a'), join(site.master, 'c'));
  linkSync(join(site.master, 'c'), join(site.master, 'd'));
  const { moved, bytesLiteral } = await apply(context);
  assert.deepEqual([moved, bytesLiteral], [1, 0]);
  assert.equal(lstatSync(join(site.remote, 'c')).ino, lstatSync(join(site.remote, 'd')).ino);
});

test('with `mode whole` everything is sent', async context => {
  const { site, desk } = context;
  const plan = readFileSync(join(desk.folder, 'rollout.sp'), 'utf8');
  writeFileSync(
    join(desk.folder, 'rollout.sp'),
    plan.replace('take all in site', 'take all in site\n  transfer { mode whole }'),
  );
  writeFileSync(join(site.master, 'large'), randomBytes(MIB + 1));
  await apply(context);
  await settle();
  renameSync(join(site.master, 'large'), join(site.master, 'elsewhere'));
  const { moved, created, bytesLiteral } = await apply(context);
  assert.deepEqual([moved, created, bytesLiteral], [0, 1, MIB + 1]);
});

test('what was moved comes back from the trash as a file of its own', async context => {
  const { site } = context;
  writeFileSync(join(site.master, 'large'), randomBytes(MIB + 7));
  await apply(context);
  await settle();
  renameSync(join(site.master, 'large'), join(site.master, 'elsewhere'));
  const { run, moved } = await apply(context);
  assert.equal(moved, 1);
  const { code, out, err } = await site.run('restore', ['--run', String(run), '--yes']);
  assert.equal(code, 0, said(out, err));
  const [back, other] = [statSync(join(site.remote, 'large')), statSync(join(site.remote, 'elsewhere'))];
  assert.deepEqual([back.nlink, other.nlink], [1, 1], said(out, err));
  assert.deepEqual(readFileSync(join(site.remote, 'large')), readFileSync(join(site.remote, 'elsewhere')));
});

test.run();
