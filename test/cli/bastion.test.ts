// A plan for a machine behind a bastion that allows one session: through ssh's own ProxyJump, and through the plan's `via`.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { type Fleet, makeFleet } from '../support/fleet.js';
import { type Desk, type Ended, openDesk, said } from '../support/program.js';

let desk: Desk;
let fleet: Fleet;

test.before(async () => {
  desk = openDesk();
  fleet = await makeFleet(2, { lines: ['MaxSessions 1'] });
  mkdirSync(join(desk.folder, 'site'));
  for (let i = 0; i < 50; i++) writeFileSync(join(desk.folder, `site/${i}.txt`), `page ${i}\n`);
});
test.after(async () => {
  await fleet?.stop();
  desk?.remove();
});

const planWith = (setting: string, root: string): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  host bastion at "host-1" { root site "${root}" }
  host web at "host-2" { ${setting}; root site "${root}" }
}
role master is build
role remote is web
block site { take all in site }
`;

const apply = (name: string, config: string, plan: string): Promise<Ended> => {
  writeFileSync(join(desk.folder, `${name}.conf`), config);
  writeFileSync(join(desk.folder, `${name}.sp`), plan);
  return desk.run(['apply', `${name}.sp`, '--ssh-config', `${name}.conf`, '--json']);
};

const logins = (): number => fleet.hosts[0]!.log().match(/Accepted publickey/g)?.length ?? 0;

for (const [name, jump, setting] of [
  ['jump', '  ProxyJump host-1\n', 'agent auto'],
  ['via', '', 'ssh { via bastion }'],
] as const) {
  test(`${name}: the tree arrives, and the bastion was passed once for the run`, async () => {
    const before = logins();
    const config = [fleet.hosts[0]!.config, `${fleet.hosts[1]!.config}${jump}`].join('\n');
    const root = join(fleet.hosts[1]!.roots, name);
    const text = planWith(setting, root);
    const ended = await apply(name, config, text);
    assert.equal(ended.code, 0, said(ended.out, ended.err));
    assert.equal(readFileSync(join(root, '49.txt'), 'utf8'), 'page 49\n');
    assert.equal(logins() - before, 1);
    const again = await apply(name, config, text);
    assert.equal(JSON.parse(again.out.trimEnd().split('\n').at(-1)!).created, 0, said(again.out, again.err));
  });
}

test.run();
