// Everything in shared memory that main makes once and threads mount: it outlives each of them.
import { CELL_NAMES } from '../base/counter-names.ts';
import { createRecorderState } from '../cdr/recorder-state.ts';
import { createLocationTable } from '../registry/location-layout.ts';
import { createPacerState } from '../registry/pacer-state.ts';
import { createSuspensions } from '../registry/suspensions.ts';
import { GATE_SLOTS } from '../routing/gate-slots.ts';
import { createControlBlocks } from '../shm/control-block.ts';
import { createCounters, defineCounters } from '../shm/counters.ts';
import { createGates } from '../shm/gates.ts';
import { createGatewayStates } from '../shm/gateway-states.ts';
import { createRing } from '../shm/ring.ts';

/** Room for some 15,000 records of a shard while the recorder waits for its disk. */
const RECORD_RING_BYTES = 8 << 20;
/** Room for some 2,000 traced messages of a shard; what comes on top is dropped. */
const TRACE_RING_BYTES = 2 << 20;

/** Registrations at once; what is not used takes no memory. */
const REGISTRATIONS = 262_144;

export const COUNTER_LAYOUT = defineCounters(CELL_NAMES);

export interface SharedMemory {
  readonly gates: SharedArrayBuffer;
  readonly gatewayStates: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly recorderState: SharedArrayBuffer;
  /** Who is registered, and who is suspended. */
  readonly locations: SharedArrayBuffer;
  readonly suspensions: SharedArrayBuffer;
  readonly pacerState: SharedArrayBuffer;
  /** One ring to the recorder for each shard. */
  readonly records: readonly SharedArrayBuffer[];
  /** One ring of traced messages from each shard to main, the pacer's behind them. */
  readonly traces: readonly SharedArrayBuffer[];
}

/** @param registrations most of them at once */
export function createSharedMemory(shards: number, registrations = REGISTRATIONS): SharedMemory {
  return {
    gates: createGates(GATE_SLOTS, shards),
    gatewayStates: createGatewayStates(GATE_SLOTS),
    counters: createCounters(COUNTER_LAYOUT, shards),
    control: createControlBlocks(shards),
    recorderState: createRecorderState(),
    locations: createLocationTable(registrations, shards),
    suspensions: createSuspensions(),
    pacerState: createPacerState(),
    records: Array.from({ length: shards }, () => createRing(RECORD_RING_BYTES)),
    traces: Array.from({ length: shards + 1 }, () => createRing(TRACE_RING_BYTES)),
  };
}
