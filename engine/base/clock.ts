// Time as the engine sees it: injected everywhere, so that the simulator can own it.
// Wall time stamps records; monotonic time drives timers and measures durations.

export interface Clock {
  /** UTC epoch, whole milliseconds. May step when the operator sets the clock. */
  wallMs(): number;
  /**
   * Milliseconds since an arbitrary start, the same for all threads; never steps back. Fractions
   * allowed.
   */
  monoMs(): number;
}

/** When this thread's `performance` began, on the clock of all of them. */
const BEGAN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => BEGAN_MS + performance.now(),
};
