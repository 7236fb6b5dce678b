// A server that lies over SFTP, behind a real sshd, as a remote and as a master: named, bounded, and the other hosts are done.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { makeConnect } from '../../runtime/host/connect.js';
import { HostError } from '../../runtime/host/host-error.js';
import { hostPlan } from '../host/host-plan.js';
import { LIES, type Lie, startLyingServer } from '../support/lying-sftp.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { summaryOf } from '../support/told.js';
import { assertSameTree } from '../support/tree.js';

let desk: Desk;
const servers: Sshd[] = [];

test.before(async () => {
  desk = openDesk();
  servers.push(await startSshd({ alias: 'good' }));
  for (const lie of Object.keys(LIES) as Lie[]) servers.push(await startLyingServer(lie, lie));
  writeFileSync(join(desk.folder, 'ssh'), servers.map(({ config }) => config).join('\n'));
  mkdirSync(join(desk.folder, 'site'));
  for (let i = 0; i < 20; i++) put(`${i}`);
});
test.after(async () => {
  await Promise.all(servers.map(server => server.stop()));
  desk?.remove();
});

/** At a whole second: SFTP carries no finer times. */
const put = (name: string): void => {
  const path = join(desk.folder, 'site', name);
  writeFileSync(path, `${name}\n`);
  utimesSync(path, 1_600_000_000, 1_600_000_000);
};

type Watched = Ended & { readonly mebibytes: number };

const apply = async (plan: string): Promise<Watched> => {
  writeFileSync(join(desk.folder, 'plan.sp'), plan);
  let most = 0;
  let watch: NodeJS.Timeout | undefined;
  const ended = await desk.run(['apply', 'plan.sp', '--json', '--ssh-config', join(desk.folder, 'ssh')], {
    started: pid => {
      watch = setInterval(() => {
        most = Math.max(most, residentOf(pid));
      }, 100);
    },
  });
  clearInterval(watch);
  return { ...ended, mebibytes: most };
};

const residentOf = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

const planFor = (lies: readonly Lie[], settings = ''): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  host good at "sftp://good" { root site "${desk.folder}/good" }
${lies.map(lie => `  host ${lie} at "sftp://${lie}" { root site "/srv/www/site" }`).join('\n')}
}
role master is build
role remote is good, ${lies.join(', ')}
block all { take all in site${settings} }
`;

const assertGood = (): void => assertSameTree(join(desk.folder, 'good'), join(desk.folder, 'site'));

/** What is said of its relation, or of one path there. Whoever tells lies that can be left alone is lost by not letting anything be written. */
const SAID: readonly (readonly [lie: Lie, words: RegExp])[] = [
  ['up', /list \/srv\/www\/site: the server lists a name that is none/],
  ['path', /list \/srv\/www\/site: the server lists a name that is none/],
  ['twice', /list \/srv\/www\/site: the server lists a name twice/],
  ['negative', /list the file: its size cannot be counted/],
  ['absurd', /list the file: its size cannot be counted/],
  ['backwards', /backwards: the SFTP server does not keep to its protocol: an answer cannot be read/],
  ['count', /count: the SFTP server does not keep to its protocol: Malformed NAME packet/],
  ['stranger', /make the folder \.syncplan .* on stranger: permission denied/],
  ['deep', /list the folder: it is more than 512 folders deep/],
  ['line', /line: something else than SFTP comes from the SFTP server/],
];

test('remotes that lie in every way are named one by one, and the good one is done', async () => {
  const ended = await apply(planFor(SAID.map(([lie]) => lie)));
  assert.equal(ended.code, 5, said(ended.out, ended.err));
  const events = ended.out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const { relations } = summaryOf(ended);
  for (const [lie, words] of SAID) {
    const relation = relations.find(({ host }) => host === lie);
    assert.ok(['failed', 'refused'].includes(`${relation?.state}`), `${lie}: ${relation?.state}`);
    const told = events.filter(({ type, host }) => type === 'problem' && host === lie).map(({ message }) => message);
    assert.match([relation?.message, ...told].join('\n'), words, lie);
  }
  assertGood();
  assert.ok(ended.mebibytes < 400, `${ended.mebibytes} MiB`);
});

test('names without end, and folders in folders without end, are bounded in time and memory', async () => {
  put('more');
  const ended = await apply(planFor(['many', 'wide']));
  assert.equal(ended.code, 5, said(ended.out, ended.err));
  const messageOf = (lie: Lie): string => `${summaryOf(ended).relations.find(({ host }) => host === lie)?.message}`;
  assert.match(messageOf('many'), /list \/srv\/www\/site: it holds too many names/);
  assert.match(messageOf('wide'), /more than 4000000 names below it, or folders in folders that never end/);
  assertGood();
  assert.ok(ended.mebibytes < 1500, `${ended.mebibytes} MiB`);
});

const fromMaster = (lie: Lie): Promise<Ended> =>
  apply(`syncplan 1
fleet {
  host bad at "sftp://${lie}" { root site "/srv/www/site" }
  host here at local { root site "./${lie}" }
}
role master is bad
role remote is here
block all { take all in site; consistency verify { rounds 2 every 1s; then fail } }
`);

test('a file of a master that is shorter than it says ends there, is named, and is not put in place', async () => {
  const ended = await fromMaster('shrinking');
  assert.equal(ended.code, 1, said(ended.out, ended.err));
  assert.match(
    `${summaryOf(ended).relations[0]?.message}`,
    /file kept changing while it was synchronised \(on bad: read the file: it changed/,
  );
  assert.equal(existsSync(join(desk.folder, 'shrinking/file')), false);
});

test('of a file of a master that never ends no more is taken than it said', async () => {
  const ended = await fromMaster('endless');
  assert.equal(ended.code, 0, said(ended.out, ended.err));
  assert.equal(readFileSync(join(desk.folder, 'endless/file'), 'latin1'), 'x'.repeat(100));
});

test('links that lead in circles are named where links are followed, and the rest arrives', async () => {
  const circles = join(desk.folder, 'circles');
  mkdirSync(join(circles, 'a'), { recursive: true });
  writeFileSync(join(circles, 'a/file'), 'file\n');
  symlinkSync('.', join(circles, 'itself'));
  symlinkSync('../..', join(circles, 'a/above'));
  symlinkSync('two', join(circles, 'one'));
  symlinkSync('one', join(circles, 'two'));
  const ended = await apply(`syncplan 1
fleet {
  host far at "sftp://good" { root site "${circles}" }
  host here at local { root site "./from-circles" }
}
role master is far
role remote is here
block all { take all in site; links { symbolic follow } }
`);
  assert.equal(ended.code, 5, said(ended.out, ended.err));
  for (const path of ['itself', 'a/above', 'one', 'two']) {
    assert.match(ended.out, new RegExp(`"type":"problem".*"path":"${path}"`), path);
  }
  assert.equal(readFileSync(join(desk.folder, 'from-circles/a/file'), 'latin1'), 'file\n');
});

for (const [lie, code, words] of [
  ['mute', 'unreachable', /timed out|Timed out/],
  ['deaf', 'silent', /has stopped answering/],
] as const) {
  test(`a server that ${LIES[lie]} is given up`, async () => {
    const connecting = makeConnect({
      sshConfig: join(desk.folder, 'ssh'),
      acceptNewKeys: false,
      agentBundle: '/nowhere',
      planFolder: desk.folder,
      cacheFolder: desk.folder,
      environment: { PATH: process.env.PATH, HOME: desk.folder },
      greetingPatience: 3_000,
      agentPatience: 1_000,
    })({ ...hostPlan(lie, { kind: 'sftp', host: lie, base: '' }), agent: 'sftp' });
    await assert.rejects(connecting, error => {
      assert.ok(error instanceof HostError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      return true;
    });
  });
}

test.run();
