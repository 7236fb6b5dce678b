// Tests of the preview in words: everything that would be done, hosts that face the same together, deletions apart.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { ChangeLine, Preview, PreviewRelation } from '../../runtime/engine/events.js';
import { previewText } from '../../runtime/ui/preview-text.js';

const change = (kind: ChangeLine['change'], path: string, rest: Partial<ChangeLine> = {}): ChangeLine => ({
  change: kind,
  path,
  kind: 'file',
  bytes: 0,
  detail: '',
  ...rest,
});

const CHANGES: readonly ChangeLine[] = [
  change('create', 'index.html', { bytes: 12_345 }),
  change('create', 'assets', { kind: 'folder' }),
  change('replace', 'assets/app.js', { bytes: 1_234_567, detail: 'size 10 → 12' }),
  change('replace', 'a\nb\xff', { bytes: 7, detail: 'content' }),
  change('attributes', 'bin/run', { detail: 'mode 0644 → 0755' }),
  change('link', 'current', { kind: 'link', detail: '→ releases/gr\xc3\xbcn\x1b' }),
  change('delete', 'old.html'),
  change('delete', 'old', { kind: 'folder' }),
];

const relation = (host: string, rest: Partial<PreviewRelation> = {}): PreviewRelation => ({
  block: 'app',
  host,
  state: 'compared',
  strategy: 'verify, 3 rounds every 2s, then fail',
  createsRoot: null,
  changes: CHANGES.map(line => ({ ...line })),
  problems: [],
  guards: [],
  drift: [],
  unfinished: 0,
  owed: [],
  unchanged: 9_986,
  skipped: 0,
  bytes: 1_246_919,
  alike: { files: 0, bytes: 0 },
  ...rest,
});

const textOf = (relations: readonly PreviewRelation[], rest: Partial<Preview> & { verbose?: boolean } = {}): string =>
  previewText(
    {
      relations,
      hosts: rest.hosts ?? [],
      weaker: rest.weaker ?? [],
      unkept: rest.unkept ?? [],
      routes: rest.routes ?? [],
      specialBits: rest.specialBits ?? [],
    },
    { colour: false, width: 100, verbose: rest.verbose ?? false },
  );

test('Hosts that face the same share one list, and every kind of change has a sign and a word', () => {
  const relations = Array.from({ length: 27 }, (_, i) => relation(`web-${i + 1}`));
  assert.equal(
    textOf([...relations, relation('web-28', { changes: [], bytes: 0 })]),
    [
      'app',
      '  27 hosts: same 8 changes  (web-1, web-2, web-3, … web-27)',
      '    + create      index.html                          12.1 KiB',
      '    + create      assets/',
      '    ~ replace     assets/app.js  size 10 → 12          1.2 MiB',
      '    ~ replace     a\\nb\\xff       content                   7 B',
      '    ± attributes  bin/run        mode 0644 → 0755',
      '    → link        current        → releases/grün\\x1b',
      '    2 deletions:',
      '    - delete      old.html',
      '    - delete      old/',
      '    1.2 MiB to send; 9,986 unchanged; consistency: verify, 3 rounds every 2s, then fail',
      '  web-28: nothing to change',
      '',
      '216 changes on 27 hosts, 32.1 MiB to send',
      '54 to create, 54 to replace, 27 with other attributes, 27 to link, 54 to delete',
      '',
    ].join('\n'),
  );
});

test('Where each host keeps its root keeps no two apart, only whether it is to be made', () => {
  const text = textOf([
    ...['a', 'b', 'c'].map(name => relation(`web-${name}`, { createsRoot: `/srv/${name}` })),
    relation('web-d'),
  ]);
  assert.match(text, /^ {2}3 hosts: same 8 changes {2}\(web-a, web-b, web-c\)$/m);
  assert.match(text, /^ {4}\+ create +\/srv\/a {2}\(the root itself; on others \/srv\/b, …\)$/m);
  assert.match(text, /^ {2}web-d: 8 changes$/m);
});

test('A difference in one byte of one change keeps two hosts apart', () => {
  const other = CHANGES.map((line, i) => (i === 3 ? { ...line, path: 'a\nb\xfe' } : line));
  const text = textOf([relation('web-1'), relation('web-2', { changes: other })]);
  assert.match(text, /^ {2}web-1: 8 changes$/m);
  assert.match(text, /^ {2}web-2: 8 changes$/m);
});

test('Refusals, failures and problems say what to do, and are not part of the totals', () => {
  const text = textOf(
    [
      relation('web-1', {
        state: 'refused',
        changes: CHANGES.slice(6),
        guards: [
          {
            guard: 'deletions',
            message: 'would delete 512 of 600 entries',
            help: 'look at them, then say --allow-delete',
          },
        ],
      }),
      relation('web-2', { state: 'failed', changes: [], bytes: 0, message: 'connection refused', help: 'start sshd' }),
      relation('web-3', {
        changes: [change('create', 'x', { bytes: 5 })],
        bytes: 5,
        createsRoot: '/srv/www',
        problems: [{ path: 'y\x1b', code: 'denied', message: 'open: permission denied', help: 'let syncplan read it' }],
        skipped: 2,
      }),
    ],
    { hosts: [{ host: 'web-4', code: 'unreachable', message: 'no route', help: 'see the network' }] },
  );
  assert.equal(
    text,
    [
      'app',
      '  web-1: refused, with 2 changes in view',
      '    ! guard deletions  would delete 512 of 600 entries',
      '      help: look at them, then say --allow-delete',
      '    2 deletions:',
      '    - delete      old.html',
      '    - delete      old/',
      '    1.2 MiB to send; 9,986 unchanged; consistency: verify, 3 rounds every 2s, then fail',
      '  web-2: failed',
      '    connection refused',
      '      help: start sshd',
      '  web-3: 1 change',
      '    ! problem  y\\x1b: open: permission denied',
      '      help: let syncplan read it',
      '    + create      /srv/www  (the root itself)',
      '    + create      x       5 B',
      '    5 B to send; 9,986 unchanged; 2 special files skipped; consistency: verify, 3 rounds every 2s,',
      '    then fail',
      '',
      'hosts that failed',
      '  ✗ web-4: no route',
      '    help: see the network',
      '',
      '1 change on 1 host, 5 B to send',
      '1 to create',
      '! 1 refused, 1 failed, 1 problem',
      '',
    ].join('\n'),
  );
});

test('A host that failed as a whole is told once, however many blocks it has and whoever needs it', () => {
  const hosts = ['m1', 'm2'].map(host => ({ host, code: 'unknown-host-key', message: `${host}: the key`, help: host }));
  const failed = (block: string, host: string, message: string) =>
    relation(host, { block, state: 'failed', changes: [], bytes: 0, message, help: 'compare' });
  const text = textOf(
    [
      ...['app', 'config'].flatMap(block => ['m1', 'm2'].map(host => failed(block, host, `${host}: the key`))),
      failed('config', 'm3', 'm2: the key'),
    ],
    { hosts },
  );
  assert.equal(
    text,
    [
      'app',
      '  2 hosts: failed  (m1, m2)',
      '    the host failed, see below',
      '',
      'config',
      '  2 hosts: failed  (m1, m2)',
      '    the host failed, see below',
      '  m3: failed',
      '    m2 failed, see below',
      '',
      'hosts that failed',
      '  ✗ m1: the key',
      '    help: m1',
      '    the same on 1 more host: m2',
      '',
      'Nothing could be compared.',
      '! 5 failed',
      '',
    ].join('\n'),
  );
});

test('Long lists are cut with a count, changes and deletions each, unless all is asked for', () => {
  const many = [
    ...Array.from({ length: 250 }, (_, i) => change('create', `new-${i}`)),
    ...Array.from({ length: 1_300 }, (_, i) => change('delete', `old-${i}`)),
  ];
  const text = textOf([relation('web-1', { changes: many })]);
  assert.match(text, /^ {4}… and 50 more changes \(--verbose shows all\)$/m);
  assert.match(text, /^ {4}… and 1,100 more deletions \(--verbose shows all\)$/m);
  assert.equal(text.match(/^ {4}[+-] /gm)?.length, 400);
  assert.equal(textOf([relation('web-1', { changes: many })], { verbose: true }).match(/^ {4}[+-] /gm)?.length, 1_550);
});

test('Nothing to change is said in so many words', () => {
  const idle = ['web-1', 'web-2'].map(host => relation(host, { changes: [], bytes: 0 }));
  assert.equal(textOf(idle), 'app\n  2 hosts: nothing to change  (web-1, web-2)\n\nNothing to change.\n');
});

test('Where nothing would be done, the last line says whether that is because nothing differs', () => {
  const last = (...relations: PreviewRelation[]): string => textOf(relations).split('\n\n').at(-1)!.split('\n')[0]!;
  const idle = relation('web-1', { changes: [], bytes: 0 });
  const failed = relation('web-2', { state: 'failed', changes: [], bytes: 0, message: 'connection refused' });
  const refused = relation('web-3', { state: 'refused' });
  const problems = [{ path: 'y', code: 'denied', message: 'open: permission denied', help: '' }] as const;
  assert.equal(last(failed), 'Nothing could be compared.');
  assert.equal(last(refused, relation('web-4', { state: 'refused' })), 'Refused: 16 changes on 2 hosts, see above.');
  assert.equal(last(relation('web-3', { state: 'refused', changes: [] })), 'Refused, to protect data: see above.');
  assert.equal(last(idle, failed), 'Nothing to change where it could be compared.');
  assert.equal(last({ ...idle, problems }), 'Nothing to change where it could be compared.');
  assert.match(
    previewText(
      { relations: [failed], hosts: [], weaker: [], unkept: [], routes: [], specialBits: [] },
      { colour: false, width: 100, interrupted: true },
    ),
    /^Interrupted: not everything was compared\.$/m,
  );
});

test('An ellipsis among the hosts leaves out at least one', () => {
  const idle = (count: number): string =>
    textOf(Array.from({ length: count }, (_, i) => relation(`m${i + 1}`, { changes: [], bytes: 0 })));
  assert.match(idle(4), /4 hosts: nothing to change {2}\(m1, m2, m3, m4\)/);
  assert.match(idle(5), /5 hosts: nothing to change {2}\(m1, m2, m3, … m5\)/);
});

test('A path is never cut, however narrow the terminal', () => {
  const path = `deep/${'folder/'.repeat(20)}file`;
  const text = previewText(
    {
      relations: [relation('web-1', { changes: [change('create', path)] })],
      hosts: [],
      weaker: [],
      unkept: [],
      routes: [],
      specialBits: [],
    },
    { colour: false, width: 60 },
  );
  assert.ok(text.includes(path));
});

test('Colour only paints: without its codes the text is the same', () => {
  const preview: Preview = {
    relations: [relation('web-1', { skipped: 1 })],
    hosts: [],
    weaker: [],
    unkept: [],
    routes: [],
    specialBits: [],
  };
  const painted = previewText(preview, { colour: true, width: 100 });
  assert.ok(painted.includes('\x1b[32m'));
  assert.equal(painted.replace(/\x1b\[\d+m/g, ''), previewText(preview, { colour: false, width: 100 }));
});

test('Twenty thousand changes on each of sixty hosts are grouped in seconds', () => {
  const lists = Array.from({ length: 60 }, (_, host) =>
    Array.from({ length: 20_000 }, (_, i) => change('create', host === 59 && i === 19_999 ? 'other' : `f${i}`)),
  );
  const relations = lists.map((changes, i) => relation(`web-${i}`, { changes }));
  const begin = performance.now();
  const text = textOf(relations);
  assert.ok(performance.now() - begin < 5_000);
  assert.match(text, /^ {2}59 hosts: same 20,000 changes/m);
});

test('Drift and what an earlier run left unfinished stand before the changes, each with a sign and words', () => {
  const text = textOf([relation('one', { drift: ['index.html', 'b\n'], unfinished: 1 })]);
  assert.match(text, /! drift {2}index\.html was changed by somebody else; what stands there goes to the trash/);
  assert.match(text, /! drift {2}b\\n was changed/);
  assert.match(text, /^! 2 paths changed by somebody else \(drift\)$/m);
  assert.match(text, /! unfinished {2}1 transaction of an earlier run; apply finishes that first/);
  assert.ok(text.indexOf('! drift') < text.indexOf('+ create'));
});

test('Hosts that promise less are named with what it is, those that promise equally little together', () => {
  const weaker = [
    { host: 'shop', weaker: ['no locks', 'no checksums there'] },
    { host: 'depot', weaker: ['no locks'] },
    { host: 'mail', weaker: ['no locks', 'no checksums there'] },
  ];
  const text = textOf([relation('shop', { changes: [] })], { weaker });
  assert.ok(
    text.includes('\nweaker on mail, shop\n  ! no locks\n  ! no checksums there\n\nweaker on depot\n  ! no locks\n\n'),
    text,
  );
});

test('What is asked of hosts in vain is said once for all of whom it holds, what fails by another sign, with what to do', () => {
  const asked = (blocks: string[], asks: string, fails: boolean) => ({
    blocks,
    asks,
    why: 'no',
    help: 'leave it',
    fails,
  });
  const shell = [asked(['app', 'db'], 'a hook', true), asked(['db'], '`mode delta`', false)];
  const unkept = [
    ...['web-1', 'web-2', 'web-3'].map(host => ({ host, unkept: shell })),
    { host: 'shop', unkept: [asked(['app'], 'hard links', false)] },
  ];
  const text = textOf([relation('shop', { changes: [] })], {
    unkept,
    weaker: [{ host: 'shop', weaker: ['no locks'] }],
  });
  const wanted = [
    'asked of web-1 … web-3, and not promised there',
    '  ✗ a hook (blocks app and db): no',
    '    help: leave it',
    '  ! `mode delta` (block db): no',
    '    help: leave it',
    '',
    'asked of shop, and not promised there',
    '  ! hard links (block app): no',
    '    help: leave it',
    '',
    'weaker on shop',
  ];
  assert.ok(text.includes(wanted.join('\n')), text);
});

test('a route is shown below its block, each branch on a line of its own', () => {
  const edge = (from: string, host: string) => ({ from, host });
  const edges = [edge('build', 'a'), edge('a', 'b'), edge('b', 'c'), edge('a', 'd'), edge('d', 'e'), edge('b', 'f')];
  const relations = ['a', 'b', 'c', 'd', 'e', 'f'].map(host => relation(host));
  const lines = textOf(relations, { routes: [{ block: 'app', edges }] }).split('\n');
  assert.deepEqual(lines.slice(0, 4), ['app', '  route  build → a → b → c', '  route  a → d → e', '  route  b → f']);
  const many = Array.from({ length: 40 }, (_, at) => edge('build', `h${at}`));
  const long = textOf(relations, { routes: [{ block: 'app', edges: many }] }).split('\n');
  assert.deepEqual(long.slice(12, 14), ['  route  build → h11', '  route  … and 28 more hosts']);
});

test.run();
