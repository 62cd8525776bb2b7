// What main hands to a shard's thread; survives structured clone. A shard that is started again
// gets the same shared memory, sockets and rings.
import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '../base/errors.ts';
import type { LocalAddress } from '../call/local-address.ts';
import type { IoSetup } from '../net/shard-io.ts';
import type { Snapshot } from '../routing/snapshot.ts';

export interface ShardTask {
  readonly shard: number;
  /** How many there are. */
  readonly shards: number;
  readonly node: string;
  readonly io: IoSetup;
  /** How often a busy shard reads its native sockets; 0: at once. */
  readonly gatherMs: number;
  /** Whether datagrams of native sockets leave in trains (net/datagram-trains.ts). */
  readonly udpSegmentation: boolean;
  /** By index of the listen address. */
  readonly locals: readonly LocalAddress[];
  /** The configuration in force at the start; newer ones come through `updates`. */
  readonly snapshot: Snapshot;
  readonly updates: MessagePort;
  /** createGates, createGatewayStates. */
  readonly gates: SharedArrayBuffer;
  readonly gatewayStates: SharedArrayBuffer;
  /** createCounters over CELL_NAMES, createControlBlocks, createRecorderState. */
  readonly counters: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly recorderState: SharedArrayBuffer;
  /** What digest challenges offer, in this order. */
  readonly digestAlgorithms: readonly string[];
  /** createLocationTable, createSuspensions. */
  readonly locations: SharedArrayBuffer;
  readonly suspensions: SharedArrayBuffer;
  /** Directory of the spool: where the calls of a predecessor are found. */
  readonly spool: string;
  /** To the recorder. */
  readonly records: SharedArrayBuffer;
  /** Traced messages, to main. */
  readonly traces: SharedArrayBuffer;
}

/** What main says to a shard through `updates`: a configuration, or an order of the operator. */
export type ShardUpdate = Snapshot | { readonly endRegistrations: string };

/** What a shard says to main through `updates`. */
export type ShardNotice =
  /** It has taken over the calls of its predecessor, or of the process before. */
  | {
      readonly kind: 'restored';
      readonly calls: number;
      readonly damaged: number;
      readonly ms: number;
      /** As in RestoreOptions: main, too, leads datagrams to shards where it has the sockets. */
      readonly moved: ReadonlyMap<string, number>;
    }
  /** It cannot take them over, and ends: the operator has to do something. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** It reads its sockets. */
  | { readonly kind: 'listening' }
  /** It has put a snapshot in force. */
  | { readonly kind: 'mounted'; readonly version: number }
  /** Something that must not happen was caught; the call concerned is lost. */
  | { readonly kind: 'exception'; readonly error: string };
