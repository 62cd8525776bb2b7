// xoshiro128**: its definition in exact arithmetic, known values, seeds, and balance.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom, systemRandom, xoshiro128 } from '../../../engine/base/random.ts';

const MASK = 0xffffffffn;

/** The generator as its authors define it, over integers without a word size. */
function* definition(seed: readonly bigint[]): Generator<bigint> {
  const s = [...seed];
  const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & MASK;
  for (;;) {
    yield (rotl((s[1]! * 5n) & MASK, 7n) * 9n) & MASK;
    const t = (s[1]! << 9n) & MASK;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11n);
  }
}

test('the state 1, 2, 3, 4 gives the known sequence', () => {
  const random = xoshiro128(Uint32Array.of(1, 2, 3, 4));
  // By hand: rotl(2 * 5, 7) * 9 = 11520; the second state has word 1 = 0.
  assert.equal(random.u32(), 11_520);
  assert.equal(random.u32(), 0);
  assert.equal(random.u32(), 5_927_040);
});

test('follows its definition from any state', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), (words) => {
      fc.pre(words.some((w) => w !== 0));
      const random = xoshiro128(Uint32Array.from(words));
      const expected = definition(words.map(BigInt));
      for (let i = 0; i < 50; i++) assert.equal(BigInt(random.u32()), expected.next().value);
    }),
  );
});

test('the same seed gives the same sequence, neighbours do not', () => {
  const sequence = (seed: number): string => {
    const random = seededRandom(seed);
    return Array.from({ length: 8 }, () => random.u32().toString(16)).join();
  };
  assert.equal(sequence(7), sequence(7));
  assert.equal(sequence(-1), sequence(0xffffffff));
  const seeds = Array.from({ length: 5000 }, (_, seed) => sequence(seed));
  assert.equal(new Set(seeds).size, 5000);
});

test('each bit is set half of the time, also in the first value of a seed', () => {
  const count = (next: (i: number) => number): number[] => {
    const ones = new Array<number>(32).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const value = next(i);
      assert.ok(Number.isInteger(value) && value >= 0 && value <= 0xffffffff);
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (value >>> bit) & 1;
    }
    return ones;
  };
  const one = seededRandom(11);
  // Six standard deviations of 20,000 tosses are 424.
  for (const ones of [count(() => one.u32()), count((i) => seededRandom(i).u32())]) {
    for (const n of ones) assert.ok(Math.abs(n - 10_000) < 430, `${n} of 20000`);
  }
});

test('two threads do not start alike', () => {
  const a = systemRandom();
  const b = systemRandom();
  const take = (random: { u32(): number }): number[] =>
    Array.from({ length: 4 }, () => random.u32());
  assert.notDeepEqual(take(a), take(b));
});
