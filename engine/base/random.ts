// Randomness as the engine sees it: injected, so that a seed replays a simulation exactly.
// xoshiro128** for identifiers (tags, branches, Call-IDs); secrets never come from here.
import { randomFillSync } from 'node:crypto';

export interface Random {
  /** A uniform unsigned 32-bit integer. */
  u32(): number;
}

/** xoshiro128** (Blackman, Vigna) from four 32-bit words, not all zero. */
export function xoshiro128(seed: Uint32Array): Random {
  let a = seed[0]! | 0;
  let b = seed[1]! | 0;
  let c = seed[2]! | 0;
  let d = seed[3]! | 0;
  const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  return {
    u32() {
      const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = rotl(d, 11);
      return result;
    },
  };
}

/** A generator seeded from the operating system; one per thread. */
export function systemRandom(): Random {
  return xoshiro128(randomFillSync(new Uint32Array(4)));
}

/** The same sequence for the same seed (any 32-bit integer). */
export function seededRandom(seed: number): Random {
  const words = new Uint32Array(4);
  let state = seed >>> 0;
  for (let i = 0; i < 4; i++) {
    // SplitMix32: spreads close seeds far apart.
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    words[i] = (z ^ (z >>> 16)) >>> 0;
  }
  if (words.every((w) => w === 0)) words[0] = 1;
  return xoshiro128(words);
}
