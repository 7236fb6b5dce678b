// Hosts without Node.js, driven by their shell: with GNU tools, nothing but BusyBox, those of a BSD; a tree and its next version.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { makeBusyBox } from '../host/far-shell.js';
import { NO_FLOCK } from '../host/locking.js';
import { makeBsdTools } from '../support/bsd-tools.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { counts, summaryOf, tell } from '../support/told.js';

const busyBox = makeBusyBox();
const bsd = makeBsdTools();
const HOSTS = ['plain', 'tiny', 'beastie'];
const NO_NODE = '/nonexistent/node';
let gnu: Sshd;
let box: Sshd;
let beast: Sshd;
let desk: Desk;
let far: string;

test.before(async () => {
  desk = openDesk();
  far = mkdtempSync(join(tmpdir(), 'syncplan-far-'));
  gnu = await startSshd({ alias: 'gnu', env: { SYNCPLAN_NODE: NO_NODE } });
  box = await startSshd({ alias: 'box', env: { SYNCPLAN_NODE: NO_NODE, PATH: busyBox.path, ...NO_FLOCK } });
  beast = await startSshd({ alias: 'beast', env: { SYNCPLAN_NODE: NO_NODE, ...bsd.environment, ...NO_FLOCK } });
  writeFileSync(join(desk.folder, 'ssh'), [gnu, box, beast].map(({ config }) => config).join('\n'));
  writeFileSync(
    join(desk.folder, 'far.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host plain at "gnu" { root site "${far}/plain" }
  host tiny at "box" { agent shell; root site "${far}/tiny" }
  host beastie at "beast" { root site "${far}/beastie" }
}
role master is build
role remote is plain, tiny, beastie
block app {
  take all in site
  delete mirror { max 50% }
}
`,
  );
  const site = join(desk.folder, 'site');
  mkdirSync(join(site, 'lib/deep'), { recursive: true });
  for (let i = 0; i < 40; i++) writeFileSync(join(site, `lib/deep/${i}.js`), `export const n = ${i};\n`);
  writeFileSync(join(site, 'big'), Buffer.alloc(3_000_000, 'syncplan '));
  writeFileSync(join(site, 'run me'), '#!/bin/sh\n', { mode: 0o755 });
  for (const name of ['-rf', '$(touch pwned)', '`id`', "it's", 'a\nb', '*', '~', 'back\\slash', 'x'.repeat(255)]) {
    writeFileSync(join(site, name), name);
  }
  writeFileSync(Buffer.concat([Buffer.from(`${site}/`), Buffer.from([0xff, 0xfe])]), 'no text');
  symlinkSync('../nowhere', join(site, 'a link'));
  linkSync(join(site, 'run me'), join(site, 'run me too'));
  utimesSync(join(site, 'big'), 1_600_000_000.75, 1_600_000_000.75);
  chmodSync(join(site, 'lib'), 0o750);
});
test.after(async () => {
  await gnu?.stop();
  await box?.stop();
  await beast?.stop();
  desk?.remove();
  busyBox.remove();
  bsd.remove();
  rmSync(far, { recursive: true, force: true });
});

const syncplan = (...args: string[]): Promise<Ended> => desk.run([...args, '--ssh-config', join(desk.folder, 'ssh')]);

/** Times to the second. */
const FACTS = '%n %s %.10T+ %l';

const assertSame = (): void => {
  const here = tell(join(desk.folder, 'site'), FACTS);
  assert.ok(here.length > 5_000);
  for (const host of HOSTS) assert.equal(tell(join(far, host), FACTS), here, host);
};

test('a preview says that they are driven by their shell, why, and what is weaker', async () => {
  const ended = await syncplan('plan', 'far.sp');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assert.match(ended.out, /weaker on build\.plain|weaker on .*plain/);
  assert.match(ended.out, /! driven by its shell: Node\.js was not found there/);
  assert.match(ended.out, /! times in whole seconds/);
  assert.match(ended.out, /! driven by the tools of a BSD \(stat -f, mv -h, ln -h, touch with dates\)/);
});

test('a tree arrives on all, whatever its names, and a second run changes nothing', async () => {
  const ended = await syncplan('apply', 'far.sp', '--json', '--yes');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  const kinds = ended.out
    .split('\n')
    .filter(line => line.includes('"connected"'))
    .map(line => JSON.parse(line).kind);
  assert.deepEqual(kinds.sort(), ['local', 'shell', 'shell', 'shell']);
  assertSame();
  const again = await syncplan('apply', 'far.sp', '--json', '--yes');
  assert.equal(again.code, 0, said(again.err, again.out));
  assert.deepEqual(counts(summaryOf(again)), [0, 0, 0, 0, 0, 0, 0, 0], said(again.out));
});

test('the next version arrives on all, and what somebody else changed is repaired', async () => {
  const site = join(desk.folder, 'site');
  writeFileSync(join(site, 'lib/deep/1.js'), 'export const n = "one";\n');
  rmSync(join(site, 'lib/deep/2.js'));
  mkdirSync(join(site, 'more'));
  writeFileSync(join(site, 'more/new'), 'new');
  rmSync(join(site, 'a link'));
  symlinkSync('lib', join(site, 'a link'));
  writeFileSync(join(far, 'plain/lib/deep/3.js'), 'export const n = 4;\n');
  const ended = await syncplan('apply', 'far.sp', '--json', '--yes');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assertSame();
});

test('a run that is killed in the middle is finished by the next', async () => {
  const site = join(desk.folder, 'site');
  for (let i = 0; i < 40; i++) writeFileSync(join(site, `lib/deep/${i}.js`), `export const next = ${i};\n`);
  writeFileSync(join(site, 'big'), Buffer.alloc(6_000_000, 'next version '));
  const staging = HOSTS.map(host => join(far, host, '.syncplan/staging'));
  const isStaging = (): boolean => staging.some(folder => existsSync(folder) && readdirSync(folder).length > 0);
  let killed = false;
  const ended = await desk.run(['apply', 'far.sp', '--yes', '--ssh-config', join(desk.folder, 'ssh')], {
    started(pid) {
      const watch = setInterval(() => {
        if (!isStaging()) return;
        clearInterval(watch);
        killed = true;
        process.kill(pid, 'SIGKILL');
      }, 20);
    },
  });
  assert.ok(killed && ended.signal === 'SIGKILL');
  const again = await syncplan('apply', 'far.sp', '--json', '--yes');
  assert.equal(again.code, 0, said(again.err, again.out));
  assertSame();
});

test('a lock that a shell does not hold is refused before anything is written there, by name; the other host is done', async () => {
  const text = readFileSync(join(desk.folder, 'far.sp'), 'utf8');
  const asks = `consistency lock { by permissions }
  for tiny { consistency lock { by advisory } }
  delete`;
  writeFileSync(join(desk.folder, 'locked.sp'), text.replaceAll(`${far}/`, `${far}/locked-`).replace('delete', asks));
  for (const host of HOSTS) mkdirSync(join(far, `locked-${host}`));
  const preview = await syncplan('plan', 'locked.sp');
  assert.equal(preview.code, 1, said(preview.err, preview.out));
  assert.match(preview.out, /plain cannot lock block app by permissions: it is driven by its shell/);
  const ended = await syncplan('apply', 'locked.sp', '--yes');
  assert.equal(ended.code, 5, said(ended.err, ended.out));
  assert.match(ended.out, /plain cannot lock block app by permissions/);
  assert.deepEqual(readdirSync(join(far, 'locked-plain')), []);
  assert.equal(tell(join(far, 'locked-tiny'), FACTS), tell(join(desk.folder, 'site'), FACTS));
});

test('doctor says how they are driven', async () => {
  const ended = await syncplan('doctor', 'far.sp');
  assert.equal(ended.code, 0, said(ended.err, ended.out));
  assert.equal(ended.out.match(/driven by +its shell over ssh/g)?.length, 3);
  assert.match(ended.out, /driven by the tools of a BSD/);
});

test.run();
