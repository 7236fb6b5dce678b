// Everything a file is, over real SSH, as root: owners, access lists, extended attributes, special bits, holes; rsync is the oracle.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { canKeep, isRoot } from '../host/attributes.js';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { putSite, type Site } from '../support/site.js';

let fleet: Fleet;
let desk: Desk;
let site: Site;
const at = (name: string): string => join(site.master, name);
const oracle = (): string => join(desk.folder, 'oracle');

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1);
  site = putSite(
    desk,
    fleet,
    'delete mirror { max 100% }\n  attributes mode, modified, owner, group, acl, xattr, special',
  );
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const put = (name: string, content: string, { mode = 0o644, owner = 0, group = 0 } = {}): void => {
  writeFileSync(at(name), content);
  chownSync(at(name), owner, group);
  chmodSync(at(name), mode);
  utimesSync(at(name), 1_600_000_000.123_456, 1_600_000_000.123_456);
};

/** What rsync would still have to do to make one like the other; times of folders are nobody's. */
const differences = (from: string, to: string): string =>
  execFileSync('rsync', ['-aHAXOnic', '--numeric-ids', '--delete', '--exclude=/.syncplan', `${from}/`, `${to}/`], {
    encoding: 'utf8',
  });

const applyAndCompare = async (): Promise<void> => {
  execFileSync('rsync', ['-aHAXOS', '--numeric-ids', '--delete', `${site.master}/`, `${oracle()}/`]);
  const { code, out, err } = await site.run('apply');
  assert.equal(code, 0, said(out, err));
  assert.equal(differences(oracle(), site.remote), '');
  assert.equal(differences(site.master, site.remote), '');
  assert.equal((await site.run('plan', ['--exit-code'])).code, 0, 'a second run would do something');
};

const keepsAll = isRoot && canKeep('xattr') && canKeep('acl');

(keepsAll ? test : test.skip)('all of it arrives, and so does what changes of it', async () => {
  mkdirSync(at('folder'));
  chownSync(at('folder'), 1234, 4321);
  chmodSync(at('folder'), 0o2750);
  put('folder/owned', 'by numbers that nobody has\n', { owner: 1234, group: 4321, mode: 0o640 });
  put('setuid', '#!/bin/sh\n', { mode: 0o4755, owner: 1 });
  put('listed', 'with an access list\n');
  execFileSync('setfacl', ['-m', 'u:1:rw,g:2:r', at('listed')]);
  execFileSync('setfacl', ['-d', '-m', 'u:1:rx', at('folder')]);
  put('noted', 'with extended attributes\n');
  execFileSync('setfattr', ['-n', 'user.note', '-v', '0x00ff0a', at('noted')]);
  put('first', 'two names\n');
  linkSync(at('first'), at('folder/second'));
  symlinkSync('folder/owned', at('link'));
  execFileSync('truncate', ['-s', '8M', at('holes')]);
  await applyAndCompare();
  assert.ok(statSync(join(site.remote, 'holes')).blocks * 512 < 1_000_000, 'the holes were filled');

  chownSync(at('folder/owned'), 4321, 1234);
  chmodSync(at('setuid'), 0o755);
  execFileSync('setfacl', ['-b', at('listed')]);
  execFileSync('setfattr', ['-x', 'user.note', at('noted')]);
  execFileSync('setfattr', ['-n', 'user.other', '-v', 'new', at('noted')]);
  rmSync(at('folder/second'));
  chmodSync(at('first'), 0o6711);
  await applyAndCompare();
});

test.run();
