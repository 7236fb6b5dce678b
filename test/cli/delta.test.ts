// Deltas over real SSH: an insertion at the front of a file costs next to nothing, and what does not come out right is sent whole.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, openDesk, said } from '../support/program.js';
import { putSite, type Site } from '../support/site.js';
import { assertSameTree } from '../support/tree.js';

let fleet: Fleet;
let desk: Desk;
let site: Site;
const at = (name: string): string => join(desk.folder, name);
const MIB = 2 ** 20;

test.before(async () => {
  desk = openDesk();
  writeFileSync(at('misreads.cjs'), MISREADS);
  const env = { NODE_OPTIONS: `--require ${at('misreads.cjs')}`, MISREAD: at('misread') };
  fleet = await makeFleet(1, { env });
  site = putSite(desk, fleet);
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

type Event = Readonly<Record<string, unknown>> & { readonly type: string };
type Summary = Readonly<
  Record<'replaced' | 'inconsistent' | 'failed' | 'bytesSent' | 'bytesLiteral' | 'bytesMatched', number>
>;

/** The master's file is put in place there; what was said of it. */
const send = async (content: Buffer): Promise<{ readonly summary: Summary; readonly events: readonly Event[] }> => {
  writeFileSync(join(site.master, 'large'), content);
  const { code, out, err } = await site.run('apply', ['--json']);
  assert.equal(code, 0, said(out, err));
  assertSameTree(site.remote, site.master);
  const events: Event[] = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  return { summary: events.at(-1) as unknown as Summary, events };
};

test('of a file of 700 KB with an insertion at its front, a few KB travel', async () => {
  const old = randomBytes(700_000);
  await send(old);
  const { summary } = await send(Buffer.concat([Buffer.from('inserted at the front'), old]));
  assert.equal(summary.replaced, 1);
  assert.equal(summary.bytesMatched + summary.bytesLiteral, 700_021);
  assert.ok(summary.bytesMatched > 698_000, `${summary.bytesMatched} bytes were matched`);
  assert.ok(summary.bytesSent < 50_000, `${summary.bytesSent} bytes were sent`);
});

test('a delta that comes out as something else than the master has is sent again, whole, and nobody sees the other', async () => {
  const old = randomBytes(MIB);
  await send(old);
  const fresh = randomBytes(MIB + 100);
  // Read once, the old file seems to begin like the new one: the delta then says to copy all of it.
  writeFileSync(at('misread'), fresh.subarray(0, MIB));
  const { summary, events } = await send(fresh);
  assert.ok(existsSync(at('misread.done')), 'nothing was misread');
  assert.ok(summary.bytesMatched > MIB - 4096, `${summary.bytesMatched} bytes were matched in vain`);
  assert.ok(summary.bytesLiteral >= fresh.length, `${summary.bytesLiteral} bytes were sent`);
  assert.deepEqual([summary.replaced, summary.inconsistent, summary.failed], [1, 0, 0]);
  assert.deepEqual(
    events.filter(({ type }) => type === 'problem' || type === 'redo'),
    [],
  );
});

/** Loaded into every Node.js of the far side: the first reading of the file that is signed brings what a file beside it holds. */
const MISREADS = `const fs = require('node:fs');
const read = fs.readSync;
fs.readSync = (descriptor, into, ...rest) => {
  const count = read(descriptor, into, ...rest);
  const lie = process.env.MISREAD;
  if (count < ${MIB} || !fs.existsSync(lie) || fs.existsSync(lie + '.done')) return count;
  if (!fs.readlinkSync('/proc/self/fd/' + descriptor).endsWith('/site/large')) return count;
  fs.readFileSync(lie).copy(into, rest[0]);
  fs.writeFileSync(lie + '.done', '');
  return count;
};
require('node:module').syncBuiltinESMExports();
`;

test.run();
