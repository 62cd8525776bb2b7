// Replays of nonce counts, against a set of all counts used; and what is forgotten.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NonceUse, NonceUses } from '../../../../engine/sip/auth/nonce-uses.ts';

test('a count is fresh once; far behind the highest it is taken for used', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 100 });
  fc.assert(
    fc.property(counts, (given) => {
      const uses = new NonceUses(4);
      const seen = new Set<number>();
      let highest = 0;
      for (const count of given) {
        const fresh = !seen.has(count) && highest - count < 32;
        assert.equal(uses.use(7, count) === NonceUse.Fresh, fresh);
        seen.add(count);
        highest = Math.max(highest, count);
      }
    }),
  );
});

test('newer nonces push older ones out, which are forgotten, never fresh again', () => {
  const uses = new NonceUses(4);
  assert.equal(uses.use(1, 1), NonceUse.Fresh);
  assert.equal(uses.knows(1), true);
  assert.equal(uses.use(5, 1), NonceUse.Fresh);
  assert.equal(uses.use(1, 2), NonceUse.Forgotten);
  assert.equal(uses.knows(1), false);
  assert.equal(uses.use(2, 0xffffffff), NonceUse.Fresh);
  assert.equal(uses.use(2, 0xffffffff), NonceUse.Seen);
});
