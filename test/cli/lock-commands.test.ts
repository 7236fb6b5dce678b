// Remotes of one master that lock it in different ways: each way is really taken there, one command after the other.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import { type Desk, openDesk, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

let desk: Desk;
const at = (name: string): string => `${desk.folder}/${name}`;

test.before(() => {
  desk = openDesk();
  mkdirSync(at('master/folder'), { recursive: true });
  writeFileSync(at('master/folder/file'), 'first\n');
  script('blocker', `echo "$1 $2 $SYNCPLAN_ROOT" >> ${at('log')}`);
  // Longer than any of the locks may be waited for.
  script(
    'slow',
    `[ "$SYNCPLAN_HOST" = two ] && sleep 3\nls -ld ${at('')}$SYNCPLAN_HOST/folder | cut -c1-10 >> ${at('modes')}.$SYNCPLAN_HOST\nexit 0`,
  );
  const by = (name: string): string =>
    `consistency lock { wait 1s; by command ["${at('blocker')}", "${name}", "hold"] release ["${at('blocker')}", "${name}", "resume"] }`;
  writeFileSync(
    at('plan.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./master" }
  group copies {
${['one', 'two', 'three', 'four'].map(name => `    host ${name} at local { root site "./${name}" }`).join('\n')}
  }
}
role master is build
role remote is copies
block app {
  take all in site
  ${by('usual')}
  for two { ${by('other')} }
  for three { consistency lock { by permissions } }
  hook before run ["${at('slow')}"] on remote
}
`,
  );
});
test.after(() => desk.remove());

const script = (name: string, body: string): void => writeFileSync(at(name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

test('each command runs on the master once for the remotes that want it, and never while the other one blocks it', async () => {
  const { code, out, err } = await desk.run(['apply', 'plan.sp', '--json']);
  assert.equal(code, 0, said(out, err));
  for (const name of ['one', 'two', 'three', 'four']) assertSameTree(at(name), at('master'));
  const lines = readFileSync(at('log'), 'utf8').trimEnd().split('\n');
  const on = (root: string): string[] =>
    lines.filter(line => line.endsWith(` ${at(root)}`)).map(line => line.split(' ').slice(0, 2).join(' '));
  const onMaster = on('master');
  const turns = [onMaster.slice(0, 2), onMaster.slice(2)].sort();
  assert.deepEqual(turns, [
    ['other hold', 'other resume'],
    ['usual hold', 'usual resume'],
  ]);
  assert.deepEqual(on('one'), ['usual hold', 'usual resume']);
  assert.deepEqual(on('two'), ['other hold', 'other resume']);
  assert.deepEqual(on('three'), []);
  assert.deepEqual(on('four'), ['usual hold', 'usual resume']);
  // The third remote has a lock of its own kind on the master, and waits for nobody's command.
  const held = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
    .filter(({ type, state, on: where }) => type === 'lock' && state === 'held' && where === 'build');
  assert.equal(held.length, 3);
});

test('folders that are locked by permissions are closed while the block is switched, and those of other remotes are not', async () => {
  writeFileSync(at('master/folder/file'), 'second\n');
  for (const name of ['three', 'four']) rmSync(at(`modes.${name}`), { force: true });
  const { code, out, err } = await desk.run(['apply', 'plan.sp']);
  assert.equal(code, 0, said(out, err));
  const modeOf = (name: string): string => readFileSync(at(`modes.${name}`), 'utf8');
  assert.deepEqual([modeOf('three'), modeOf('four')], ['drwx------\n', 'drwxr-xr-x\n']);
  for (const name of ['three', 'four']) assertSameTree(at(name), at('master'));
});

test('so are those of every take that goes into one root', async () => {
  mkdirSync(at('master/other'));
  for (const folder of ['folder', 'other']) writeFileSync(at(`master/${folder}/file`), 'first\n');
  script('look', `cd ${at('five')} && ls -ld x y | cut -c1-10 > ${at('modes.five')}\nexit 0`);
  writeFileSync(
    at('two-takes.sp'),
    `syncplan 1
fleet {
  host build at local { root site "./master" }
  host five at local { root site "./five" }
}
role master is build
role remote is five
block app {
  take all from site "folder" into site "x"
  take all from site "other" into site "y"
  consistency lock { by permissions }
  hook before run ["${at('look')}"] on remote
}
`,
  );
  for (const content of ['first\n', 'second\n']) {
    for (const folder of ['folder', 'other']) writeFileSync(at(`master/${folder}/file`), content);
    const { code, out, err } = await desk.run(['apply', 'two-takes.sp']);
    assert.equal(code, 0, said(out, err));
  }
  assert.equal(readFileSync(at('modes.five'), 'utf8'), 'drwx------\ndrwx------\n');
});

test('a lock that is lost in any of several roots is noticed before anything is switched', async () => {
  for (const lost of ['first', 'second']) {
    const root = (name: string): string => at(`${lost}-${name}`);
    writeFileSync(
      at('two-roots.sp'),
      `syncplan 1
fleet {
  host build at local { root site "./master/folder"; root more "./master/other" }
  host copy at local { root site "${root('first')}"; root more "${root('second')}" }
}
role master is build
role remote is copy
block app {
  take all in site
  take all in more
  hook before run ["/bin/rm", "-rf", "${root(lost)}/.syncplan/lock"] on remote
}
`,
    );
    const { code, out, err } = await desk.run(['apply', 'two-roots.sp']);
    assert.equal(code, 5, said(out, err));
    assert.match(out, /was\s+lost:\s+its\s+lock\s+file\s+was\s+removed/, lost);
    for (const name of ['first', 'second']) assert.ok(!existsSync(`${root(name)}/file`), name);
  }
});

test.run();
