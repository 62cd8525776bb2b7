// Requests whose transaction has nothing left to do but to know its retransmissions (timers I, J
// and L of RFC 3261 17.2 and RFC 6026): a hash of the request and the status that answers it again.
// Flat arrays, one timer in all: 64,000 of them at 1,000 calls a second are nothing to the
// collector.
import { Timer, type Expiring, type TimerWheel } from '../../base/timer-wheel.ts';
import type { ServerKey } from './server-table.ts';

/** `statusOf`: the request is not known. */
export const NOT_RETIRED = -1;
/** The request is absorbed: it had an ACK, nothing is sent again. */
export const ABSORB = 0;

const FIRST_CAPACITY = 1024;
const EMPTY = -1;

export class RetiredRequests implements Expiring {
  readonly #timers: TimerWheel;
  readonly #timer = new Timer(this);
  /** The queue, oldest at `#head`; entry n stands at n modulo the capacity, a power of two. */
  #high = new Int32Array(FIRST_CAPACITY);
  #low = new Int32Array(FIRST_CAPACITY);
  #status = new Int16Array(FIRST_CAPACITY);
  #dueTick = new Float64Array(FIRST_CAPACITY);
  #head = 0;
  #tail = 0;
  /**
   * Open addressing by `low`: places in the queue. Twice the capacity, so never more than half
   * full.
   */
  #index = new Int32Array(FIRST_CAPACITY * 2).fill(EMPTY);

  constructor(timers: TimerWheel) {
    this.#timers = timers;
  }

  get size(): number {
    return this.#tail - this.#head;
  }

  /**
   * Remembers a request for `lifetimeMs`; all have about the same lifetime.
   * @param status the final status that answers its retransmissions, or ABSORB
   */
  add(high: number, low: number, status: number, lifetimeMs: number): void {
    if (this.size === this.#high.length) this.#grow();
    const place = this.#tail++ & (this.#high.length - 1);
    this.#high[place] = high;
    this.#low[place] = low;
    this.#status[place] = status;
    this.#dueTick[place] = this.#timers.tickIn(lifetimeMs);
    this.#insert(place);
    if (this.size === 1) this.#timers.start(this.#timer, lifetimeMs);
  }

  /** The status that answers the request again, ABSORB, or NOT_RETIRED. */
  statusOf({ high, low }: Readonly<ServerKey>): number {
    const mask = this.#index.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const place = this.#index[slot]!;
      if (place === EMPTY) return NOT_RETIRED;
      if (this.#low[place] === low && this.#high[place] === high) return this.#status[place]!;
    }
  }

  expire(): void {
    const mask = this.#high.length - 1;
    while (this.#head < this.#tail && this.#dueTick[this.#head & mask]! <= this.#timers.tick) {
      this.#remove(this.#head & mask);
      this.#head++;
    }
    if (this.size === 0) return;
    const waitMs = -this.#timers.elapsedMs(this.#dueTick[this.#head & mask]!);
    this.#timers.start(this.#timer, waitMs);
  }

  #insert(place: number): void {
    const mask = this.#index.length - 1;
    let slot = this.#low[place]! & mask;
    while (this.#index[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#index[slot] = place;
  }

  /** Takes a place out of the index and closes the gap (Knuth, algorithm 6.4 R). */
  #remove(place: number): void {
    const mask = this.#index.length - 1;
    let gap = this.#low[place]! & mask;
    while (this.#index[gap] !== place) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; this.#index[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = this.#low[this.#index[slot]!]! & mask;
      // It may move into the gap unless its home lies behind the gap, seen around the circle.
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.#index[gap] = this.#index[slot]!;
      gap = slot;
    }
    this.#index[gap] = EMPTY;
  }

  #grow(): void {
    const size = this.size;
    const mask = this.#high.length - 1;
    const old = { high: this.#high, low: this.#low, status: this.#status, dueTick: this.#dueTick };
    const capacity = this.#high.length * 2;
    this.#high = new Int32Array(capacity);
    this.#low = new Int32Array(capacity);
    this.#status = new Int16Array(capacity);
    this.#dueTick = new Float64Array(capacity);
    this.#index = new Int32Array(capacity * 2).fill(EMPTY);
    for (let n = 0; n < size; n++) {
      const from = (this.#head + n) & mask;
      this.#high[n] = old.high[from]!;
      this.#low[n] = old.low[from]!;
      this.#status[n] = old.status[from]!;
      this.#dueTick[n] = old.dueTick[from]!;
      this.#insert(n);
    }
    this.#head = 0;
    this.#tail = size;
  }
}
