// Did you mean: near names are found, far ones are not, and the cost has a bound.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { nearest } from '../../grammar/suggest.js';

const test = suite('suggest');

const NAMES = [
  'consistency',
  'compare',
  'commit',
  'attributes',
  'order',
  'delete',
  'take',
  'from',
  'eu',
  'us',
  'web-01',
  'web-02',
];

test('letters left out, doubled, changed or swapped are forgiven', () => {
  const cases: Record<string, string | null> = {
    consistancy: 'consistency',
    conistency: 'consistency',
    comapre: 'compare',
    comit: 'commit',
    attribute: 'attributes',
    form: 'from',
    tkae: 'take',
    Delete: 'delete',
    web_01: 'web-01',
    EU: 'eu',
  };
  for (const [name, meant] of Object.entries(cases)) assert.equal(nearest(name, NAMES), meant, name);
});

test('what is too far away is not suggested', () => {
  for (const name of ['x', 'ex', 'banana', 'rollout', '']) assert.equal(nearest(name, NAMES), null, name);
});

test('the nearest wins, and the first of several equally near', () => {
  assert.equal(nearest('web-03', NAMES), 'web-01');
  assert.equal(nearest('orders', ['border', 'order']), 'order');
});

test('very long names cost nothing', () => {
  assert.equal(nearest('x'.repeat(1_000_000), NAMES), null);
  assert.equal(nearest('order', ['x'.repeat(1_000_000), 'orders']), 'orders');
});

test.run();
