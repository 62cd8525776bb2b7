// Claims of two owners on one address, against comparing every pair.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findOverlaps } from '../../../engine/routing/cidr-overlap.ts';
import { parseCidr } from '../../../engine/routing/cidr.ts';
import type { Cidr } from '../../../engine/routing/cidr.ts';

interface Claim {
  readonly owner: string;
  readonly cidr: Cidr;
  readonly text: string;
}

function claim(owner: string, text: string): Claim {
  const cidr = parseCidr(text);
  assert.ok(cidr !== undefined, text);
  return { owner, cidr, text };
}

test('equal and nested ranges of two owners are found, those of one owner are not', () => {
  const claims = [
    claim('a', '10.0.0.0/8'),
    claim('a', '10.1.0.0/16'),
    claim('b', '10.1.2.3'),
    claim('c', '2001:db8::1'),
    claim('d', '2001:db8::1'),
    claim('e', '0.0.0.0/0'),
  ];
  const found = findOverlaps(claims).map(([outer, inner]) => `${outer.text} ${inner.text}`);
  assert.deepEqual(found, [
    '0.0.0.0/0 10.0.0.0/8',
    '0.0.0.0/0 10.1.0.0/16',
    '10.1.0.0/16 10.1.2.3',
    '2001:db8::1 2001:db8::1',
  ]);
});

test('finds an overlap exactly when some pair overlaps', () => {
  const one = fc
    .record({
      owner: fc.constantFrom('a', 'b', 'c'),
      low: fc.nat({ max: 255 }),
      high: fc.nat({ max: 3 }),
      length: fc.integer({ min: 14, max: 32 }),
    })
    .map(({ owner, low, high, length }) => claim(owner, `10.0.${high}.${low}/${length}`));
  const start = (c: Claim): number => c.cidr.words[3]! >>> 0;
  const size = (c: Claim): number => 2 ** (128 - c.cidr.bits);
  const overlap = (a: Claim, b: Claim): boolean =>
    start(a) < start(b) + size(b) && start(b) < start(a) + size(a);
  fc.assert(
    fc.property(fc.array(one, { maxLength: 10 }), (claims) => {
      const naive = new Set<Claim>();
      claims.forEach((a, i) => {
        for (const b of claims.slice(i + 1)) {
          if (a.owner !== b.owner && overlap(a, b)) naive.add(a).add(b);
        }
      });
      const pairs = findOverlaps(claims);
      assert.equal(pairs.length > 0, naive.size > 0);
      for (const [outer, inner] of pairs) {
        assert.ok(outer.owner !== inner.owner && overlap(outer, inner));
        assert.ok(size(outer) >= size(inner));
      }
    }),
    { numRuns: 1000 },
  );
});
