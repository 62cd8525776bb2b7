// Main's side of portable packet I/O: one dgram socket per listen address. What comes in goes to
// the ring of the shard its Call-ID names; what the shards put into their rings is sent.
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock } from '../base/clock.ts';
import { hostPort } from '../base/endpoint.ts';
import { TandemError } from '../base/errors.ts';
import { createRing } from '../shm/ring.ts';
import { createWakers, wakeSleeper } from '../shm/waker.ts';
import { DatagramWriter } from './datagram-record.ts';
import { toSocketEndpoint } from './endpoint-table.ts';
import type { SocketEndpoint } from './endpoint-table.ts';
import type { DatagramSetup } from './heartbeat-io.ts';
import type { ListenAddress } from './listen-address.ts';
import type { ShardOf } from './packet-io.ts';
import type { PortableSetup } from './portable-io.ts';
import { MainInbox } from './streams/main-inbox.ts';
import type { StreamSetup } from './streams/stream-outbox.ts';
import { markSocket } from './type-of-service.ts';

/** Datagrams that libuv may hold for a socket before more are dropped. */
const MAX_UNSENT = 4096;
const MAX_SOURCES = 32_768;

export interface PortableOptions {
  readonly shards: number;
  readonly bufferBytes: number;
  readonly ringBytes: number;
  readonly clock: Clock;
  readonly shardOf: ShardOf;
}

export class PortableSockets {
  /** Datagrams that main had to drop: a shard's ring full, a socket refusing. */
  dropped = 0;
  readonly warnings: string[] = [];
  readonly #options: PortableOptions;
  readonly #sockets: Socket[] = [];
  readonly #families: (4 | 6)[] = [];
  readonly #inbound: readonly SharedArrayBuffer[];
  readonly #outbound: readonly SharedArrayBuffer[];
  readonly #heartbeats: SharedArrayBuffer;
  readonly #toShards: readonly DatagramWriter[];
  readonly #fromShards: MainInbox;
  readonly #wakers: SharedArrayBuffer;
  readonly #sources = new Map<string, SocketEndpoint | null>();
  #publishing = false;

  private constructor(options: PortableOptions) {
    const ringPerShard = (): SharedArrayBuffer[] =>
      Array.from({ length: options.shards }, () => createRing(options.ringBytes));
    this.#options = options;
    this.#inbound = ringPerShard();
    this.#outbound = ringPerShard();
    this.#toShards = this.#inbound.map((ring) => new DatagramWriter(ring));
    this.#heartbeats = createRing(options.ringBytes);
    // Main's behind the shards', then the pacer's.
    this.#wakers = createWakers(options.shards + 2);
    this.#fromShards = new MainInbox({
      rings: [...this.#outbound, this.#heartbeats],
      wakers: this.#wakers,
      waker: options.shards,
      clock: options.clock,
      sink: (buf, start, end, to, local) => {
        this.#send(buf, start, end, to, local);
      },
      batchEnd: () => undefined,
    });
  }

  /** @throws TandemError TDM_LISTEN_FAILED naming the address and the reason. */
  static async open(
    addresses: readonly ListenAddress[],
    options: PortableOptions,
  ): Promise<PortableSockets> {
    const sockets = new PortableSockets(options);
    try {
      for (const address of addresses) await sockets.#bind(address);
    } catch (error) {
      await sockets.close();
      throw error;
    }
    sockets.#fromShards.start();
    return sockets;
  }

  /** Bound ports, in the order of the listen addresses. */
  ports(): number[] {
    return this.#sockets.map((socket) => socket.address().port);
  }

  /** False where the descriptors are not to be had. */
  setTypeOfService(tos: number): boolean {
    return this.#sockets.every((socket, i) => markSocket(socket, this.#families[i]!, tos));
  }

  setupOf(shard: number, streams: StreamSetup | null): PortableSetup {
    return {
      kind: 'portable',
      shard,
      families: this.#families,
      wakers: this.#wakers,
      mainWaker: this.#options.shards,
      inbound: this.#inbound[shard]!,
      outbound: this.#outbound[shard]!,
      streams,
    };
  }

  heartbeatSetup(): DatagramSetup {
    return {
      kind: 'portable',
      ring: {
        first: 0,
        families: this.#families,
        ring: this.#heartbeats,
        wakers: this.#wakers,
        mainWaker: this.#options.shards,
        ownWaker: this.#options.shards + 1,
      },
    };
  }

  wake(shard: number): void {
    wakeSleeper(this.#wakers, shard);
  }

  /** Sends what the shards left in their rings, then closes. */
  async close(): Promise<void> {
    await this.#fromShards.close();
    await Promise.all(
      this.#sockets.map(async (socket) => {
        socket.close();
        await once(socket, 'close');
      }),
    );
  }

  async #bind(address: ListenAddress): Promise<void> {
    const local = this.#sockets.length;
    const socket = createSocket({ type: `udp${address.family}`, ipv6Only: address.family === 6 });
    socket.bind({ address: address.ip, port: address.port, exclusive: true });
    try {
      await once(socket, 'listening');
    } catch (cause) {
      socket.close();
      const why = cause instanceof Error ? cause.message : String(cause);
      const where = `udp://${hostPort(address)}`;
      throw new TandemError('TDM_LISTEN_FAILED', `${where}: ${why}`, { cause });
    }
    this.#sockets.push(socket);
    this.#families.push(address.family);
    this.#setBuffers(socket, address);
    socket.on('message', (bytes, info) => {
      this.#received(bytes, info, local);
    });
    socket.on('error', this.#sent);
  }

  #setBuffers(socket: Socket, address: ListenAddress): void {
    const wished = this.#options.bufferBytes;
    const where = `udp://${hostPort(address)}`;
    try {
      socket.setRecvBufferSize(wished);
      socket.setSendBufferSize(wished);
    } catch (error) {
      this.warnings.push(`${where}: socket buffers of ${wished} bytes refused: ${String(error)}`);
    }
    // Linux reports twice the size that it grants (socket(7)).
    const share = process.platform === 'linux' ? 2 : 1;
    const got = socket.getRecvBufferSize() / share;
    if (got < wished) {
      this.warnings.push(`${where}: the kernel gives ${got} of ${wished} bytes of receive buffer`);
    }
  }

  #received(bytes: Buffer, info: RemoteInfo, local: number): void {
    const { shards, shardOf, clock } = this.#options;
    const source = this.#sourceOf(info);
    const shard = shards === 1 ? 0 : Math.max(0, shardOf(bytes, 0, bytes.length, shards));
    const writer = this.#toShards[shard]!;
    const { length } = bytes;
    if (source === null || !writer.push(local, source, bytes, 0, length, clock.wallMs())) {
      this.dropped++;
      return;
    }
    if (this.#publishing) return;
    this.#publishing = true;
    // libuv hands over up to 32 datagrams per turn; one publication serves them all.
    setImmediate(() => {
      this.#publishing = false;
      this.#toShards.forEach((ring, i) => {
        if (ring.publish()) this.wake(i);
      });
    });
  }

  #sourceOf(info: RemoteInfo): SocketEndpoint | null {
    const key = `${info.address} ${info.port}`;
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    if (this.#sources.size >= MAX_SOURCES) this.#sources.clear();
    const family = info.family === 'IPv6' ? 6 : 4;
    const source = toSocketEndpoint({ family, ip: info.address, port: info.port });
    this.#sources.set(key, source);
    return source;
  }

  #send(buf: Buffer, start: number, end: number, to: SocketEndpoint, local: number): void {
    const socket = this.#sockets[local]!;
    if (socket.getSendQueueCount() >= MAX_UNSENT) {
      this.dropped++;
      return;
    }
    // A copy: dgram sends in a later tick, when the ring's room may have been written again.
    socket.send(Buffer.from(buf.subarray(start, end)), to.port, to.ip, this.#sent);
  }

  /** A send that fails (no route, not permitted) is counted, it must not end the process. */
  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.dropped++;
  };
}
