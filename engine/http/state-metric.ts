// A metric whose value is state that somebody else keeps: described as data, read at each scrape.
// state-metrics.ts and ingest-metrics.ts are tables of these.
import { Counter, Gauge, type Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;
/** One time series: its labels and its value. */
export type SeriesRow = readonly [labels: Labels, value: number];
export type Kind = 'counter' | 'gauge';

/** @typeParam S what the values are read from */
export interface StateMetric<S> {
  readonly kind: Kind;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly rows: (source: S) => readonly SeriesRow[];
}

const NONE: Labels = {};

/** 1 or 0. */
export function flag(on: boolean): number {
  return on ? 1 : 0;
}

/** A metric without labels; undefined: it is not printed. */
export function single<S>(
  kind: Kind,
  name: string,
  help: string,
  read: (source: S) => number | undefined,
): StateMetric<S> {
  const rows = (source: S): SeriesRow[] => {
    const value = read(source);
    return value === undefined ? [] : [[NONE, value]];
  };
  return { kind, name, help, labels: [], rows };
}

/** Adds the metrics to the registry; `source` is read at each scrape. */
export function registerAll<S>(
  registry: Registry,
  metrics: readonly StateMetric<S>[],
  source: S,
): void {
  for (const { kind, name, help, labels, rows } of metrics) {
    const options = { name, help, labelNames: labels, registers: [registry] };
    // reset() keeps the series of a metric without labels, at 0: absent must not look like 0.
    if (kind === 'gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          if (labels.length === 0) this.remove();
          for (const [values, value] of rows(source)) this.set(values, value);
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          if (labels.length === 0) this.remove();
          for (const [values, value] of rows(source)) this.inc(values, value);
        },
      });
    }
  }
}
