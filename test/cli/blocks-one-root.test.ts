// Several blocks that begin at the same moment in one root: new there with all that is in it, on this machine and over SSH.
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';
import { assertSameTree } from '../support/tree.js';

type Where = { readonly name: string; readonly root: string; readonly folder: () => string };

let desk: Desk;
let fleet: Fleet;
let base: string;

/** None of them waits for another one. */
const planFor = ({ name, root }: Where, takes: readonly string[], settings = ''): string => `syncplan 1
fleet {
  host build at local { root site "./master" }
  host web at ${name === 'here' ? 'local' : '"host-1"'} { root site "${root || `~/roots/${basename(base)}`}" }
}
role master is build
role remote is web
${takes.map((take, i) => `block b${i} { take ${take} in site; ${settings} }`).join('\n')}
`;

const WHERES: readonly Where[] = [
  { name: 'here', root: './web', folder: () => join(base, 'web') },
  { name: 'over SSH', root: '', folder: () => join(fleet.hosts[0]!.roots, basename(base)) },
];

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(1);
});
test.before.each(() => {
  base = mkdtempSync(join(desk.folder, 'case-'));
  mkdirSync(join(base, 'master'));
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const run = (...args: string[]) => desk.run([...args, '--ssh-config', fleet.configFile], { cwd: base });

const applied = async (where: string, plan = 'plan.sp'): Promise<void> => {
  const { code, out, err } = await run('apply', plan);
  assert.equal(code, 0, `${where}: ${said(out, err)}`);
};

/** `folder` is of the master; each block takes the files of one ending. */
const putFiles = (folder: string, blocks: number): readonly string[] => {
  mkdirSync(join(base, 'master', folder), { recursive: true });
  return Array.from({ length: blocks }, (_, i) => {
    for (let n = 0; n < 3; n++) writeFileSync(join(base, 'master', folder, `${n}.k${i}`), `${folder} ${n} ${i}\n`);
    return `"*.k${i}"`;
  });
};

for (const where of WHERES) {
  for (const blocks of [2, 5]) {
    test(`a root that is new to ${blocks} blocks is marked once, and the next run knows it (${where.name})`, async () => {
      const takes = putFiles('', blocks);
      writeFileSync(join(base, 'plan.sp'), planFor(where, takes));
      await applied('first');
      assertSameTree(where.folder(), join(base, 'master'));
      const own = readdirSync(join(where.folder(), '.syncplan')).filter(name => name.startsWith('marker'));
      assert.deepEqual(own, ['marker']);
      writeFileSync(join(base, 'master/more.k0'), 'more\n');
      await applied('second');
      assertSameTree(where.folder(), join(base, 'master'));
    });
  }

  test(`folders that are new to all blocks are made once, also where nothing is done again (${where.name})`, async () => {
    const takes = putFiles('shared/deep/deeper', 5);
    writeFileSync(join(base, 'plan.sp'), planFor(where, takes, 'consistency none'));
    await applied('first');
    assertSameTree(where.folder(), join(base, 'master'));
    await applied('second');
    putFiles('shared/other/below', 5);
    const saved = await run('plan', 'plan.sp', '-o', 'saved');
    assert.equal(saved.code, 0, said(saved.out, saved.err));
    await applied('saved', 'saved');
    assertSameTree(where.folder(), join(base, 'master'));
  });
}

for (const where of WHERES) {
  test(`a folder that two blocks make has the mode of the one that selects it, whichever comes second (${where.name})`, async () => {
    const modeOf = (path: string): string => (lstatSync(join(where.folder(), path)).mode & 0o7777).toString(8);
    for (const late of [0, 1]) {
      base = mkdtempSync(join(desk.folder, 'case-'));
      const [, ...takes] = putFiles('shared/deep', 2);
      chmodSync(join(base, 'master/shared'), 0o711);
      const plan = planFor(where, ['all except "*.k1"', ...takes], 'attributes mode');
      const sets = ['set { folders 0750 }', 'set { folders 0700 }'];
      const wait = 'hook before run ["sleep", "1"] on server;';
      const withSets = sets.reduce(
        (text, set, i) => text.replace(`block b${i} {`, `block b${i} { ${set}; ${i === late ? wait : ''}`),
        plan,
      );
      writeFileSync(join(base, 'plan.sp'), withSets);
      await applied(`b${late} comes second`);
      for (const path of ['shared', 'shared/deep']) assert.equal(modeOf(path), '750', `b${late} came second: ${path}`);
      assert.equal((await run('plan', 'plan.sp', '--exit-code')).code, 0);
    }
  });
}

test('so are those above the folder that another block takes', async () => {
  const [where] = WHERES;
  putFiles('shared/deep', 2);
  const text = planFor(where!, ['"*.k0"', '"*.k1"'], 'consistency none');
  writeFileSync(
    join(base, 'plan.sp'),
    text.replace('take "*.k1" in site', 'take all except "*.k0" in site "shared/deep"'),
  );
  await applied('first');
  assertSameTree(where!.folder(), join(base, 'master'));
});

test('runs that come to a new root at the same moment agree on its marker, by whichever kind of host', async () => {
  const kinds = ['agent auto', 'agent auto', 'agent shell', 'sftp'];
  for (let round = 1; round <= 3; round++) {
    base = mkdtempSync(join(desk.folder, 'case-'));
    const root = WHERES[1]!.folder();
    const takes = putFiles('', kinds.length);
    takes.forEach((take, i) => {
      const [address, agent] = kinds[i] === 'sftp' ? ['sftp://host-1', ''] : ['host-1', `; ${kinds[i]}`];
      const host = `host web at "${address}" { root site "${root}"${agent} }`;
      const text = planFor(WHERES[1]!, [take]).replace(/host web .*/, host);
      writeFileSync(join(base, `${i}.sp`), text.replace('block b0', `block b${i}`));
    });
    // Each from a machine of its own: nothing that one remembers is known to the others.
    const runs = (): Promise<Ended[]> =>
      Promise.all(
        takes.map((_, i) =>
          desk.run(['apply', `${i}.sp`, '--ssh-config', fleet.configFile], {
            cwd: base,
            env: { XDG_STATE_HOME: join(base, `state-${i}`) },
          }),
        ),
      );
    for (const when of ['first', 'second'])
      for (const { code, out, err } of await runs()) assert.equal(code, 0, `${when} ${round}: ${said(out, err)}`);
    // One of them keeps whole seconds only.
    const names = readdirSync(root).filter(name => name !== '.syncplan');
    assert.deepEqual(names.sort(), readdirSync(join(base, 'master')).sort());
  }
});

test.run();
