// The live screen, watched in a terminal multiplexer while 600 MB go to three hosts over SSH.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, PROGRAM } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

const HOSTS = ['host-1', 'host-2', 'host-3'];
const [COLUMNS, ROWS] = [90, 16];
const LONGEST_MS = 120_000;

let fleet: Fleet;
let desk: Desk;
const socket = (): string => join(desk.folder, 'tmux');
const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-S', socket(), '-f', '/dev/null', ...args], { encoding: 'utf8' });

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(HOSTS.length);
  mkdirSync(join(desk.folder, 'site/many'), { recursive: true });
  for (let i = 0; i < 200; i++) writeFileSync(join(desk.folder, `site/${i}`), randomBytes(1_000_000));
  for (let i = 0; i < 300; i++) writeFileSync(join(desk.folder, `site/many/${i}`), randomBytes(25_000));
  writeFileSync(
    join(desk.folder, 'plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  group web { root site "~/roots/site"; host "host-{1..3}" at "host-{1..3}" }
}
role master is build
role remote is web
block site { take all in site }
`,
  );
});
test.after(async () => {
  spawnSync('tmux', ['-S', socket(), 'kill-server']);
  await fleet?.stop();
  desk?.remove();
});

/** What stood on the screen from moment to moment, each picture once, and what stands there at the end. */
const watch = async (): Promise<readonly string[]> => {
  const program = [process.execPath, PROGRAM, 'apply', 'plan.sp', '--yes', '--ssh-config', fleet.configFile];
  const home = `HOME='${join(desk.folder, '../home')}' LANG=C.UTF-8`;
  const command = `cd '${desk.folder}'; env -u CI ${home} '${program.join("' '")}'; echo "ended with $?" > ended; sleep 60`;
  tmux('-u', 'new-session', '-d', '-x', `${COLUMNS}`, '-y', `${ROWS}`, command);
  const pictures: string[] = [];
  const hasEnded = (): boolean => spawnSync('test', ['-e', join(desk.folder, 'ended')]).status === 0;
  for (const until = Date.now() + LONGEST_MS; !hasEnded(); ) {
    assert.ok(Date.now() < until, `it did not end:\n${pictures.at(-1)}`);
    const picture = tmux('capture-pane', '-p');
    if (picture !== pictures.at(-1)) pictures.push(picture);
    await new Promise(resolve => setTimeout(resolve, 40));
  }
  pictures.push(tmux('capture-pane', '-p', '-S', '-'));
  return pictures;
};

const isThere = spawnSync('tmux', ['-V']).status === 0;

(isThere ? test : test.skip)(
  'progress never goes back, every host has its row, and the outcome is what stays',
  async () => {
    const pictures = await watch();
    assert.equal(readFileSync(join(desk.folder, 'ended'), 'utf8'), 'ended with 0\n', pictures.at(-1));
    for (const host of HOSTS) assertSameTree(join(fleet.folder, host, 'roots/site'), join(desk.folder, 'site'));

    const live = pictures.filter(picture => /\d %/.test(picture) && !picture.includes('Done:'));
    const percentages = live.map(picture => Number(/(\d+) %/.exec(picture)![1]));
    assert.ok(new Set(percentages).size > 10, `only ${percentages.join(' ')}`);
    assert.deepEqual(
      percentages,
      [...percentages].sort((a, b) => a - b),
    );
    for (const picture of live) {
      const lines = picture.trimEnd().split('\n');
      assert.ok(lines.length < ROWS, picture);
      assert.match(lines[0]!, /^syncplan apply {2}1 block, 3 hosts .* \d+:\d\d$/, picture);
      for (const host of HOSTS) assert.equal(lines.filter(line => line.includes(` ${host} `)).length, 1, picture);
    }
    assert.ok(
      live.some(picture => / of \d+ MiB +[\d.]+ MiB\/s/.test(picture)),
      'no rate was shown',
    );
    assert.ok(
      live.some(picture => / s left/.test(picture)),
      'no time left was shown',
    );

    const rest = pictures.at(-1)!;
    for (const host of HOSTS) assert.match(rest, new RegExp(`^ {2}✓ ${host} +done +501 created$`, 'm'));
    assert.match(rest, /^Done: every host holds what the plan says\.$/m);
    assert.doesNotMatch(rest, /staging| % /);
  },
);

test.run();
