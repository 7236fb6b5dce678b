// Advice about comparing ends: who follows it is told nothing that leads back, whatever the host can make.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Algorithm, CompareMethod } from '../../compiler/plan.js';
import { type Able, unkeptOf } from '../../runtime/engine/unkept.js';
import type { HostFacts } from '../../runtime/host/host.js';
import { blockPlan, planOf } from './plans.js';

const hostOf = (kind: 'shell' | 'sftp', timeStep: number, made: readonly Algorithm[]): Able => ({
  label: 'r1',
  kind,
  facts: { timeStep, hardLinks: true, digests: { made, remembered: kind === 'shell' } } as unknown as HostFacts,
  locks: null,
  programs: null,
});

/** What is said of this way to compare, and which ways are advised instead. */
const adviceOn = (compare: CompareMethod, host: Able): { readonly help: string; readonly ways: string[] } => {
  const found = unkeptOf(planOf([blockPlan('all', { compare })]), host, { tools: [] });
  assert.ok(found.length <= 1 && found.every(({ fails }) => !fails));
  const help = found[0]?.help ?? '';
  return { help, ways: [...help.matchAll(/`compare ([a-z0-9 ]+)`/g)].map(([, way]) => way!) };
};

const methodOf = (way: string): CompareMethod =>
  way === 'quick' ? { by: 'quick' } : { by: 'checksum', algorithm: (way.split(' ')[1] ?? 'xxh128') as Algorithm };

const HOSTS = [
  ['an SFTP server', hostOf('sftp', 1_000_000, [])],
  ['a shell that makes no checksums', hostOf('shell', 1_000_000, [])],
  ['one that makes some', hostOf('shell', 1, ['sha256', 'md5'])],
  ['one that keeps whole seconds', hostOf('shell', 1_000_000, ['sha256'])],
] as const;

for (const [name, host] of HOSTS) {
  test(`the advice on how to compare leads nowhere twice, with ${name}`, () => {
    for (const start of ['quick', 'checksum xxh128']) {
      const seen: string[] = [];
      for (let open = [start]; open.length > 0; open = open.flatMap(way => adviceOn(methodOf(way), host).ways)) {
        for (const way of open) assert.ok(!seen.includes(way), `${[...seen, way].join(', then ')}`);
        seen.push(...open);
      }
    }
  });
}

test('where a checksum is made there, it is the advice, and then there is nothing more to say', () => {
  for (const [, host] of HOSTS.slice(2)) {
    const { ways } = adviceOn(methodOf('checksum xxh128'), host);
    assert.deepEqual(ways, ['checksum sha256']);
    assert.equal(adviceOn(methodOf('checksum sha256'), host).help, '');
  }
});

test('where none is, each way may stay, and its price is said', () => {
  const [[, sftp]] = HOSTS;
  assert.match(
    adviceOn(methodOf('checksum xxh128'), sftp).help,
    /^leave it, if .*`compare quick` goes by size and time;/,
  );
  assert.match(adviceOn(methodOf('quick'), sftp).help, /^leave it, unless .*; or reach it by ssh/);
});

test.run();
