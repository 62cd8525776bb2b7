// Waiting for another process: a condition asked again and again, with a bound.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `probe` until it gives a value. Gives undefined after `timeoutMs`.
 * A probe that throws (connection refused while a server comes up) counts as not yet.
 */
export async function until<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMs: number,
  everyMs = 50,
): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch {
      // Not yet.
    }
    if (performance.now() >= end) return undefined;
    await delay(everyMs);
  }
}
