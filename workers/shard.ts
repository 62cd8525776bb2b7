// Entry point of a shard's thread: a Piscina task that runs until main asks it to stop.
// The loop is engine/shard/shard-loop.ts, what it drives engine/call/switch-core.ts.
import { randomBytes } from 'node:crypto';
import { receiveMessageOnPort } from 'node:worker_threads';
import { systemClock } from '../engine/base/clock.ts';
import { C, CELL_NAMES } from '../engine/base/counter-names.ts';
import { TandemError } from '../engine/base/errors.ts';
import { systemRandom } from '../engine/base/random.ts';
import type { RegistryServices } from '../engine/call/core-services.ts';
import { SwitchCore } from '../engine/call/switch-core.ts';
import { RecorderState } from '../engine/cdr/recorder-state.ts';
import { RingSink } from '../engine/cdr/ring-sink.ts';
import { awaitRoom, restoreCalls, type RestoreOptions } from '../engine/shard/restore-calls.ts';
import { shardOfWith } from '../engine/shard/shard-of.ts';
import type { IoServices } from '../engine/net/io-services.ts';
import type { PacketIo } from '../engine/net/packet-io.ts';
import { gatherEvery } from '../engine/net/packet-rate.ts';
import { openShardIo } from '../engine/net/shard-io.ts';
import { GATE_SLOTS } from '../engine/routing/gate-slots.ts';
import { NET_COUNTERS } from '../engine/shard/net-counters.ts';
import { recordRing, type QuietingRing } from '../engine/shard/record-ring.ts';
import { ShardLoop } from '../engine/shard/shard-loop.ts';
import type { ShardNotice, ShardTask, ShardUpdate } from '../engine/shard/shard-task.ts';
import { ControlBlock } from '../engine/shm/control-block.ts';
import { CounterRow, defineCounters } from '../engine/shm/counters.ts';
import { SharedGates } from '../engine/shm/gates.ts';
import { SharedGatewayStates } from '../engine/shm/gateway-states.ts';

/** New calls are refused when the ring to the recorder has less room. */
const RECORD_RESERVE_BYTES = 256 * 1024;
const MAX_WAITING_RECORDS = 100_000;

/**
 * Name of the Piscina task. Resolves after a stop was requested; what the shard held is in its
 * rings.
 * @throws TandemError when its sockets cannot be used
 */
export function runShard(task: ShardTask): void {
  const { shard, updates } = task;
  const clock = systemClock;
  const gates = new SharedGates(task.gates, GATE_SLOTS, shard);
  const counters = new CounterRow(task.counters, defineCounters(CELL_NAMES), shard);
  const control = new ControlBlock(task.control, shard);
  const recorder = new RecorderState(task.recorderState);
  const notify = (notice: ShardNotice): void => {
    updates.postMessage(notice);
  };
  const moved = new Map<string, number>();
  const ring = recordRing(task.records);
  const io = openIo(task, { clock, counters, shardOf: shardOfWith(moved) }, ring);
  const sink = new RingSink({
    ring,
    recorderFailed: () => !recorder.takesCalls(),
    reserveBytes: RECORD_RESERVE_BYTES,
    maxWaiting: MAX_WAITING_RECORDS,
  });
  const core = new SwitchCore(
    {
      shard,
      shards: task.shards,
      node: task.node,
      clock,
      random: systemRandom(),
      counters,
      gates,
      states: new SharedGatewayStates(task.gatewayStates),
      sink,
      registry: registryOf(task),
      transport: {
        send: (local, to, message, order) => io.send(local, to, message, null, 0, 0, order),
      },
      trace: recordRing(task.traces),
    },
    task.locals,
    task.snapshot,
  );
  const loop = new ShardLoop({
    clock,
    counters,
    control,
    io,
    core,
    flushRecords: () => {
      sink.flush();
      return sink.waiting;
    },
    readUpdates: () => {
      applyUpdates(task, core, notify);
    },
    caught: (error) => {
      counters.add(C.exceptions, 1);
      notify({ kind: 'exception', error: describe(error) });
    },
  });
  if (restore(task, core, { counters, gates, moved }, notify)) {
    awaitRoom(sink, recorder, clock);
    notify({ kind: 'listening' });
    loop.run();
  }
  io.close();
}

function openIo(
  task: ShardTask,
  own: Pick<IoServices, 'clock' | 'counters' | 'shardOf'>,
  ring: QuietingRing,
): PacketIo {
  return openShardIo(task.io, {
    ...own,
    counterIndex: NET_COUNTERS,
    gather: gatherEvery(task.gatherMs),
    trains: task.udpSegmentation,
    asleepUntil: (monoMs) => {
      ring.quietUntil(monoMs);
    },
  });
}

function apply(core: SwitchCore, update: ShardUpdate, notify: (notice: ShardNotice) => void): void {
  if ('endRegistrations' in update) {
    core.access.endRegistrations(update.endRegistrations);
    return;
  }
  core.mount(update);
  notify({ kind: 'mounted', version: update.version });
}

/** Takes over the calls of the predecessor; false when the operator has to act first. */
function restore(
  task: ShardTask,
  core: SwitchCore,
  own: Pick<RestoreOptions, 'counters' | 'gates' | 'moved'>,
  notify: (notice: ShardNotice) => void,
): boolean {
  const { shard, shards, node, spool: directory, snapshot } = task;
  const startedMs = systemClock.monoMs();
  try {
    const options = { directory, node, shard, shards, snapshot, ...own };
    const restored = restoreCalls(core, options);
    const ms = Math.round(systemClock.monoMs() - startedMs);
    notify({ kind: 'restored', ...restored, ms, moved: own.moved });
    return true;
  } catch (error) {
    if (!(error instanceof TandemError)) throw error;
    const { code, message } = error;
    notify({ kind: 'refused', code, message: message.slice(`${code}: `.length) });
    return false;
  }
}

function registryOf(task: ShardTask): RegistryServices {
  const { locations, suspensions, digestAlgorithms } = task;
  return { locations, suspensions, digestAlgorithms, nonceKey: randomBytes(32).toString('hex') };
}

/** What main has published since the last look. */
function applyUpdates(
  task: ShardTask,
  core: SwitchCore,
  notify: (notice: ShardNotice) => void,
): void {
  for (let update = receive(task); update !== null; update = receive(task)) {
    apply(core, update, notify);
  }
}

function receive(task: ShardTask): ShardUpdate | null {
  const received = receiveMessageOnPort(task.updates) as { message: ShardUpdate } | undefined;
  return received?.message ?? null;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
