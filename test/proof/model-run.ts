// Model-based runs: random histories of two folders, by fast-check, over folders of this machine or over real SSH.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { makeFleet } from '../support/fleet.js';
import { openDesk, PROGRAM, runProcess, said } from '../support/program.js';
import { hold } from './invariants.js';
import type { Victim } from './kill-once.js';
import {
  applied,
  type Deed,
  killed,
  newModel,
  onMaster,
  onRemote,
  planned,
  putAlways,
  type Real,
  THEIRS,
} from './model.js';
import { relationsIn } from './real.js';

export type ModelRuns = {
  readonly runs: number;
  readonly commands: number;
  readonly seed: number;
  /** Over real SSH instead of between folders. */
  readonly ssh: boolean;
};

/** Runs and kills that took place. Throws with the shortest history that breaks an invariant. */
export const runModel = async ({ runs, commands, seed, ssh }: ModelRuns): Promise<Real['counts']> => {
  const counts = { runs: 0, kills: 0 };
  const fleet = ssh ? await makeFleet(1) : null;
  let number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(COMMAND, { minLength: commands / 2, maxLength: commands, size: 'max' }),
        async history => {
          const desk = openDesk();
          const remote = fleet === null ? join(desk.folder, 'copy') : join(fleet.hosts[0]!.roots, `copy-${++number}`);
          const master = join(desk.folder, 'site');
          for (const path of [master, remote]) mkdirSync(path);
          putAlways(master);
          const address =
            fleet === null
              ? 'host copy at local { root site "./copy" }'
              : `host copy at "host-1" { root site "~/roots/copy-${number}" }`;
          writeFileSync(join(desk.folder, 'rollout.sp'), planFor(address));
          const more = fleet === null ? [] : ['--ssh-config', fleet.configFile];
          const real: Real = {
            master,
            remote,
            folder: desk.folder,
            far: fleet === null ? null : fleet.hosts[0]!.pid,
            args: ['apply', 'rollout.sp', '--json', ...more],
            log: [],
            counts,
            async run(where, command) {
              const args = ['-s', 'KILL', '60', process.execPath, PROGRAM, command, 'rollout.sp', '--json', ...more];
              const began = Date.now();
              const { code, out, err } = await runProcess('timeout', args, {
                cwd: desk.folder,
                env: { HOME: join(desk.folder, '../home') },
              });
              const seconds = (Date.now() - began) / 1000;
              hold('every run ends', where, { ended: seconds < 60, seconds, within: 60 });
              return { code, said: said(out, err), relations: relationsIn(out) };
            },
          };
          try {
            await fc.asyncModelRun(() => ({ model: newModel(), real }), [...history, applied()]);
          } finally {
            desk.remove();
          }
        },
      ),
      { numRuns: runs, seed, endOnFailure: runs < 20, includeErrorInReport: true },
    );
    return counts;
  } finally {
    await fleet?.stop();
  }
};

const planFor = (host: string): string => `syncplan 1
fleet {
  host build at local { root site "./site" }
  ${host}
}
role master is build
role remote is copy
block app {
  take all in site
  delete mirror { max 100% }
  consistency verify { rounds 2 every 1s; then fail }
}
`;

const path = fc.constantFrom('a', 'b', 'd/x', 'd/y', 'd/e/z', 'd', 'n\u00e4me', 'x/y');
const mode = fc.constantFrom(0o644, 0o755, 0o600);
let word = 0;
const text = (whose: string): fc.Arbitrary<string> =>
  fc.nat({ max: 3 }).map(n => `${whose} ${++word} ${'x'.repeat(n * 40)}`);

const deeds = (whose: string): fc.Arbitrary<Deed> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), path, text: text(whose), mode }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), path }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), path, to: path }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('chmod' as const), path, mode }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('link' as const),
        path,
        target: fc.constantFrom('a', 'd/x', '../outside'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('hard-link' as const), path, of: path }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('folder' as const), path }) },
  );

const victims = fc.constantFrom<Victim>('client', 'agent', 'master-agent');

const COMMAND = fc.oneof(
  deeds('ours').map(onMaster),
  deeds('ours').map(onMaster),
  deeds('ours').map(onMaster),
  deeds(THEIRS).map(onRemote),
  fc.constant(null).map(planned),
  fc.constant(null).map(applied),
  fc.tuple(victims, fc.nat({ max: 1_000_000 })).map(([victim, seed]) => killed(victim, seed)),
);
