// Random histories of two folders: people edit both, runs go between them, some are killed – and nothing is ever lost.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { figure, SEED, THOROUGH } from './bounds.js';
import { proving } from './invariants.js';
import { runModel } from './model-run.js';

test(
  proving(
    'whatever people do on both sides, and whoever is killed meanwhile, the master is mirrored and nobody loses what is theirs',
    'every read of a final path is old or new',
    'an existing path that is replaced by its like is never missing',
    'what we overwrote or deleted was baseline content or is kept',
    'exit 0 exactly when every host was verified',
    'a second run does nothing',
    'every run ends',
  ),
  async () => {
    // Over real SSH in every other round of a soak: it costs half a second for each run.
    const ssh = THOROUGH && SEED % 2 === 0;
    const counts = await runModel({ runs: 3, commands: 10, seed: SEED, ssh });
    figure('runs', counts.runs);
    figure('kills', counts.kills);
    assert.ok(counts.runs >= 3, `seed ${SEED}: only ${counts.runs} runs`);
  },
);

test.run();
