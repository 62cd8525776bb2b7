// Identifiers against what JavaScript's own number formatting gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addHex, addText, beginId, takeId } from '../../../engine/base/id-text.ts';

test('texts and the low digits of any integer, signed or not', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 8 }), (value, digits) => {
      const expected = (value >>> 0)
        .toString(16)
        .padStart(8, '0')
        .slice(8 - digits);
      beginId('tdm');
      addHex(value, digits);
      addText('-');
      addHex(value >>> 0, digits);
      assert.equal(takeId(), `tdm${expected}-${expected}`);
    }),
  );
});

test('each identifier begins anew', () => {
  beginId('long beginning');
  beginId('a');
  assert.equal(takeId(), 'a');
});
