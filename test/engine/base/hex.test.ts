// Fixed-length hex digits against the language's own conversion.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex16, hex32, hex8 } from '../../../engine/base/hex.ts';

test('each length writes its low bits, signed or not, with leading zeros', () => {
  const edges = fc.constantFrom(0, 1, 0xf, 0x10, 0xff, 0x100, 0xffff, 0x10000, -1, -0x80000000);
  const word = fc.oneof(edges, fc.integer(), fc.integer({ min: 0, max: 0xffffffff }));
  fc.assert(
    fc.property(word, (value) => {
      const digits = (value >>> 0).toString(16).padStart(8, '0');
      assert.equal(hex32(value), digits);
      assert.equal(hex16(value), digits.slice(4));
      assert.equal(hex8(value), digits.slice(6));
    }),
  );
});
