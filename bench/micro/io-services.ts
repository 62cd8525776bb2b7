// What packet I/O needs of its thread, for the micro benches: real clock, one shard, own counters.
import { systemClock } from '../../engine/base/clock.ts';
import type { IoServices } from '../../engine/net/io-services.ts';
import { netCounterNames } from '../../engine/net/packet-io.ts';
import type { GatherOptions } from '../../engine/net/packet-rate.ts';
import { CounterRow, createCounters, defineCounters } from '../../engine/shm/counters.ts';

export function ioServices(gather: GatherOptions): IoServices {
  const layout = defineCounters(netCounterNames);
  const counters = new CounterRow(createCounters(layout, 1), layout, 0);
  return { clock: systemClock, shardOf: () => 0, counters, counterIndex: layout.index, gather };
}
