// Login shells of every kind, started by sshd itself: fish, tcsh and csh work; those that run nothing are named; pages are skipped.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Account, type Accounts, makeAccounts, shellCalled, whyNoAccounts } from '../support/accounts.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { assertSameTree } from '../support/tree.js';

const why = whyNoAccounts();
let accounts: Accounts;
let sshd: Sshd;
let desk: Desk;
const site = (): string => join(desk.folder, 'site');

const PAGE = Array.from({ length: 40 }, (_, line) => `Line ${line} of a page that nobody asked for: it's "here".`);
/** In the words of each shell, and what it reads when sshd starts it for a command. */
const PAGES = {
  fish: { '.config/fish/config.fish': PAGE.map(line => `echo '${line.replace("'", "\\'")}'\n`).join('') },
  tcsh: { '.cshrc': PAGE.map(line => `echo '${line.replace("'", '')}'\n`).join('') },
  bash: { '.bashrc': PAGE.map(line => `echo '${line.replace("'", '')}'\n`).join('') },
};

const SHELLS: readonly (Omit<Account, 'shell'> & { readonly shell: string })[] = [
  { name: 'plaincsh', shell: 'bsd-csh' },
  { name: 'pagefish', shell: 'fish', files: PAGES.fish },
  { name: 'pagetcsh', shell: 'tcsh', files: PAGES.tcsh },
  { name: 'pagebash', shell: 'bash', files: PAGES.bash },
  { name: 'nopath', shell: 'bash', files: { '.bashrc': 'PATH=; export PATH\n' } },
  { name: 'unsetpath', shell: 'bash', files: { '.bashrc': 'unset PATH\n' } },
  { name: 'wrongpath', shell: 'bash', files: { '.bashrc': 'PATH=/nowhere; export PATH\n' } },
  { name: 'endless', shell: 'bash', files: { '.bashrc': 'while :; do echo "and one more line of it"; done\n' } },
  { name: 'oneline', shell: 'bash', files: { '.bashrc': 'while :; do printf "without an end "; done\n' } },
  { name: 'closed', shell: 'nologin' },
  { name: 'nothing', shell: 'false' },
];

test.before(async () => {
  if (why !== null) return;
  desk = openDesk();
  const there = SHELLS.flatMap(one => {
    const shell = shellCalled(one.shell);
    return shell === null ? [] : [{ ...one, shell }];
  });
  accounts = makeAccounts(there);
  // Node.js may lie where an account of another home would not look for it.
  sshd = await startSshd({ passwd: accounts.passwd, env: { SYNCPLAN_NODE: process.execPath } });
  mkdirSync(join(site(), 'folder/deep'), { recursive: true });
  for (const name of ["it's", '$(odd)', '!!', 'a\nb', '*', 'back\\slash', '{a,b}', '%self', '^x^y']) {
    writeFileSync(join(site(), 'folder/deep', name), `${name}\n`);
  }
});
test.after(async () => {
  await sshd?.stop();
  accounts?.remove();
  desk?.remove();
});

/** `good` is an account of the same server, with the shell that everybody has. */
const apply = (names: readonly string[], setting: string, remotes = `good, ${names.join(', ')}`): Promise<Ended> => {
  const hosts = names.map(
    name => `  host ${name} at "${name}@there" { ${setting}; root site "~/${folderOf(setting)}" }`,
  );
  writeFileSync(
    join(desk.folder, 'plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./site" }
  host good at "there" { root site "${desk.folder}/good" }
${hosts.join('\n')}
}
role master is build
role remote is ${remotes}
block all { take all in site; delete mirror { max 100% } }
`,
  );
  return desk.run(['apply', 'plan.sp', '--json', '--ssh-config', sshd.configFile]);
};

const folderOf = (setting: string): string => setting.replace(' ', '-');
const copyOf = (name: string, setting: string): string => join(accounts.homeOf(name), folderOf(setting));
const eventsOf = ({ out }: Ended): Record<string, unknown>[] =>
  out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
const kindsOf = (ended: Ended): unknown[] =>
  eventsOf(ended)
    .filter(({ state, host }) => state === 'connected' && host !== 'build' && host !== 'good')
    .map(({ kind }) => kind);

/** Those whose shell is here; each of the others is counted as skipped, and why said, as all are where there can be no accounts. */
const under = (names: readonly string[], title: string, body: (there: readonly string[]) => Promise<void>): void => {
  const shellOf = (name: string): string => SHELLS.find(one => one.name === name)!.shell;
  const there = why === null ? names.filter(name => shellCalled(shellOf(name)) !== null) : [];
  for (const name of names.filter(one => !there.includes(one))) {
    test.skip(`${name}: ${title} (skipped: ${why ?? `there is no ${shellOf(name)}`})`, () => {});
  }
  if (there.length > 0) test(`${there.join(', ')}: ${title}`, () => body(there));
};

const WORKING = ['plaincsh', 'pagefish', 'pagetcsh', 'pagebash', 'nopath', 'unsetpath'];

for (const [setting, kind] of [
  ['agent node', 'agent'],
  ['agent shell', 'shell'],
] as const) {
  under(WORKING, `a tree arrives with \`${setting}\``, async there => {
    const ended = await apply(there, setting);
    assert.equal(ended.code, 0, said(ended.out, ended.err));
    assert.deepEqual(
      kindsOf(ended),
      there.map(() => kind),
    );
    for (const name of there) assertSameTree(copyOf(name, setting), site());
  });
}

/** What is said of each that cannot be worked with, and what to do. */
const REFUSED: readonly (readonly [name: string, message: RegExp, help: RegExp])[] = [
  [
    'closed',
    /closed: the account there runs no commands: This account is currently not available/,
    /chsh -s .*agent sftp/,
  ],
  ['nothing', /nothing: the agent could not be started: exit 1/, /needs a login shell that runs commands/],
  ['wrongpath', /cannot be driven by its shell: there is no find, no stat, /, /PATH there is \/nowhere/],
  [
    'endless',
    /writes more than 65536 bytes before .*and one more line of it/,
    /be silent in sessions without a terminal/,
  ],
  ['oneline', /writes more than 65536 bytes before .*without an end/, /be silent in sessions without a terminal/],
];

under(
  REFUSED.map(([name]) => name),
  'named with what to do, within seconds, and the other host is done',
  async there => {
    writeFileSync(join(site(), 'new'), 'for whoever can take it\n');
    const started = performance.now();
    const ended = await apply(there, 'agent shell');
    assert.equal(ended.code, 5, said(ended.out, ended.err));
    assert.ok(performance.now() - started < 30_000);
    const lost = eventsOf(ended).filter(({ type, state }) => type === 'host' && state === 'lost');
    for (const [name, message, help] of REFUSED.filter(([one]) => there.includes(one))) {
      const event = lost.find(({ host }) => host === name);
      assert.match(`${event?.message}`, message, name);
      assert.match(`${event?.help}`, help, name);
    }
    assertSameTree(join(desk.folder, 'good'), site());
  },
);

under(['closed'], 'alone it is a failure, in a run and in doctor', async () => {
  const ended = await apply(['closed'], 'agent node', 'closed');
  assert.equal(ended.code, 1, said(ended.out, ended.err));
  const doctor = await desk.run(['doctor', 'plan.sp', '--ssh-config', sshd.configFile]);
  assert.match(doctor.out, /^x closed .*fails .*This account is currently not available[\s\S]*help: /m);
});

test.run();
