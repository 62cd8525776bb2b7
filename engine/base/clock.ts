// Time as the engine sees it: injected everywhere, so that the simulator can own it.
// Wall time stamps records; monotonic time drives timers and measures durations.

export interface Clock {
  /** UTC epoch, whole milliseconds. May step when the operator sets the clock. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never steps back. Fractions allowed. */
  monoMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
};
