// Where /metrics finds its figures: shared memory, the kernel's socket table, the ingest process.
import { RecorderFigure } from '../cdr/recorder-state.ts';
import { systemClock } from '../base/clock.ts';
import { LocationTable } from '../registry/location-table.ts';
import { Suspensions } from '../registry/suspensions.ts';
import type { GatewayRow } from '../http/gateway-row.ts';
import type { MetricsSource } from '../http/metrics-source.ts';
import type { MainIo } from '../net/open-io.ts';
import { SYSTEM_CALLS } from '../routing/gate-slots.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { CounterTable } from '../shm/counters.ts';
import { SharedGates } from '../shm/gates.ts';
import { GATE_SLOTS } from '../routing/gate-slots.ts';
import { inspectRing } from '../shm/ring.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { IngestProcess } from './ingest-process.ts';
import type { GatewayNames } from './names/gateway-names.ts';
import type { PacerThread } from './pacer.ts';
import type { RecorderThread } from './recorder.ts';
import { COUNTER_LAYOUT, type SharedMemory } from './shared-memory.ts';
import type { Shards } from './shards.ts';
import type { EdgeTrace } from './trace.ts';

export interface MetricsParts {
  readonly memory: SharedMemory;
  readonly io: MainIo;
  readonly shards: Shards;
  readonly recorder: RecorderThread;
  readonly pacer: PacerThread;
  readonly trace: EdgeTrace;
  readonly clockWatch: ClockWatch;
  readonly ingest: IngestProcess | null;
  readonly names: GatewayNames;
  readonly snapshot: () => Snapshot;
  readonly gateways: () => readonly GatewayRow[];
}

export function metricsOfEdge(parts: MetricsParts): MetricsSource {
  const { memory, io, shards, recorder, pacer, trace, ingest, names } = parts;
  const { snapshot, gateways, clockWatch } = parts;
  const gates = new SharedGates(memory.gates, GATE_SLOTS, 0);
  return {
    counters: new CounterTable(memory.counters, COUNTER_LAYOUT),
    shards: () => shards.states(),
    rings: () => [
      ...memory.records.map((ring, shard) => ({ name: `cdr:${shard}`, ...inspectRing(ring) })),
      ...memory.traces.map((ring, shard) => ({ name: `trace:${shard}`, ...inspectRing(ring) })),
    ],
    sockets: () =>
      io.drops().map(({ listen, shard, drops }) => ({ address: listen, shard, drops })),
    gateways,
    ...networkFigures(io, names),
    limits: () => ({
      calls: gates.occupied(SYSTEM_CALLS),
      maxCalls: snapshot().parameters.SS_MAX_CONCURRENT_CALL,
      maxCallsPerSecond: snapshot().parameters.SS_MAX_CALL_PER_SECOND,
    }),
    registrations: registrationsIn(memory),
    recorder: () => ({
      running: recorder.running,
      failed: recorder.state.failed(),
      records: recorder.state.get(RecorderFigure.records),
      bytes: recorder.state.get(RecorderFigure.bytes),
      lagBytes: recorder.state.get(RecorderFigure.lagBytes),
      failures: recorder.state.get(RecorderFigure.failures),
      room: recorder.state.room(),
      spoolBytes: recorder.state.get(RecorderFigure.spoolBytes),
      spoolMaxBytes: recorder.maxBytes,
      freeBytes: recorder.state.get(RecorderFigure.freeBytes),
      longestTurnMs: recorder.state.get(RecorderFigure.longestTurnMs),
      lost: recorder.state.get(RecorderFigure.lost),
    }),
    pacer: () => ({
      running: pacer.problem() === undefined,
      sent: pacer.state.get('sent'),
      failed: pacer.state.get('failed'),
      devices: pacer.devices,
      coverage: pacer.coverage,
      cycleMs: pacer.state.get('cycleMs'),
      cycles: pacer.state.get('cycles'),
      missed: pacer.state.get('missed'),
      late: pacer.state.get('late'),
      cpuMs: pacer.state.get('cpuMs'),
    }),
    traces: () => trace.figures(),
    clockSteps: () => clockWatch.steps,
    snapshot: () => ({ version: snapshot().version, mounted: shards.mountedVersion }),
    ingest: () => ingest?.figures(),
  };
}

function networkFigures(io: MainIo, names: GatewayNames): Pick<MetricsSource, 'streams' | 'names'> {
  return { streams: () => io.streams?.figures, names: () => names.figures };
}

function registrationsIn(memory: SharedMemory): MetricsSource['registrations'] {
  const locations = new LocationTable(memory.locations);
  const suspensions = new Suspensions(memory.suspensions);
  return () => ({
    registered: locations.registered,
    behindNat: locations.behindNat,
    capacity: locations.records,
    refused: locations.refused,
    suspended: suspensions.suspended(systemClock.wallMs()),
  });
}
