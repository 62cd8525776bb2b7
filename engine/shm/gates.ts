// Gates (engine/base/gates.ts) in shared memory: calls at once and new calls per second, counted
// exactly over all shards by compare-and-exchange. Besides the total of a slot every shard keeps
// its own count, so that its successor can give back what a dead shard held.
import type { Gates } from '../base/gates.ts';

const SECOND_MASK = 0xffff;
/** Seconds by which the clocks of two shards, read one after the other, may disagree. */
const SKEW_SECONDS = 2;

/** The highest rate that can be counted; higher limits act as this one. */
export const MAX_RATE_PER_SECOND = 0xffff;

/** Memory for `slots` gates over `shards` shards: totals, rate windows, then a row per shard. */
export function createGates(slots: number, shards: number): SharedArrayBuffer {
  return new SharedArrayBuffer(slots * (shards + 2) * 4);
}

/**
 * One shard's access to the gates.
 * A thread that is killed between its two counts (total, own) leaks one place: the error is on the
 * side of the limit, never over it.
 */
export class SharedGates implements Gates {
  readonly #totals: Int32Array;
  readonly #windows: Int32Array;
  readonly #own: Int32Array;

  constructor(memory: SharedArrayBuffer, slots: number, shard: number) {
    this.#totals = new Int32Array(memory, 0, slots);
    this.#windows = new Int32Array(memory, slots * 4, slots);
    this.#own = new Int32Array(memory, slots * 4 * (shard + 2), slots);
  }

  tryEnter(slot: number, capacity: number): boolean {
    for (;;) {
      const taken = Atomics.load(this.#totals, slot);
      if (taken >= capacity) return false;
      if (Atomics.compareExchange(this.#totals, slot, taken, taken + 1) === taken) break;
    }
    Atomics.add(this.#own, slot, 1);
    return true;
  }

  leave(slot: number): void {
    // Own first: killed in between, this leaks a place; the other way round would give it twice.
    if (Atomics.sub(this.#own, slot, 1) <= 0) {
      Atomics.add(this.#own, slot, 1);
      return;
    }
    Atomics.sub(this.#totals, slot, 1);
  }

  occupied(slot: number): number {
    return Atomics.load(this.#totals, slot);
  }

  /**
   * The window is one word, {second modulo 2^16, count}. A shard whose clock read is up to two
   * seconds behind counts in the newer window; a clock set back further starts a new one.
   * A window left full is mistaken for the present one when exactly 18.2 hours have passed.
   */
  tryRate(slot: number, perSecond: number, wallMs: number): boolean {
    const limit = Math.min(perSecond, MAX_RATE_PER_SECOND);
    if (limit <= 0) return false;
    const second = Math.floor(wallMs / 1000) & SECOND_MASK;
    for (;;) {
      const word = Atomics.load(this.#windows, slot);
      const ahead = (second - (word >>> 16)) & SECOND_MASK;
      const sameWindow = ahead === 0 || ahead >= SECOND_MASK + 1 - SKEW_SECONDS;
      const count = sameWindow ? word & 0xffff : 0;
      if (count >= limit) return false;
      const next = sameWindow ? (word + 1) | 0 : (second << 16) | 1;
      if (Atomics.compareExchange(this.#windows, slot, word, next) === word) return true;
    }
  }

  /** Places of `slot` that this shard holds. */
  held(slot: number): number {
    return Atomics.load(this.#own, slot);
  }

  /** Gives back everything this shard holds: what a shard does for a predecessor that died. */
  releaseAll(): void {
    for (let slot = 0; slot < this.#own.length; slot++) {
      const held = Atomics.exchange(this.#own, slot, 0);
      if (held > 0) Atomics.sub(this.#totals, slot, held);
    }
  }
}
