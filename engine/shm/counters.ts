// A named table of counters in shared memory, one row per shard: the shard adds, main sums for
// metrics. Each row has one writer and its own 128-byte lines, so an add is a plain array add.
// Tearing: values are aligned float64, which the 64-bit machines that Node runs on read and write
// whole (the memory model would allow halves; no such engine exists there). Exact up to 2^53.

const LINE_VALUES = 16;

/** Upper bounds of a histogram's buckets in rising order; a last bucket takes what is above. */
export type HistogramBounds = readonly number[];

export interface HistogramPlace {
  /** Row index of the first bucket; the last bucket is followed by the sum of all values. */
  readonly at: number;
  readonly bounds: HistogramBounds;
}

/** Where each name stands in a row; the same in all threads, because all build it from one list. */
export interface CounterLayout<Counter extends string, Histogram extends string> {
  readonly names: readonly Counter[];
  readonly index: Readonly<Record<Counter, number>>;
  readonly histograms: Readonly<Record<Histogram, HistogramPlace>>;
  /** Float64 values per row, whole 128-byte lines. */
  readonly rowValues: number;
}

export function defineCounters<Counter extends string, Histogram extends string = never>(
  names: readonly Counter[],
  histograms: Readonly<Record<Histogram, HistogramBounds>> = {} as Record<Histogram, never>,
): CounterLayout<Counter, Histogram> {
  const index = {} as Record<Counter, number>;
  let next = 0;
  for (const name of names) {
    if (name in index) throw new RangeError(`counter ${name} is defined twice`);
    index[name] = next++;
  }
  const places = {} as Record<Histogram, HistogramPlace>;
  for (const name of Object.keys(histograms) as Histogram[]) {
    const bounds = histograms[name];
    if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) {
      throw new RangeError(`bounds of histogram ${name} do not rise`);
    }
    places[name] = { at: next, bounds };
    next += bounds.length + 2;
  }
  const rowValues = Math.max(1, Math.ceil(next / LINE_VALUES)) * LINE_VALUES;
  return { names, index, histograms: places, rowValues };
}

/** Memory for one row per shard, all zero. */
export function createCounters(
  layout: CounterLayout<string, string>,
  shards: number,
): SharedArrayBuffer {
  return new SharedArrayBuffer(layout.rowValues * 8 * shards);
}

/** The writing side: one thread's own row. A restarted shard goes on with the values it finds. */
export class CounterRow {
  readonly #values: Float64Array;

  constructor(table: SharedArrayBuffer, layout: CounterLayout<string, string>, shard: number) {
    this.#values = new Float64Array(table, shard * layout.rowValues * 8, layout.rowValues);
  }

  /** @param index from `layout.index`. */
  add(index: number, amount: number): void {
    this.#values[index] = this.#values[index]! + amount;
  }

  /** For gauges: the value as it is now. */
  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  get(index: number): number {
    return this.#values[index]!;
  }

  /** Counts `value` in the first bucket whose bound is not below it. */
  observe(histogram: HistogramPlace, value: number): void {
    const { at, bounds } = histogram;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.add(at + bucket, 1);
    this.add(at + bounds.length + 1, value);
  }
}

/** `counts[i]` holds values up to `bounds[i]`, the last one all above. */
export interface HistogramReading {
  readonly bounds: HistogramBounds;
  readonly counts: number[];
  readonly count: number;
  readonly sum: number;
}

/** The reading side: any thread, at any time; a sum is not a snapshot across shards. */
export class CounterTable<Counter extends string, Histogram extends string> {
  readonly shards: number;
  readonly #layout: CounterLayout<Counter, Histogram>;
  readonly #values: Float64Array;

  constructor(table: SharedArrayBuffer, layout: CounterLayout<Counter, Histogram>) {
    this.#layout = layout;
    this.#values = new Float64Array(table);
    this.shards = this.#values.length / layout.rowValues;
  }

  ofShard(shard: number, name: Counter): number {
    return this.#values[shard * this.#layout.rowValues + this.#layout.index[name]]!;
  }

  sum(name: Counter): number {
    return this.#column(this.#layout.index[name]);
  }

  histogram(name: Histogram): HistogramReading {
    const { at, bounds } = this.#layout.histograms[name];
    const counts: number[] = [];
    for (let bucket = 0; bucket <= bounds.length; bucket++) counts.push(this.#column(at + bucket));
    const count = counts.reduce((a, b) => a + b, 0);
    return { bounds, counts, count, sum: this.#column(at + bounds.length + 1) };
  }

  #column(index: number): number {
    let sum = 0;
    for (let i = index; i < this.#values.length; i += this.#layout.rowValues) {
      sum += this.#values[i]!;
    }
    return sum;
  }
}
