// Main opens the network: native sockets where they are to be had, portable ones elsewhere. Each
// shard gets a setup that it turns into its PacketIo (shard-io.ts).
import type { Clock } from '../base/clock.ts';
import { hostPort } from '../base/endpoint.ts';
import { TandemError } from '../base/errors.ts';
import { createRing } from '../shm/ring.ts';
import { MIN_DATAGRAM_RING_BYTES } from './datagram-record.ts';
import { openEventFd, wakeEventFd } from './event-fd.ts';
import type { HeartbeatSetup } from './heartbeat-io.ts';
import { openLibc } from './libc.ts';
import type { ListenAddress, StreamAddress } from './listen-address.ts';
import { openListenSockets } from './listen-sockets.ts';
import type { NativeSetup } from './native-io.ts';
import type { ShardOf } from './packet-io.ts';
import { PortableSockets } from './portable-sockets.ts';
import type { IoSetup } from './shard-io.ts';
import { socketDrops } from './socket-drops.ts';
import type { StreamLimits } from './streams/stream-connection.ts';
import { StreamHub } from './streams/stream-hub.ts';
import type { LostConnection } from './streams/stream-table.ts';
import { setTypeOfService } from './type-of-service.ts';

/** Native when it loads, or exactly the one named. */
export type IoChoice = 'auto' | 'native' | 'portable';

export interface OpenIoOptions {
  readonly choice: IoChoice;
  /** Of UDP. */
  readonly addresses: readonly ListenAddress[];
  readonly shards: number;
  readonly clock: Clock;
  readonly shardOf: ShardOf;
  /** Wished size of each socket buffer; default 8 MiB. */
  readonly bufferBytes?: number;
  /** TCP and TLS, whose listen indices follow those of `addresses`. */
  readonly streams?: StreamOptions;
  /** Capacity of each ring, a power of two of at least MIN_DATAGRAM_RING_BYTES; default 4 MiB. */
  readonly ringBytes?: number;
}

export interface StreamOptions {
  readonly addresses: readonly StreamAddress[];
  readonly limits: StreamLimits;
  /** What the operator should hear of: certificates above all. */
  readonly warn: (text: string) => void;
  /** See StreamHubOptions. */
  readonly lost: (connections: readonly LostConnection[]) => void;
}

export interface SocketDropReading {
  /** `udp://ip:port` */
  readonly listen: string;
  /** -1: a socket that all shards share. */
  readonly shard: number;
  /** Datagrams lost since it was opened. */
  readonly drops: number;
}

/** Main's end of packet I/O. */
export interface MainIo {
  readonly kind: 'native' | 'portable';
  /** Why this kind; for the log. */
  readonly reason: string;
  /** Buffers smaller than wished; for the log. */
  readonly warnings: readonly string[];
  /** TCP and TLS; null when no address is of them. */
  readonly streams: StreamHub | null;
  /** Sets the TOS byte of everything sent (SS_QOS_SIGNAL); false where that is not possible. */
  setTypeOfService(tos: number): boolean;
  /** The port bound for each listen address. */
  readonly ports: readonly number[];
  /** For the shard's thread; the same again for its successor. */
  setupOf(shard: number): IoSetup;
  /** For the pacer's thread; the same again for its successor. */
  heartbeatSetup(): HeartbeatSetup;
  /** Ends the shard's `wait`, now or when it next waits. */
  wake(shard: number): void;
  /** Datagrams lost outside the shards' own counters: kernel buffers full, main's rings full. */
  drops(): SocketDropReading[];
  /** After the shards ended. */
  close(): Promise<void>;
}

const DEFAULT_BUFFER_BYTES = 8 << 20;
const DEFAULT_RING_BYTES = 4 << 20;

/**
 * @throws TandemError TDM_LISTEN_FAILED, or TDM_NATIVE_UNAVAILABLE when native was demanded.
 */
export async function openMainIo(options: OpenIoOptions): Promise<MainIo> {
  if ((options.ringBytes ?? DEFAULT_RING_BYTES) < MIN_DATAGRAM_RING_BYTES) {
    throw new RangeError(`rings of ${options.ringBytes} bytes do not take the largest datagram`);
  }
  if (options.choice === 'portable') return openPortable(options, 'configured');
  try {
    openLibc();
  } catch (error) {
    if (options.choice === 'native' || !(error instanceof TandemError)) throw error;
    return openPortable(options, error.message);
  }
  const reason = options.choice === 'native' ? 'configured' : 'libc is at hand';
  return openNative(options, reason);
}

/** `rings[to][from]`; null where a shard would write to itself. */
function createShardRings(shards: number, bytes: number): (SharedArrayBuffer | null)[][] {
  const all = Array.from({ length: shards }, (_, i) => i);
  return all.map((to) => all.map((from) => (to === from ? null : createRing(bytes))));
}

async function openNative(options: OpenIoOptions, reason: string): Promise<MainIo> {
  const { addresses, shards } = options;
  const libc = openLibc();
  const bufferBytes = options.bufferBytes ?? DEFAULT_BUFFER_BYTES;
  const open = openListenSockets(addresses, shards, bufferBytes);
  const wakeFds = Array.from({ length: shards }, () => openEventFd());
  const wake = (shard: number): void => {
    wakeEventFd(libc, wakeFds[shard]!);
  };
  const close = (): void => {
    open.close();
    for (const fd of wakeFds) libc.close(fd);
  };
  const streams = await openStreams(options, wake, close);
  const rings = createShardRings(shards, options.ringBytes ?? DEFAULT_RING_BYTES);
  const setupOf = (shard: number): NativeSetup => ({
    kind: 'native',
    shard,
    sockets: open.listens.map(({ fds, address }) => ({
      fd: fds[shard]!,
      family: address.family,
    })),
    wakeFds,
    inbound: rings[shard]!.filter((ring) => ring !== null),
    outbound: rings.map((fromShards) => fromShards[shard]!),
    streams: streams?.setupOf(shard) ?? null,
  });
  return {
    kind: 'native',
    reason,
    warnings: open.warnings,
    streams,
    ports: [...open.listens.map(({ port }) => port), ...(streams?.ports() ?? [])],
    setTypeOfService: (tos) => {
      streams?.setTypeOfService(tos);
      return open.listens.every(({ fds, address }) =>
        fds.every((fd) => setTypeOfService(fd, address.family, tos)),
      );
    },
    setupOf,
    // A NAT lets in what comes from the port that the device registers with.
    heartbeatSetup: () => ({
      datagrams: { kind: 'native', sockets: setupOf(0).sockets },
      streams: streams?.pingSetup() ?? null,
    }),
    wake,
    drops: () =>
      open.listens.flatMap(({ address, port, fds }) => {
        const listen = `udp://${hostPort({ ...address, port })}`;
        return socketDrops(fds).map((drops, shard) => ({ listen, shard, drops }));
      }),
    close: async () => {
      await streams?.close();
      close();
    },
  };
}

async function openPortable(options: OpenIoOptions, reason: string): Promise<MainIo> {
  const sockets = await PortableSockets.open(options.addresses, {
    shards: options.shards,
    clock: options.clock,
    shardOf: options.shardOf,
    bufferBytes: options.bufferBytes ?? DEFAULT_BUFFER_BYTES,
    ringBytes: options.ringBytes ?? DEFAULT_RING_BYTES,
  });
  const wake = (shard: number): void => {
    sockets.wake(shard);
  };
  const streams = await openStreams(options, wake, () => void sockets.close());
  return {
    kind: 'portable',
    reason,
    warnings: sockets.warnings,
    streams,
    ports: [...sockets.ports(), ...(streams?.ports() ?? [])],
    setTypeOfService: (tos) => {
      streams?.setTypeOfService(tos);
      return sockets.setTypeOfService(tos);
    },
    setupOf: (shard) => sockets.setupOf(shard, streams?.setupOf(shard) ?? null),
    heartbeatSetup: () => ({
      datagrams: sockets.heartbeatSetup(),
      streams: streams?.pingSetup() ?? null,
    }),
    wake,
    drops: () => [{ listen: 'udp', shard: -1, drops: sockets.dropped }],
    close: async () => {
      await streams?.close();
      await sockets.close();
    },
  };
}

/** @param undo when an address of TCP or TLS cannot be opened */
async function openStreams(
  options: OpenIoOptions,
  wakeShard: (shard: number) => void,
  undo: () => void,
): Promise<StreamHub | null> {
  if (options.streams === undefined || options.streams.addresses.length === 0) return null;
  const { addresses, limits, warn, lost } = options.streams;
  try {
    return await StreamHub.open(addresses, {
      shards: options.shards,
      ringBytes: options.ringBytes ?? DEFAULT_RING_BYTES,
      clock: options.clock,
      shardOf: options.shardOf,
      limits,
      firstLocal: options.addresses.length,
      wakeShard,
      warn,
      lost,
    });
  } catch (error) {
    undo();
    throw error;
  }
}
