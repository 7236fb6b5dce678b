// doctor's words: a line for each host, everything said once for hosts that are alike, nothing wider than the terminal.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { doctorText } from '../../runtime/cli/doctor-text.js';
import type { Examined } from '../../runtime/cli/examine.js';
import { NO_LIMITS } from '../../runtime/host/about.js';
import { widthOf } from '../../runtime/ui/fit.js';
import { hostPlan } from '../host/host-plan.js';
import { makeMemoryPlace } from '../support/fixture.js';
import { makeMemoryHost } from '../support/memory-host.js';

const { facts } = makeMemoryHost(makeMemoryPlace().disk);

const web = (host: string, at: number, more: Partial<Examined> = {}): Examined => ({
  host,
  kind: 'agent',
  why: 'Node.js 20.19.0 was found there',
  facts: { ...facts, weaker: [] },
  locks: true,
  programs: true,
  about: { clock: { ahead: at % 3, within: 5 + at }, openFiles: 1024, tools: [], server: NO_LIMITS },
  unkept: [],
  roots: [
    {
      root: 'site',
      path: '/srv/www/site',
      role: 'remote',
      state: 'there',
      space: { bytes: 2 ** 30 * (100 - at), inodes: 1_000_000 - at },
      marker: null,
      fileSystem: 'ext4',
      writable: true,
    },
  ],
  ...more,
});

const unreachable = (host: string, address: string): Examined => ({
  host,
  roots: [],
  trouble: {
    code: 'unreachable',
    message: `${host}: nothing answers there: ssh: connect to host ${address} port 22: Connection refused`,
    help: `Try it by hand: ssh -- ${address}`,
    refusal: false,
  },
});

const asked = (blocks: string[], asks: string, fails: boolean) => ({
  blocks,
  asks,
  why: 'it runs no programs',
  help: 'run the hook `on server`',
  fails,
});

const FLEET: readonly Examined[] = [
  ...Array.from({ length: 56 }, (_, i) => web(`web-${i + 1}`, i)),
  web('plain-1', 0, { kind: 'shell', unkept: [asked(['app', 'db'], 'a hook', false)] }),
  web('shop', 0, {
    kind: 'sftp',
    unkept: [
      asked(
        Array.from({ length: 9 }, (_, i) => `block-${i}`),
        'a hook',
        true,
      ),
    ],
    facts: { ...facts, weaker: ['no locks: another run, or anybody else, may write at the same time'] },
  }),
  unreachable('gone-1', '10.0.0.1'),
  unreachable('gone-2', '10.0.0.2'),
];

const told = (width: number, fleet = FLEET): string[] =>
  doctorText(
    fleet.map(found => ({ found, host: hostPlan(found.host, { kind: 'ssh', host: addressOf(found.host), base: '' }) })),
    { colour: false, width, unicode: true },
  ).split('\n');

const addressOf = (host: string): string => (host.startsWith('gone-') ? `10.0.0.${host.slice(5)}` : host);

test('sixty hosts are a table of one line each, and a block for each kind of answer', () => {
  const lines = told(100);
  const end = lines.indexOf('');
  assert.equal(lines[0], '  host     driven by  verdict');
  const table = lines.slice(1, end);
  assert.equal(table.length, 60);
  assert.deepEqual(
    table.slice(0, 5).map(line => line.slice(0, 62).trimEnd()),
    [
      '✗ gone-1   –          fails             nothing answers there:',
      '✗ gone-2   –          fails             nothing answers there:',
      '! plain-1  shell      ready but weaker  a hook (blocks app and',
      '✗ shop     sftp       fails             a hook (blocks block-0',
      '✓ web-1    agent      ready',
    ],
  );
  assert.equal(table.at(-1), '✓ web-56   agent      ready');
  const heads = lines.slice(end).filter((line, i, all) => line !== '' && all[i - 1] === '');
  assert.deepEqual(heads, [
    'gone-1, gone-2 (2 hosts): .',
    'plain-1: ssh plain-1, .',
    'shop: ssh shop, .',
    'web-1 … web-56 (56 hosts): .',
  ]);
  assert.ok(lines.length < 130, `${lines.length} lines`);
});

test('of hosts that are alike the least exact clock and the smallest space are told', () => {
  const lines = told(120);
  const block = lines.slice(lines.findIndex(line => line.startsWith('web-1 … web-56'))).join('\n');
  assert.match(block, /clock +as here, to within 0\.06 s\n/);
  assert.match(block, /there, at least 45\.0 GiB and 999,945 files free, may be written to/);
  const single = told(120, [web('web-1', 1)]).join('\n');
  assert.match(single, /there, 99\.0 GiB and 999,999 files free/);
});

test('a host that differs in anything else stands by itself', () => {
  const odd = web('web-3', 3, { locks: false });
  const heads = told(100, [web('web-1', 1), web('web-2', 2), odd, web('web-4', 4)]).filter(line => /^web/.test(line));
  assert.deepEqual(heads, ['web-1, web-2, web-4 (3 hosts): .', 'web-3: ssh web-3, .']);
});

test('what several blocks ask for is said once, and what fails is the reason that is told', () => {
  const text = told(200).join('\n');
  assert.equal(text.match(/asked +a hook \(blocks app and db\)/g)?.length, 1);
  assert.match(
    text,
    /✗ asked +a hook \(blocks block-0, block-1, block-2, block-3 and 5 more\): it runs no programs\n +help: /,
  );
});

test('no line is wider than the terminal, and no word of the details is lost', () => {
  const words = (lines: readonly string[]): string[] => lines.slice(lines.indexOf('')).join(' ').split(/\s+/);
  const whole = words(told(1000));
  for (const width of [60, 80, 120]) {
    const lines = told(width);
    for (const line of lines) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
    assert.deepEqual(words(lines), whole);
  }
});

test.run();
