// Tests of what is told once: what a guard saw, and hosts that failed alike but for their names.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { palette } from '../../runtime/ui/colour.js';
import { kindOf } from '../../runtime/ui/host-fault.js';
import { openLines } from '../../runtime/ui/lines.js';
import { previewText } from '../../runtime/ui/preview-text.js';
import { problemLines } from '../../runtime/ui/problem-text.js';
import { barePreview } from './bare-preview.js';
import { hostName, recordedRun } from './recorded.js';

test('A guard is told once on the way, too: the host is then merely refused', () => {
  const events = recordedRun({ hosts: 2, blocks: 1, command: 'plan' });
  const seen = { message: 'would delete 512 of 600 entries', help: 'say --allow-delete' };
  const place = { time: events[0]!.time, block: 'app', host: hostName(1) };
  const elsewhere = { ...place, host: hostName(2), message: `refused on ${hostName(1)}: ${seen.message}` };
  let text = '';
  const lines = openLines({ write: line => (text += line), colour: false, width: 100, unicode: true });
  lines.event(events[0]!);
  lines.event({ type: 'guard', ...place, guard: 'deletions', ...seen });
  lines.event({ type: 'block', ...place, state: 'refused', ...seen });
  lines.event({ type: 'block', ...elsewhere, state: 'refused', help: seen.help });
  assert.deepEqual(
    text
      .replace(/^ *\d+:\d+ {2}/gm, '')
      .trimEnd()
      .split('\n')
      .slice(1),
    [
      `app → ${hostName(1)}  guard deletions: would delete 512 of 600 entries`,
      '  help: say --allow-delete',
      `app → ${hostName(1)}  refused`,
      `app → ${hostName(2)}  refused: ${elsewhere.message}`,
      '  help: say --allow-delete',
    ],
  );
});

test('What a guard saw is said once by a preview, though it is also why the host is refused', () => {
  const seen = { message: 'would delete 512 of 600 entries', help: 'say --allow-delete' };
  const of = (message: string): string => {
    const guards = [{ guard: 'deletions', ...seen }] as const;
    const preview = barePreview({ state: 'refused', message, help: seen.help, guards });
    return previewText(preview, { colour: false, width: 100 });
  };
  const text = of(seen.message);
  assert.equal(text.match(/would delete 512/g)?.length, 1, text);
  assert.equal(text.match(/help: say --allow-delete/g)?.length, 1, text);
  assert.match(text, /^ {4}! guard deletions {2}would delete 512 of 600 entries$/m);
  assert.match(of('refused for another reason'), /another reason\n.*\n.*! guard deletions {2}would delete/);
});

test('Faults are alike where only names, addresses and ports of the host differ, never where a fingerprint does', () => {
  const of = (host: string, address: string, port: number, why = 'Connection refused') =>
    kindOf({
      host,
      code: 'unreachable',
      message: `${host}: connecting: connect to host ${address} port ${port}: ${why}`,
      help: `Start sshd. Try by hand: ssh -p ${port} -- deploy@${address}`,
    });
  const one = of('web-1', '10.0.0.1', 22);
  assert.equal(of('web-2', '10.0.0.2', 2222), one);
  assert.equal(of('b', 'b.example.org', 22), one);
  assert.notEqual(of('web-2', '10.0.0.2', 22, 'No route to host'), one);
  assert.notEqual(
    of('web-1', '10.0.0.1', 22, 'it offers SHA256:abc'),
    of('web-2', '10.0.0.2', 22, 'it offers SHA256:abd'),
  );
});

test('A problem that a host told in several rounds is that of one host', () => {
  const told = { block: 'app', path: 'c', code: 'in-the-way', message: 'a file appeared there', help: null } as const;
  const text = (...hosts: string[]): string =>
    problemLines(
      hosts.map(host => ({ ...told, host })),
      undefined,
      100,
      palette(false),
    ).join('\n');
  assert.match(text('web-1', 'web-1'), /c {2}\(block app on web-1\)/);
  assert.match(text('web-1', 'web-2', 'web-1', 'web-2'), /c {2}\(block app on 2 hosts\)/);
});

test.run();
