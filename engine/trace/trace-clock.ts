// UTC in microseconds for traced messages. The wall clock tells whole milliseconds only: their
// fractions come from the monotonic clock, which also keeps the order of messages when they agree.
import type { Clock } from '../base/clock.ts';

/** The two clocks drift apart by less; a greater difference means that the wall clock was set. */
const MAX_DRIFT_MS = 2;

export class TraceClock {
  readonly #clock: Clock;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.wallMs() - clock.monoMs();
  }

  nowUs(): number {
    const monoMs = this.#clock.monoMs();
    const wallMs = this.#clock.wallMs();
    const drift = wallMs - (monoMs + this.#offsetMs);
    if (drift > MAX_DRIFT_MS || drift < -MAX_DRIFT_MS) this.#offsetMs = wallMs - monoMs;
    return Math.round((monoMs + this.#offsetMs) * 1000);
  }
}
