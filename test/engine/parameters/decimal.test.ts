// Decimals within a range, compared exactly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalInRange } from '../../../engine/parameters/decimal.ts';

test('both ends are allowed, one unit of the ninth place beyond is not', () => {
  assert.equal(decimalInRange(' 0.3 ', '0.3', '0.3'), '0.3');
  assert.equal(decimalInRange('0.300000001', '0.3', '0.3'), undefined);
  assert.equal(decimalInRange('0.299999999', '0.3', '0.3'), undefined);
  assert.equal(decimalInRange('1e3', '0', '9999'), undefined);
});
