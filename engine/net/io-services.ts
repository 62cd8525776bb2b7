// What a shard's thread brings to its packet I/O, native or portable.
import type { Clock } from '../base/clock.ts';
import type { CounterRow } from '../shm/counters.ts';
import type { NetCounterIndex, ShardOf } from './packet-io.ts';
import type { GatherOptions } from './packet-rate.ts';

export interface IoServices {
  readonly clock: Clock;
  readonly shardOf: ShardOf;
  readonly counters: CounterRow;
  readonly counterIndex: NetCounterIndex;
  /** Native only; without it what measured best. */
  readonly gather?: GatherOptions;
  /** Native only: whether datagrams leave in trains (datagram-trains.ts); without it they do. */
  readonly trains?: boolean;
  /** Native only: called before a sleep that no packet ends, with when it is over (monoMs). */
  readonly asleepUntil?: (monoMs: number) => void;
}
