// Decisions of the simulation: everything that could go one way or another asks here, under one
// seed.
import { seededRandom, type Random } from '../../engine/base/random.ts';

export class Chance {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** True in `share` (0..1) of the cases. */
  happens(share: number): boolean {
    return this.#random.u32() < share * 2 ** 32;
  }

  /** A whole number from `low` to `high`, both possible. */
  between(low: number, high: number): number {
    return low + (this.#random.u32() % (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random.u32() % list.length]!;
  }

  /** A token of 8 characters. */
  token(): string {
    return this.#random.u32().toString(16).padStart(8, '0');
  }
}
