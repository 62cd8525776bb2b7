// The figures of NAT heartbeats as /metrics prints them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { PACER_METRICS } from '../../../engine/http/pacer-metrics.ts';
import { registerAll } from '../../../engine/http/state-metric.ts';
import { fakeMetricsSource } from './fake-metrics-source.ts';

test('heartbeats, terminals, coverage, cycle, shortfall, lateness, CPU', async () => {
  const registry = new Registry();
  registerAll(registry, PACER_METRICS, fakeMetricsSource().source);
  const printed = (await registry.metrics())
    .split('\n')
    .filter((line) => line.startsWith('tandem'));
  assert.deepEqual(printed.sort(), [
    'tandem_heartbeat_batches_late_total 1',
    'tandem_heartbeat_coverage 100',
    'tandem_heartbeat_cycle_seconds 30',
    'tandem_heartbeat_cycles_total 3',
    'tandem_heartbeat_failures_total 2',
    'tandem_heartbeat_shortfall 20',
    'tandem_heartbeats_total 360',
    'tandem_nat_devices 120',
    'tandem_pacer_cpu_seconds_total 0.25',
    'tandem_pacer_up 1',
  ]);
});
