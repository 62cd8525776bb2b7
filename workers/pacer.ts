// Entry point of the pacer's thread: a Piscina task that runs until it is asked to stop.
// Logic: engine/registry/pacer.ts and keep-alive-schedule.ts. When it dies main starts it again.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../engine/base/clock.ts';
import { tracedLocal } from '../engine/call/core-trace.ts';
import type { LocalAddress } from '../engine/call/local-address.ts';
import { openHeartbeatIo, type HeartbeatSetup } from '../engine/net/heartbeat-io.ts';
import { threadCpu } from '../engine/net/thread-cpu.ts';
import { HeartbeatTable } from '../engine/registry/heartbeat-table.ts';
import { Pacer, type KeepAliveSettings } from '../engine/registry/pacer.ts';
import { PacerState } from '../engine/registry/pacer-state.ts';
import { TracedHeartbeats } from '../engine/registry/traced-heartbeats.ts';
import { recordRing } from '../engine/shard/record-ring.ts';
import { CallTracer } from '../engine/trace/call-tracer.ts';

export interface PacerTask {
  /** createPacerState() of engine/registry/pacer-state.ts. */
  readonly state: SharedArrayBuffer;
  /** createLocationTable() of engine/registry/location-layout.ts. */
  readonly locations: SharedArrayBuffer;
  readonly io: HeartbeatSetup;
  /** By index of the listen address. */
  readonly locals: readonly LocalAddress[];
  /** Traced heartbeats, to main. */
  readonly traces: SharedArrayBuffer;
  /** In force at the start; newer ones come through `updates`, each with a wake-up. */
  readonly settings: KeepAliveSettings;
  readonly updates: MessagePort;
}

/**
 * Name of the Piscina task. Resolves after a stop was requested.
 * @throws TandemError when the sockets cannot be used
 */
export function runPacer(task: PacerTask): void {
  const tracer = new CallTracer({
    clock: systemClock,
    // What a shard drops is counted in its row; heartbeats have none.
    counters: { add: () => undefined, set: () => undefined },
    sink: recordRing(task.traces),
    locals: task.locals.map(tracedLocal),
  });
  const sender = new TracedHeartbeats(openHeartbeatIo(task.io), tracer);
  const pacer = new Pacer(
    {
      clock: systemClock,
      state: new PacerState(task.state),
      devices: new HeartbeatTable(task.locations, sender, systemClock),
      sender,
      newSettings: () => newest(task.updates),
      cpuMs: threadCpu(),
    },
    task.settings,
  );
  pacer.run();
}

function newest(port: MessagePort): KeepAliveSettings | null {
  let settings: KeepAliveSettings | null = null;
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: KeepAliveSettings } | undefined;
    if (received === undefined) return settings;
    settings = received.message;
  }
}
