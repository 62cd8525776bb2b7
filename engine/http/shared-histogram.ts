// A Prometheus histogram whose buckets are counted by shards in shared memory: prom-client's own
// one can only observe, so what it prints is replaced. Milliseconds become seconds.
import { Histogram } from 'prom-client';
import type { MetricValueWithName, Registry } from 'prom-client';
import type { HistogramCells } from '../base/counter-names.ts';
import type { CounterReader } from './metrics-source.ts';

type Value = MetricValueWithName<'le'>;

interface HistogramText {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  readonly aggregator: 'sum';
  readonly values: Value[];
}

export class SharedHistogram extends Histogram<'le'> {
  readonly #name: string;
  readonly #help: string;
  readonly #cells: HistogramCells;
  readonly #counters: CounterReader;

  /** Registers itself in `registry`; reads `cells` of all shards at each scrape. */
  constructor(
    registry: Registry,
    name: string,
    help: string,
    cells: HistogramCells,
    counters: CounterReader,
  ) {
    super({ name, help, registers: [registry] });
    this.#name = name;
    this.#help = help;
    this.#cells = cells;
    this.#counters = counters;
  }

  /** What prom-client reads at a scrape, in the text format and in JSON; not in its types. */
  getForPromString(): Promise<HistogramText> {
    return Promise.resolve({
      name: this.#name,
      help: this.#help,
      type: 'histogram',
      aggregator: 'sum',
      values: this.#read(),
    });
  }

  #read(): Value[] {
    const { name, bounds } = this.#cells;
    const values: Value[] = [];
    let count = 0;
    for (const bound of [...bounds, Infinity]) {
      count += this.#sum(bound === Infinity ? `${name}:Inf` : `${name}:${bound}`);
      const le = bound === Infinity ? '+Inf' : String(bound / 1000);
      values.push({ metricName: `${this.#name}_bucket`, labels: { le }, value: count });
    }
    const sum = this.#sum(`${name}:sum`) / 1000;
    values.push({ metricName: `${this.#name}_sum`, labels: {}, value: sum });
    values.push({ metricName: `${this.#name}_count`, labels: {}, value: count });
    return values;
  }

  #sum(cell: string): number {
    let sum = 0;
    for (let shard = 0; shard < this.#counters.shards; shard++) {
      sum += this.#counters.ofShard(shard, cell);
    }
    return sum;
  }
}
