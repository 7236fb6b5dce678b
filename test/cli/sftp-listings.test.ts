// What a run over SFTP lists, as a real server logs it: each folder once, and none that the plan leaves out.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Desk, openDesk, said } from '../support/program.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { assertSameTree } from '../support/tree.js';

let server: Sshd;
let desk: Desk;

test.before(async () => {
  desk = openDesk();
  const program = PLACES.find(path => existsSync(path));
  assert.ok(program !== undefined, `no sftp-server in any of ${PLACES.join(' ')}`);
  writeFileSync(log(), '');
  server = await startSshd({ lines: [`Subsystem sftp ${program} -e -l VERBOSE 2>>${log()}`] });
  for (const folder of DEEPEST) {
    mkdirSync(join(desk.folder, 'site', folder), { recursive: true });
    const file = join(desk.folder, 'site', folder, 'file');
    writeFileSync(file, folder);
    // At a whole second: SFTP carries no finer times.
    utimesSync(file, 1_600_000_000, 1_600_000_000);
  }
  mkdirSync(join(desk.folder, 'site/app/empty'));
  mkdirSync(join(desk.folder, 'there'));
  writeFileSync(
    join(desk.folder, 'plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host shop at "sftp://there" { root site "${desk.folder}/there" }
}
role master is build
role remote is shop
block app { take all except "app/own/**" in site }
`,
  );
});
test.after(async () => {
  await server?.stop();
  desk?.remove();
});

const PLACES = ['openssh/sftp-server', 'ssh/sftp-server', 'sftp-server'].flatMap(name => [
  `/usr/lib/${name}`,
  `/usr/libexec/${name}`,
]);

const log = (): string => join(desk.folder, 'log');

/** 110 folders deep, and beside each other; `a-b` comes after all that is in `a`. */
const DEEPEST = [
  'app',
  'app/a/one',
  'app/a/two',
  'app/a-b',
  `app/deep${'/x'.repeat(110)}`,
  ...Array.from({ length: 300 }, (_, i) => `app/wide/${i % 7}/${i}`),
];

/** Each folder that is to be listed, in order of the text. */
const ALL = [
  ...new Set(DEEPEST.flatMap(path => path.split('/').map((_, i, names) => names.slice(0, i + 1).join('/')))),
].sort();

/** Folders below the root that a run lists, as often as it does. */
const listedBy = async (...command: readonly string[]): Promise<string[]> => {
  const before = readFileSync(log(), 'utf8').length;
  const ended = await desk.run([...command, 'plan.sp', '--ui', 'quiet', '--ssh-config', server.configFile]);
  assert.equal(ended.code, 0, said(ended.out, ended.err));
  const top = `opendir "${desk.folder}/there/`;
  const lines = readFileSync(log(), 'utf8').slice(before).split('\n');
  const below = lines.filter(line => line.startsWith(`${top}app`));
  return below.map(line => line.slice(top.length, line.lastIndexOf('"'))).sort();
};

test('what was put in place is verified by listing each folder once', async () => {
  assert.deepEqual(await listedBy('apply', '--yes'), ALL);
  assertSameTree(join(desk.folder, 'there'), join(desk.folder, 'site'));
});

test('with nothing to do each folder is listed once, and none that is left out', async () => {
  mkdirSync(join(desk.folder, 'there/app/own/many'), { recursive: true });
  assert.deepEqual(await listedBy('plan'), [...ALL, 'app/empty'].sort());
});

test.run();
