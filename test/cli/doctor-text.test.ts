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

/** What is said below the head of the first block that begins so. */
const block = (lines: readonly string[], head: string): string => {
  const start = lines.findIndex(line => line.startsWith(head));
  assert.ok(start > 0, lines.join('\n'));
  return lines.slice(start, lines.indexOf('', start)).join('\n');
};

test('what to do about several hosts is said for all of them, and what differs is told for each', () => {
  const said = block(told(200), 'gone-1, gone-2 (2 hosts)');
  assert.match(said, /✗ failed +nothing answers there: ssh: connect to host HOST port 22: Connection refused\n/);
  assert.match(
    said,
    /\n {4}help: Try it by hand: ssh -- HOST\n {4}where: HOST is 10\.0\.0\.1 for gone-1 and 10\.0\.0\.2 for gone-2$/,
  );
  // One of its kind is told as it is.
  const alone = block(told(200, [unreachable('gone-1', '10.0.0.1')]), 'gone-1: ssh 10.0.0.1');
  assert.match(alone, /connect to host 10\.0\.0\.1 port 22.*\n +help: Try it by hand: ssh -- 10\.0\.0\.1$/);
});

test('names of the SSH configuration, what it calls hosts, and their ports are told apart', () => {
  const behind = (host: string, address: string, port: number): Examined => ({
    host,
    roots: [],
    trouble: {
      code: 'unreachable',
      message: `${host}: nothing answers there: ssh: connect to host ${address} port ${port}: Connection refused`,
      help: `Try it by hand: ssh -- ${host}`,
      refusal: false,
    },
  });
  const same = block(told(200, [behind('a', '10.0.0.9', 22), behind('b', '10.0.0.9', 22)]), 'a, b (2 hosts)');
  assert.match(
    same,
    /connect to host 10\.0\.0\.9 port 22: .*\n +help: Try it by hand: ssh -- HOST\n +where: HOST is the name of each$/,
  );
  const ports = block(told(200, [behind('a', '10.0.0.9', 22), behind('b', '10.0.0.9', 2222)]), 'a, b (2 hosts)');
  assert.match(
    ports,
    /10\.0\.0\.9 port PORT: .*\n.* HOST\n +where: HOST is the name of each; PORT is 22 for a and 2222 for b$/,
  );
  const both = block(told(200, [behind('a', '10.0.0.1', 22), behind('b', '10.0.0.2', 22)]), 'a, b (2 hosts)');
  assert.match(both, /connect to host ADDRESS port 22: /);
  assert.match(both, /where: HOST is the name of each; ADDRESS is 10\.0\.0\.1 for a and 10\.0\.0\.2 for b$/);
  // A name within a word is none.
  assert.doesNotMatch(both, /HOSTl|nothing HOST/);
});

test('of many hosts it is said for the first of them what a word stands for', () => {
  const many = Array.from({ length: 30 }, (_, i) => unreachable(`gone-${i + 1}`, `10.0.0.${i + 1}`));
  const said = block(told(2000, many), 'gone-1 … gone-30 (30 hosts)');
  assert.match(said, /where: HOST is 10\.0\.0\.1 for gone-1, .* 10\.0\.0\.8 for gone-8 and so on for 22 more$/);
});

test('of hosts that are alike the least exact clock and the smallest space are told', () => {
  const lines = told(120);
  const said = block(lines, 'web-1 … web-56');
  assert.match(said, /clock +as here, to within 0\.06 s\n/);
  assert.match(said, /there, at least 45\.0 GiB and 999,945 files free, may be written to/);
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
  assert.equal(text.match(/plan asks +a hook \(blocks app and db\)/g)?.length, 1);
  assert.match(
    text,
    /✗ plan asks +a hook \(blocks block-0, block-1, block-2, block-3 and 5 more\): it runs no programs\n +help: /,
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
