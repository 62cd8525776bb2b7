// The hint at a mistyped name: near enough or none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearestName } from '../../../engine/config/nearest-name.ts';

test('finds slips of the finger, case apart, and nothing far-fetched', () => {
  const known = ['listen', 'drainSeconds', 'io', 'api'];
  assert.equal(nearestName('lisen', known), 'listen');
  assert.equal(nearestName('drainseconds', known), 'drainSeconds');
  assert.equal(nearestName('drain_second', known), 'drainSeconds');
  assert.equal(nearestName('password', known), undefined);
  assert.equal(nearestName('x', []), undefined);
  assert.equal(didYouMean('lisen', known), '; did you mean "listen"?');
  assert.equal(didYouMean('password', known), '');
});
