// What main knows of its threads, sockets, gateways and the ingest process, as metrics.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { registerStateMetrics } from '../../../engine/http/state-metrics.ts';
import type { MetricsSource } from '../../../engine/http/metrics-source.ts';
import { fakeMetricsSource, PLAIN_ROW } from './fake-metrics-source.ts';

function scrape(changes: Partial<MetricsSource> = {}): Promise<string> {
  const registry = new Registry();
  registerStateMetrics(registry, fakeMetricsSource(changes).source);
  return registry.metrics();
}

test('shards, rings, sockets, gateways, recorder, ingest have their labels', async () => {
  const printed = new Set((await scrape()).split('\n'));
  const expected = [
    'tandem_shard_up{shard="0"} 1',
    'tandem_shard_up{shard="1"} 0',
    'tandem_shard_restarts_total{shard="1"} 3',
    'tandem_ring_depth_bytes{ring="cdr:0"} 128',
    'tandem_socket_drops_total{address="udp://127.0.0.1:5060",shard="1"} 17',
    'tandem_gateway_calls{gateway="alpha-1",kind="routing"} 9',
    'tandem_gateway_capacity{gateway="alpha-1",kind="routing"} +Inf',
    'tandem_gateway_online{gateway="acme-1",kind="mapping"} 1',
    'tandem_gateway_online{gateway="beta-1",kind="routing"} 0',
    'tandem_gateway_registered{gateway="beta-1",kind="routing"} 0',
    'tandem_gateway_latency_seconds{gateway="beta-1",kind="routing"} 0.0125',
    'tandem_gateway_retry_after_seconds{gateway="beta-1",kind="routing"} 7',
    'tandem_calls_limit 1000',
    'tandem_recorder_up 1',
    'tandem_spool_failed 0',
    'tandem_spool_lag_bytes 512',
    'tandem_clickhouse_up 1',
    'tandem_ingest_restarts_total 1',
    'tandem_ingest_held_up 0',
    'tandem_ingest_malformed_total 4',
    'tandem_kafka_produced_total 21',
    'tandem_kafka_lag_messages 5',
    'tandem_clock_steps_total 2',
    'tandem_snapshot_version 7',
    'tandem_snapshot_mounted_version 6',
    'tandem_traces 2',
    'tandem_trace_records_total 31',
    'tandem_trace_bytes_total 20000',
    'tandem_trace_lost_total 3',
    'tandem_trace_failed 1',
    'tandem_cdr_pending 12',
    'tandem_cdr_pending_limit 100000',
    'tandem_cdr_feed_records_total{feed="push"} 7',
    'tandem_cdr_feed_held_up{feed="push"} 1',
  ];
  for (const line of expected) assert.ok(printed.has(line), `not printed: ${line}`);
  const registered = [...printed].filter((line) => line.startsWith('tandem_gateway_registered{'));
  assert.equal(registered.length, 1, 'only where a registration is needed');
});

test('an ingest process that does not report is down, and its figures are absent', async () => {
  const text = await scrape({ ingest: () => undefined });
  assert.match(text, /^tandem_ingest_up 0$/m);
  assert.match(text, /^tandem_clickhouse_up 0$/m);
  assert.doesNotMatch(text, /^tandem_spool_lag_bytes /m);
});

test('a gateway that is gone leaves the metrics', async () => {
  const gateways = [{ ...PLAIN_ROW, name: 'a' }];
  const registry = new Registry();
  registerStateMetrics(registry, fakeMetricsSource({ gateways: () => gateways }).source);
  assert.match(await registry.metrics(), /gateway="a"/);
  gateways.pop();
  assert.doesNotMatch(await registry.metrics(), /gateway="a"/);
});
