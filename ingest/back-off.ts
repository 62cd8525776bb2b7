// How long to wait before trying again: doubles from failure to failure up to a bound, with jitter
// so that many edges do not come back to a restarted server in the same moment.
import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 100;
const LONGEST_MS = 10_000;

export class BackOff {
  #nextMs = FIRST_MS;

  reset(): void {
    this.#nextMs = FIRST_MS;
  }

  /** Waits between half and the whole of the next interval; ends early when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs * (0.5 + Math.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
    await delay(ms, undefined, { signal }).catch(() => undefined);
  }
}
