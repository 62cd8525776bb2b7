// Metrics of what main itself knows: shards, rings, sockets, gateways, limits, recorder.
import type { Registry } from 'prom-client';
import { registerIngestMetrics } from './ingest-metrics.ts';
import type { MetricsSource } from './metrics-source.ts';
import { PACER_METRICS } from './pacer-metrics.ts';
import { registerStreamMetrics } from './stream-metrics.ts';
import { flag, registerAll, single } from './state-metric.ts';
import type { Kind, SeriesRow, StateMetric } from './state-metric.ts';

function perShard(
  kind: Kind,
  name: string,
  help: string,
  read: (shard: ReturnType<MetricsSource['shards']>[number]) => number,
): StateMetric<MetricsSource> {
  const rows = (source: MetricsSource): SeriesRow[] =>
    source.shards().map((figures, shard) => [{ shard: String(shard) }, read(figures)]);
  return { kind, name, help, labels: ['shard'], rows };
}

function perRing(
  name: string,
  help: string,
  read: (ring: ReturnType<MetricsSource['rings']>[number]) => number,
): StateMetric<MetricsSource> {
  const rows = (source: MetricsSource): SeriesRow[] =>
    source.rings().map((figures) => [{ ring: figures.name }, read(figures)]);
  return { kind: 'gauge', name, help, labels: ['ring'], rows };
}

function perSocket(
  kind: Kind,
  name: string,
  help: string,
  read: (socket: ReturnType<MetricsSource['sockets']>[number]) => number,
): StateMetric<MetricsSource> {
  const rows = (source: MetricsSource): SeriesRow[] =>
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
  /** undefined: it has no such value, and is not printed. */
  read: (gateway: ReturnType<MetricsSource['gateways']>[number]) => number | undefined,
): StateMetric<MetricsSource> {
  const rows = (source: MetricsSource): SeriesRow[] =>
    source.gateways().flatMap((figures): SeriesRow[] => {
      const value = read(figures);
      if (value === undefined) return [];
      return [[{ gateway: figures.name, kind: figures.kind }, value]];
    });
  return { kind: 'gauge', name, help, labels: ['gateway', 'kind'], rows };
}

const METRICS: readonly StateMetric<MetricsSource>[] = [
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
  perGateway(
    'tandem_gateway_capacity',
    'Most calls of a gateway at once, by configuration and PUBLISH',
    (g) => g.capacity ?? Infinity,
  ),
  perGateway(
    'tandem_gateway_online',
    '0 when calls are kept away from a gateway by its state',
    (g) => flag(g.status !== 'offline'),
  ),
  perGateway(
    'tandem_gateway_registered',
    '1 while our registration with the gateway is in force',
    (g) => (g.registration === null ? undefined : flag(g.registration.state === 'registered')),
  ),
  perGateway('tandem_gateway_latency_seconds', 'Time to the last answer to OPTIONS', (g) =>
    typeof g.probe?.latencyMs === 'number' ? g.probe.latencyMs / 1000 : undefined,
  ),
  perGateway(
    'tandem_gateway_retry_after_seconds',
    'Left of the pause that a gateway asked for',
    (g) => (g.kind === 'routing' ? g.retryAfterSeconds : undefined),
  ),
  single('gauge', 'tandem_calls_limit', 'SS_MAX_CONCURRENT_CALL', (s) => s.limits().maxCalls),
  single(
    'gauge',
    'tandem_calls_per_second_limit',
    'SS_MAX_CALL_PER_SECOND',
    (s) => s.limits().maxCallsPerSecond,
  ),
  single('gauge', 'tandem_gate_calls', 'Calls counted against the limit', (s) => s.limits().calls),
  single('gauge', 'tandem_registrations', 'Registered now', (s) => s.registrations().registered),
  single(
    'gauge',
    'tandem_registrations_behind_nat',
    'Of those behind a NAT',
    (s) => s.registrations().behindNat,
  ),
  single(
    'gauge',
    'tandem_registrations_limit',
    'maxRegistrations of tandem.yaml, and some reserve',
    (s) => s.registrations().capacity,
  ),
  single(
    'counter',
    'tandem_registrations_full_total',
    'Registrations refused because the table was full',
    (s) => s.registrations().refused,
  ),
  single(
    'gauge',
    'tandem_suspended',
    'Terminals and sources suspended now',
    (s) => s.registrations().suspended,
  ),
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
  single(
    'gauge',
    'tandem_spool_alarm',
    '1 when the spool nears its bound or its file system is nearly full',
    (s) => flag(s.recorder().room !== 'ok'),
  ),
  single(
    'gauge',
    'tandem_spool_full',
    '1 when no new calls are taken because the spool or its file system is full',
    (s) => flag(s.recorder().room === 'full'),
  ),
  single('gauge', 'tandem_spool_size_bytes', 'All segments', (s) => s.recorder().spoolBytes),
  single('gauge', 'tandem_spool_max_bytes', 'spool.maxBytes', (s) => s.recorder().spoolMaxBytes),
  single(
    'gauge',
    'tandem_spool_free_bytes',
    'Left on the file system of the spool',
    (s) => s.recorder().freeBytes,
  ),
  single(
    'gauge',
    'tandem_recorder_longest_turn_seconds',
    'Longest write and fdatasync so far',
    (s) => s.recorder().longestTurnMs / 1000,
  ),
  single(
    'counter',
    'tandem_recorder_lost_total',
    'Records that the recorder could not keep; must stay 0',
    (s) => s.recorder().lost,
  ),
  single('counter', 'tandem_clock_steps_total', 'Steps of the system clock', (s) => s.clockSteps()),
  single('gauge', 'tandem_snapshot_version', 'Published last', (s) => s.snapshot().version),
  single(
    'gauge',
    'tandem_snapshot_mounted_version',
    'The lowest that a shard works by',
    (s) => s.snapshot().mounted,
  ),
  single('gauge', 'tandem_traces', 'Traces in force', (s) => s.traces().active),
  single('counter', 'tandem_trace_records_total', 'Messages kept', (s) => s.traces().records),
  single('counter', 'tandem_trace_bytes_total', 'Bytes of them', (s) => s.traces().bytes),
  single('counter', 'tandem_trace_lost_total', 'Not written', (s) => s.traces().lost),
  single('gauge', 'tandem_trace_failed', '1 when traces cannot be written; calls go on', (s) =>
    flag(s.traces().problem !== ''),
  ),
  single('gauge', 'tandem_recorder_lag_bytes', 'Not durable yet', (s) => s.recorder().lagBytes),
];

/** Adds the metrics of main's own state to the registry; `source` is read at each scrape. */
export function registerStateMetrics(registry: Registry, source: MetricsSource): void {
  registerAll(registry, METRICS, source);
  registerAll(registry, PACER_METRICS, source);
  registerStreamMetrics(registry, source);
  registerIngestMetrics(registry, () => source.ingest());
}
