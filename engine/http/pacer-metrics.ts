// Metrics of the NAT heartbeats, from what the pacer tells main.
import type { MetricsSource } from './metrics-source.ts';
import { flag, single, type StateMetric } from './state-metric.ts';

export const PACER_METRICS: readonly StateMetric<MetricsSource>[] = [
  single('gauge', 'tandem_pacer_up', '1 when the pacer of heartbeats runs', (s) =>
    flag(s.pacer().running),
  ),
  single('counter', 'tandem_heartbeats_total', 'NAT heartbeats sent', (s) => s.pacer().sent),
  single(
    'counter',
    'tandem_heartbeat_failures_total',
    'NAT heartbeats that the kernel refused',
    (s) => s.pacer().failed,
  ),
  single(
    'gauge',
    'tandem_nat_devices',
    'Registered terminals behind NAT',
    (s) => s.pacer().devices,
  ),
  single(
    'gauge',
    'tandem_heartbeat_coverage',
    'Terminals that one cycle of heartbeats serves; 0 when they are off',
    (s) => s.pacer().coverage,
  ),
  single('counter', 'tandem_heartbeat_cycles_total', 'Cycles ended', (s) => s.pacer().cycles),
  single(
    'gauge',
    'tandem_heartbeat_cycle_seconds',
    'Length of the last cycle of heartbeats',
    (s) => s.pacer().cycleMs / 1000,
  ),
  single(
    'gauge',
    'tandem_heartbeat_shortfall',
    'Terminals that the last cycle of heartbeats did not reach',
    (s) => s.pacer().missed,
  ),
  single(
    'counter',
    'tandem_heartbeat_batches_late_total',
    'Batches of heartbeats so late that the next ones were put off',
    (s) => s.pacer().late,
  ),
  single(
    'counter',
    'tandem_pacer_cpu_seconds_total',
    'CPU of the pacer',
    (s) => s.pacer().cpuMs / 1000,
  ),
];
