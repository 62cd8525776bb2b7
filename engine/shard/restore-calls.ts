// What a shard does before it reads its sockets: it takes over the calls that its predecessor, or
// the process before, left open in the spool. Requests within these calls wait in the sockets.
import type { Clock } from '../base/clock.ts';
import { C, type CounterRow } from '../base/counter-names.ts';
import type { SwitchCore } from '../call/switch-core.ts';
import { findOpenCalls } from '../cdr/open-calls.ts';
import type { RecorderState } from '../cdr/recorder-state.ts';
import type { RingSink } from '../cdr/ring-sink.ts';
import { shardOfCallId } from '../net/shard-of.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { SharedGates } from '../shm/gates.ts';

/** How long thousands of states may take to the recorder, and how often they are offered. */
const SETTLE_MS = 2000;
const SETTLE_POLL_MS = 5;

export interface RestoreOptions {
  /** Directory of the spool, and whose records in it. */
  readonly directory: string;
  readonly node: string;
  readonly shard: number;
  readonly shards: number;
  readonly snapshot: Snapshot;
  readonly counters: CounterRow;
  readonly gates: SharedGates;
  /**
   * Gets the shard of each vendor's leg whose Call-ID does not lead to its call: the number of
   * shards has changed.
   */
  readonly moved: Map<string, number>;
}

/** What was found: calls of this shard, and records of no use. */
export interface Restored {
  readonly calls: number;
  readonly damaged: number;
}

/** @throws TandemError TDM_SPOOL_FUTURE; the system's read errors. */
export function restoreCalls(core: SwitchCore, options: RestoreOptions): Restored {
  const { shard, shards, moved } = options;
  const { states, damaged } = findOpenCalls(options.directory, options.node);
  // What the predecessor held: the places of its calls are taken again, the others are free.
  options.gates.releaseAll();
  const restorer = core.restorer(options.snapshot);
  let calls = 0;
  for (const state of states) {
    const { callIdIn, callIdOut } = state.record;
    const home = shardOf(callIdIn, shards);
    if (shardOf(callIdOut, shards) !== home) moved.set(callIdOut, home);
    if (home !== shard) continue;
    restorer.restore(state);
    calls++;
  }
  // Each shard finds the same damage; it is counted once.
  if (shard === 0) options.counters.add(C.callStatesDamaged, damaged);
  return { calls, damaged };
}

/** The states of restored calls go on record first: new calls would find the ring full. */
export function awaitRoom(sink: RingSink, recorder: RecorderState, clock: Clock): void {
  const deadlineMs = clock.monoMs() + SETTLE_MS;
  while (!sink.hasRoom() && clock.monoMs() < deadlineMs) {
    recorder.pause(SETTLE_POLL_MS);
    sink.flush();
  }
}

/** The shard that the caller's requests come to has the call. */
function shardOf(callId: string, shards: number): number {
  const bytes = Buffer.from(callId, 'latin1');
  return shardOfCallId(bytes, 0, bytes.length, shards);
}
