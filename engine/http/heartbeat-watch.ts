// Notices a thread that hangs: its heartbeat in shared memory stops changing. Main samples it once
// a second; readiness and supervision ask it for the problem.
import type { Clock } from '../base/clock.ts';

export class HeartbeatWatch {
  readonly #read: () => number;
  readonly #clock: Clock;
  readonly #staleMs: number;
  #last: number | undefined;
  #changedMs: number;

  /**
   * @param read the heartbeat; any number that changes while the thread lives
   * @param staleMs longest time without a change, well above the thread's longest wait
   */
  constructor(read: () => number, clock: Clock, staleMs: number) {
    this.#read = read;
    this.#clock = clock;
    this.#staleMs = staleMs;
    this.#changedMs = clock.monoMs();
  }

  /** To be called about once a second. */
  sample(): void {
    const beat = this.#read();
    if (beat === this.#last) return;
    // The first reading proves nothing: it may be what a dead thread left.
    if (this.#last !== undefined) this.#changedMs = this.#clock.monoMs();
    this.#last = beat;
  }

  /** undefined: it lives; else what is wrong, for people. */
  problem(): string | undefined {
    const silentMs = this.#clock.monoMs() - this.#changedMs;
    return silentMs > this.#staleMs ? `no heartbeat for ${Math.round(silentMs)} ms` : undefined;
  }
}
