// Does an undisturbed upgrade still go well? A mutant that breaks even this proves nothing about the tests.
import assert from 'node:assert/strict';
import { differences } from './invariants.js';
import { sightsIn } from './sights.js';
import { readyToUpgrade } from './upgrade.js';

const upgrade = await readyToUpgrade();
const { summary } = await upgrade.run();
assert.equal(summary.exitCode, 0);
assert.deepEqual(differences(sightsIn(upgrade.simulation.at('r1').disk), upgrade.new), []);
