// Which buckets of one source are out of date, per grain, and since when. In memory only: after a
// restart the stored progress leads back to the same rows.
import type { Grain } from './rollup-catalogue.ts';
import { GRAINS } from './rollup-catalogue.ts';

export class PendingBuckets {
  /** Bucket (epoch seconds) → the earliest `sinceMs` it was marked with. */
  readonly #since: Readonly<Record<Grain, Map<number, number>>> = {
    minute: new Map(),
    quarter: new Map(),
    hour: new Map(),
    day: new Map(),
  };

  /** @param sinceMs rows that came after this moment (ClickHouse's clock) are missing in it */
  mark(grain: Grain, bucket: number, sinceMs: number): void {
    const known = this.#since[grain].get(bucket);
    if (known === undefined || sinceMs < known) this.#since[grain].set(bucket, sinceMs);
  }

  /** Ascending; those for which `isDue` holds. */
  due(grain: Grain, isDue: (bucket: number, sinceMs: number) => boolean): number[] {
    const found: number[] = [];
    for (const [bucket, since] of this.#since[grain]) if (isDue(bucket, since)) found.push(bucket);
    return found.sort((a, b) => a - b);
  }

  /** `buckets` of `grain` are right again: now the coarser grain summed from them is not. */
  done(grain: Grain, buckets: readonly number[]): void {
    const coarser = GRAINS.find((rule) => rule.from === grain);
    for (const bucket of buckets) {
      const since = this.#since[grain].get(bucket);
      this.#since[grain].delete(bucket);
      if (coarser === undefined || since === undefined) continue;
      this.mark(coarser.grain, bucket - (bucket % coarser.seconds), since);
    }
  }

  count(grain: Grain): number {
    return this.#since[grain].size;
  }

  /** Undefined when everything is up to date. */
  oldestSinceMs(): number | undefined {
    let oldest: number | undefined;
    for (const { grain } of GRAINS) {
      for (const since of this.#since[grain].values()) {
        if (oldest === undefined || since < oldest) oldest = since;
      }
    }
    return oldest;
  }
}
