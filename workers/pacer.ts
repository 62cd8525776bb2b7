// Entry point of the pacer's thread: a Piscina task that runs until it is asked to stop.
// Logic: engine/registry/pacer.ts and keep-alive-schedule.ts. When it dies main starts it again.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../engine/base/clock.ts';
import { openHeartbeatIo, type HeartbeatSetup } from '../engine/net/heartbeat-io.ts';
import { threadCpu } from '../engine/net/thread-cpu.ts';
import { HeartbeatTable } from '../engine/registry/heartbeat-table.ts';
import { Pacer, type KeepAliveSettings } from '../engine/registry/pacer.ts';
import { PacerState } from '../engine/registry/pacer-state.ts';

export interface PacerTask {
  /** createPacerState() of engine/registry/pacer-state.ts. */
  readonly state: SharedArrayBuffer;
  /** createLocationTable() of engine/registry/location-layout.ts. */
  readonly locations: SharedArrayBuffer;
  readonly io: HeartbeatSetup;
  /** In force at the start; newer ones come through `updates`, each with a wake-up. */
  readonly settings: KeepAliveSettings;
  readonly updates: MessagePort;
}

/**
 * Name of the Piscina task. Resolves after a stop was requested.
 * @throws TandemError when the sockets cannot be used
 */
export function runPacer(task: PacerTask): void {
  const sender = openHeartbeatIo(task.io);
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
