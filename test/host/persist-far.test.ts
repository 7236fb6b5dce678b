// A large file is written out to its disk while it still comes, through a shell and over SFTP, and a sync that failed is told.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { type FileVerbs, type Folder, isFault, type Sink } from '../../runtime/host/file-verbs.js';
import { parseNames } from '../../runtime/host/local-names.js';
import { FSYNC } from '../../runtime/host/sftp/deeds.js';
import { makeSftpVerbs } from '../../runtime/host/sftp/verbs.js';
import { probeTools } from '../../runtime/host/shell/probe.js';
import { makeShellVerbs } from '../../runtime/host/shell/verbs.js';
import { FAILURE, FOLDER, OK, startPeer } from '../support/sftp-peer.js';
import { startShell } from './far-shell.js';

const ATTRIBUTES = { mode: 0o644, modified: null };
const PART = Buffer.alloc(400_000, 'syncplan');
const none = parseNames('');

const sinkIn = async (verbs: FileVerbs, root: Folder, name = 'f'): Promise<Sink> => {
  const sink = await verbs.write(root, name);
  if (isFault(sink)) throw new Error(sink.message);
  return sink;
};

/** A shell whose `sync` writes down what it was given, and ends with the status that stands in `status`. */
const withShell = async (
  work: (verbs: FileVerbs, root: Folder, there: { said: () => string[]; fail: () => void }) => Promise<void>,
): Promise<void> => {
  const tools = mkdtempSync(join(tmpdir(), 'syncplan-tools-'));
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-persist-'));
  const [log, status] = [join(tools, 'log'), join(tools, 'status')];
  writeFileSync(log, '');
  const own = `#!/bin/sh\necho "$*" >>${log}\nsleep 0.2\n[ ! -e ${status} ] || exit 1\nexec /bin/sync "$@"\n`;
  writeFileSync(join(tools, 'sync'), own);
  chmodSync(join(tools, 'sync'), 0o755);
  const far = startShell({ environment: { PATH: `${tools}:${process.env.PATH}` } });
  try {
    const verbs = makeShellVerbs({
      session: far.session,
      tools: await probeTools(far.session),
      users: none,
      groups: none,
      now: Date.now,
    });
    const root = await verbs.open(folder);
    if (isFault(root)) throw new Error(root.message);
    writeFileSync(log, '');
    await work(verbs, root.folder, {
      said: () => readFileSync(log, 'utf8').trimEnd().split('\n'),
      fail: () => writeFileSync(status, ''),
    });
  } finally {
    await far.stop();
    for (const made of [tools, folder]) rmSync(made, { recursive: true });
  }
};

test('a shell syncs the file beside what it still takes, one sync after another, and nothing more is waited for', () =>
  withShell(async (verbs, root, { said }) => {
    const sink = await sinkIn(verbs, root);
    for (let i = 0; i < 3; i++) {
      assert.equal(await sink.write(PART), null);
      sink.persist!();
    }
    assert.equal(await sink.finish(ATTRIBUTES), null);
    assert.deepEqual(said(), ['./f', './f', './f']);
    const [stat] = await verbs.stat([{ at: root, name: 'f' }]);
    assert.equal(isFault(stat!) ? stat.fault : stat!.size, 3 * PART.length);
  }));

test('a sync that failed there fails the file, also where it ended long before, and every file that comes later', () =>
  withShell(async (verbs, root, { fail, said }) => {
    fail();
    const sink = await sinkIn(verbs, root);
    await sink.write(PART);
    sink.persist!();
    await new Promise(resolve => setTimeout(resolve, 400));
    const finished = await sink.finish(ATTRIBUTES);
    assert.equal(isFault(finished!) && finished.fault, 'EIO');
    // Whose bytes were lost nobody knows.
    const other = await sinkIn(verbs, root, 'g');
    await other.write(PART);
    assert.equal(isFault((await other.finish(ATTRIBUTES))!), true);
    assert.equal(said().length, 1, 'a sync that failed is not tried again');
  }));

/** What a server with so many sessions is asked, and says to syncs. */
const withPeer = async (
  most: number,
  synced: number,
  work: (verbs: FileVerbs, root: Folder, asked: () => string[]) => Promise<void>,
): Promise<void> => {
  const peer = await startPeer(
    (request, at) => {
      if (request === 'OPEN') return { handle: at };
      if (request === 'REALPATH') return { names: [[at, FOLDER]] };
      if (request === 'LSTAT' || request === 'STAT') return { attrs: FOLDER };
      return { status: request === 'EXTENDED' ? synced : OK };
    },
    5_000,
    most,
    [FSYNC],
  );
  try {
    const verbs = makeSftpVerbs({ session: peer.session, home: '/home', userId: 1000, users: none, groups: none });
    const root = await verbs.open('/root');
    if (isFault(root)) throw new Error(root.message);
    await work(verbs, root.folder, () => peer.asked.filter(line => /^(OPEN|CLOSE|EXTENDED)/.test(line)));
  } finally {
    await peer.close();
  }
};

test('an SFTP server syncs the file by another session, opened once, and both are closed', () =>
  withPeer(2, OK, async (verbs, root, asked) => {
    const sink = await sinkIn(verbs, root);
    for (let i = 0; i < 3; i++) {
      assert.equal(await sink.write(PART), null);
      sink.persist!();
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    assert.equal(await sink.finish(ATTRIBUTES), null);
    const sync = `EXTENDED ${FSYNC}`;
    assert.deepEqual(asked().slice(0, 5), ['OPEN /root/f', 'OPEN /root/f', sync, sync, sync]);
    assert.deepEqual(asked().slice(5), ['CLOSE /root/f', 'CLOSE /root/f']);
  }));

test('a server with one session is asked for no sync meanwhile: it would take nothing more', () =>
  withPeer(1, OK, async (verbs, root, asked) => {
    const sink = await sinkIn(verbs, root);
    await sink.write(PART);
    sink.persist!();
    assert.equal(await sink.finish(ATTRIBUTES), null);
    assert.deepEqual(asked(), ['OPEN /root/f', 'CLOSE /root/f']);
  }));

test('a sync that failed at the server is told by the next write, and by the end', () =>
  withPeer(2, FAILURE, async (verbs, root, asked) => {
    const sink = await sinkIn(verbs, root);
    await sink.write(PART);
    sink.persist!();
    await new Promise(resolve => setTimeout(resolve, 100));
    assert.equal(isFault((await sink.write(PART))!), true);
    sink.persist!();
    assert.equal(isFault((await sink.finish(ATTRIBUTES))!), true);
    assert.equal(asked().filter(line => line.startsWith('EXTENDED')).length, 1, 'it is not tried again');
  }));

test.run();
