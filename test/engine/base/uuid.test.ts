// UUIDv7: layout of RFC 9562 5.7, ordered by time, without repetition.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../../engine/base/random.ts';
import { uuidv7 } from '../../../engine/base/uuid.ts';

const LAYOUT = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('the first 48 bits are the time, the rest is version, variant and chance', () => {
  const wallMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(wallMs, fc.integer(), (ms, seed) => {
      const id = uuidv7(ms, seededRandom(seed));
      assert.match(id, LAYOUT);
      assert.equal(parseInt(id.slice(0, 8) + id.slice(9, 13), 16), ms);
    }),
  );
});

test('the example of RFC 9562 A.6', () => {
  // rand_a = 0xCC3, rand_b = 0x18C4DC0C0C07398F with the variant's two bits in front.
  const a = 0xcc3 | (0x18c4 << 12);
  const words = [a >>> 0, 0xdc0c << 16, 0x0c07398f];
  let next = 0;
  const id = uuidv7(0x017f22e279b0, { u32: () => words[next++]! >>> 0 });
  assert.equal(id, '017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('every random bit is used', () => {
  const zeros = uuidv7(0, { u32: () => 0 });
  const ones = uuidv7(0, { u32: () => 0xffffffff });
  assert.equal(zeros, '00000000-0000-7000-8000-000000000000');
  assert.equal(ones, '00000000-0000-7fff-bfff-ffffffffffff');
});

test('ids sort by time and do not repeat within a millisecond', () => {
  const random = seededRandom(4);
  const ids = Array.from({ length: 2000 }, (_, i) => uuidv7(1_700_000_000_000 + i, random));
  assert.deepEqual(ids.toSorted(), ids);
  const same = new Set(Array.from({ length: 20_000 }, () => uuidv7(1_700_000_000_000, random)));
  assert.equal(same.size, 20_000);
});
