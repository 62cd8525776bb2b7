// Metrics of what main itself knows: shards, rings, sockets, gateways, limits, recorder, ingest.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { MetricsSource } from './metrics-source.ts';

type Labels = Readonly<Record<string, string>>;
type Row = readonly [labels: Labels, value: number];
type Kind = 'counter' | 'gauge';

interface StateMetric {
  readonly kind: Kind;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly rows: (source: MetricsSource) => readonly Row[];
}

const flag = (on: boolean): number => (on ? 1 : 0);
const NONE: Labels = {};

function perShard(
  kind: Kind,
  name: string,
  help: string,
  read: (shard: ReturnType<MetricsSource['shards']>[number]) => number,
): StateMetric {
  const rows = (source: MetricsSource): Row[] =>
    source.shards().map((figures, shard) => [{ shard: String(shard) }, read(figures)]);
  return { kind, name, help, labels: ['shard'], rows };
}

function perRing(
  name: string,
  help: string,
  read: (ring: ReturnType<MetricsSource['rings']>[number]) => number,
): StateMetric {
  const rows = (source: MetricsSource): Row[] =>
    source.rings().map((figures) => [{ ring: figures.name }, read(figures)]);
  return { kind: 'gauge', name, help, labels: ['ring'], rows };
}

function perSocket(
  kind: Kind,
  name: string,
  help: string,
  read: (socket: ReturnType<MetricsSource['sockets']>[number]) => number,
): StateMetric {
  const rows = (source: MetricsSource): Row[] =>
    source
      .sockets()
      .map((figures) => [
        { address: figures.address, shard: String(figures.shard) },
        read(figures),
      ]);
  return { kind, name, help, labels: ['address', 'shard'], rows };
}

function perGateway(
  name: string,
  help: string,
  read: (gateway: ReturnType<MetricsSource['gateways']>[number]) => number,
): StateMetric {
  const rows = (source: MetricsSource): Row[] =>
    source
      .gateways()
      .map((figures) => [{ gateway: figures.name, kind: figures.kind }, read(figures)]);
  return { kind: 'gauge', name, help, labels: ['gateway', 'kind'], rows };
}

function single(
  kind: Kind,
  name: string,
  help: string,
  read: (source: MetricsSource) => number | undefined,
): StateMetric {
  const rows = (source: MetricsSource): Row[] => {
    const value = read(source);
    return value === undefined ? [] : [[NONE, value]];
  };
  return { kind, name, help, labels: [], rows };
}

const METRICS: readonly StateMetric[] = [
  perShard('gauge', 'tandem_shard_up', '1 when the shard listens', (s) => flag(s.up)),
  perShard('counter', 'tandem_shard_restarts_total', 'Deaths of the shard', (s) => s.restarts),
  perRing('tandem_ring_depth_bytes', 'Bytes waiting in a ring', (r) => r.depthBytes),
  perRing('tandem_ring_capacity_bytes', 'Size of a ring', (r) => r.capacityBytes),
  perSocket(
    'counter',
    'tandem_socket_drops_total',
    'Datagrams that the kernel dropped',
    (s) => s.drops,
  ),
  perGateway('tandem_gateway_calls', 'Calls of a gateway', (g) => g.calls),
  perGateway('tandem_gateway_capacity', 'Most calls of a gateway at once', (g) => g.capacity),
  single('gauge', 'tandem_calls_limit', 'SS_MAX_CONCURRENT_CALL', (s) => s.limits().maxCalls),
  single(
    'gauge',
    'tandem_calls_per_second_limit',
    'SS_MAX_CALL_PER_SECOND',
    (s) => s.limits().maxCallsPerSecond,
  ),
  single('gauge', 'tandem_gate_calls', 'Calls counted against the limit', (s) => s.limits().calls),
  single('gauge', 'tandem_recorder_up', '1 when it runs', (s) => flag(s.recorder().running)),
  single(
    'gauge',
    'tandem_spool_failed',
    '1 when the spool cannot be written: no new calls are taken',
    (s) => flag(s.recorder().failed),
  ),
  single('counter', 'tandem_spool_records_total', 'Durable records', (s) => s.recorder().records),
  single('counter', 'tandem_spool_bytes_total', 'Durable bytes', (s) => s.recorder().bytes),
  single('counter', 'tandem_spool_failures_total', 'Failed writes', (s) => s.recorder().failures),
  single('gauge', 'tandem_recorder_lag_bytes', 'Not durable yet', (s) => s.recorder().lagBytes),
  single('gauge', 'tandem_ingest_up', '1 when it runs', (s) => flag(s.ingest()?.running ?? false)),
  single('gauge', 'tandem_clickhouse_up', '1 when ClickHouse answers ingest', (s) =>
    flag(s.ingest()?.clickhouseOk ?? false),
  ),
  single(
    'gauge',
    'tandem_spool_lag_bytes',
    'Durable here and not yet in ClickHouse',
    (s) => s.ingest()?.lagBytes,
  ),
  single(
    'counter',
    'tandem_ingest_rows_total',
    'Rows in ClickHouse since ingest started',
    (s) => s.ingest()?.insertedRows,
  ),
  single('counter', 'tandem_ingest_errors_total', 'Failed inserts', (s) => s.ingest()?.errors),
  single('counter', 'tandem_ingest_restarts_total', 'Deaths of it', (s) => s.ingest()?.restarts),
  single('counter', 'tandem_ingest_cpu_seconds_total', 'Its CPU', (s) => s.ingest()?.cpuSeconds),
  single('gauge', 'tandem_ingest_memory_bytes', 'Its memory', (s) => s.ingest()?.residentBytes),
];

/** Adds the metrics of main's own state to the registry; `source` is read at each scrape. */
export function registerStateMetrics(registry: Registry, source: MetricsSource): void {
  for (const { kind, name, help, labels, rows } of METRICS) {
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
