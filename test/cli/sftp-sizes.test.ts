// Files of every size around what is sent, and written, in one piece: they arrive over SFTP as they are.
import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { SMALL_FILE } from '../../runtime/bytes/pack.js';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

let desk: Desk;
let fleet: Fleet;

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1);
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

/** What OpenSSH's server takes by one request, and what a pack brings as one record. */
const EDGES = [32_768, 255 * 1024, SMALL_FILE];

test('files around each size that is an edge arrive whole', async () => {
  const [master, root] = [join(desk.folder, 'master'), join(fleet.hosts[0]!.roots, 'web')];
  for (const folder of [master, root]) mkdirSync(folder);
  for (const edge of EDGES) {
    // Some of each: what is lost of one file must not be found in another.
    for (const size of [edge - 1, edge, edge + 1, edge + 700])
      for (const i of [1, 2, 3]) {
        const path = join(master, `${size}-${i}`);
        writeFileSync(path, Buffer.alloc(size, `${size}.${i};`));
        utimesSync(path, 1_700_000_000, 1_700_000_000);
      }
  }
  writeFileSync(
    join(desk.folder, 'plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./master" }
  host web at "sftp://host-1" { root site "${root}" }
}
role master is build
role remote is web
block b { take all in site }
`,
  );
  const { code, out, err } = await desk.run(['apply', 'plan.sp', '--ssh-config', fleet.configFile]);
  assert.equal(code, 0, said(out, err));
  assertSameTree(root, master);
});

test.run();
