// TCP and TLS on main: takes and opens connections, hands each message to the shard of its call by
// ring, and sends what the shards put into theirs. A response goes back over the connection of its
// request; a request goes over any connection that stands to its address (RFC 3261 18, RFC 5923).
// What cannot be sent comes back to its shard as ICMP errors of UDP do.
import type { Clock } from '../../base/clock.ts';
import type { TandemError } from '../../base/errors.ts';
import { aliasPort, isResponse, otherHop } from '../../sip/message/next-hop.ts';
import { createRing } from '../../shm/ring.ts';
import { createWakers } from '../../shm/waker.ts';
import { DatagramWriter, UNDELIVERABLE } from '../datagram-record.ts';
import { toSocketEndpoint, type SocketEndpoint } from '../endpoint-table.ts';
import type { StreamAddress } from '../listen-address.ts';
import type { ShardOf } from '../packet-io.ts';
import { setTypeOfService } from '../type-of-service.ts';
import { peerContext, type PeerTls } from './certificates.ts';
import { MainInbox } from './main-inbox.ts';
import {
  StreamConnection,
  type ConnectionUser,
  type Outgoing,
  type StreamLimits,
} from './stream-connection.ts';
import { StreamCounters, type CloseReason, type StreamFigures } from './stream-counters.ts';
import { StreamListener } from './stream-listener.ts';
import type { StreamSetup } from './stream-outbox.ts';
import { keyOf, StreamTable } from './stream-table.ts';

const CHECK_MS = 1000;
/** How soon a connection whose message found no room in a ring is read again. */
const RETRY_MS = 5;

export interface StreamHubOptions {
  readonly shards: number;
  readonly ringBytes: number;
  readonly clock: Clock;
  readonly shardOf: ShardOf;
  readonly limits: StreamLimits;
  /** Listen addresses before the first of these: those of UDP. */
  readonly firstLocal: number;
  readonly wakeShard: (shard: number) => void;
  readonly warn: (text: string) => void;
}

export class StreamHub implements ConnectionUser {
  readonly #options: StreamHubOptions;
  readonly #table: StreamTable;
  readonly #counters = new StreamCounters();
  readonly #listeners: StreamListener[] = [];
  readonly #inbound: readonly SharedArrayBuffer[];
  readonly #outbound: readonly SharedArrayBuffer[];
  readonly #toShards: readonly DatagramWriter[];
  readonly #wakers = createWakers(1);
  readonly #inbox: MainInbox;
  /** Connections with unsent writes of this batch. */
  readonly #corked = new Set<StreamConnection>();
  readonly #held = new Set<StreamConnection>();
  #peers: ReadonlyMap<string, PeerTls> = new Map();
  #tos = 0;
  #publishing = false;
  #checks: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;

  private constructor(options: StreamHubOptions) {
    const rings = (): SharedArrayBuffer[] =>
      Array.from({ length: options.shards }, () => createRing(options.ringBytes));
    this.#options = options;
    this.#table = new StreamTable(options.limits);
    this.#inbound = rings();
    this.#outbound = rings();
    this.#toShards = this.#inbound.map((ring) => new DatagramWriter(ring));
    this.#inbox = new MainInbox({
      rings: this.#outbound,
      wakers: this.#wakers,
      waker: 0,
      clock: options.clock,
      sink: (buf, start, end, to, local) => {
        this.#send({ bytes: Buffer.from(buf.subarray(start, end)), local, to, elsewhere: false });
      },
      batchEnd: () => {
        this.#uncork();
      },
    });
  }

  /** @throws TandemError TDM_LISTEN_FAILED, TDM_TLS_INVALID */
  static async open(
    addresses: readonly StreamAddress[],
    options: StreamHubOptions,
  ): Promise<StreamHub> {
    const hub = new StreamHub(options);
    try {
      for (const address of addresses) await hub.#listen(address);
    } catch (error) {
      await hub.close();
      throw error;
    }
    hub.#inbox.start();
    hub.#checks = setInterval(() => {
      hub.#check();
    }, CHECK_MS).unref();
    return hub;
  }

  ports(): number[] {
    return this.#listeners.map(({ port }) => port);
  }

  setupOf(shard: number): StreamSetup {
    return {
      inbound: this.#inbound[shard]!,
      outbound: this.#outbound[shard]!,
      wakers: this.#wakers,
    };
  }

  get figures(): StreamFigures {
    return this.#counters;
  }

  /** What connections that we open are checked by, under `ip:port`. */
  setPeers(peers: ReadonlyMap<string, PeerTls>): void {
    this.#peers = peers;
    for (const peer of new Set(peers.values())) {
      try {
        peerContext(peer, undefined);
      } catch (error) {
        this.#options.warn(`${(error as TandemError).message}; connections with it fail`);
      }
    }
  }

  /** The TOS byte of all connections, SS_QOS_SIGNAL. */
  setTypeOfService(tos: number): void {
    this.#tos = tos;
    for (const { fd, peer } of this.#table.connections) setTypeOfService(fd, peer.family, tos);
  }

  /** Reads all certificates again; one that cannot be used is a warning, the old one stays. */
  reloadCertificates(): void {
    for (const listener of this.#listeners) this.#reload(listener);
  }

  /** Sends what the shards left in their rings, then closes all. */
  async close(): Promise<void> {
    await this.#inbox.close();
    if (this.#checks !== null) clearInterval(this.#checks);
    if (this.#retry !== null) clearTimeout(this.#retry);
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#table.connections) connection.end();
  }

  // ---- What connections report ----

  received(connection: StreamConnection, buf: Buffer, start: number, end: number): boolean {
    const { local, peer, trusted, accepted, transport } = connection;
    if (!this.#toShard(local, peer, buf, start, end)) return false;
    this.#counters.messages.received++;
    if (!accepted || !trusted || connection.keys.length > 1) return true;
    const port = aliasPort(buf, start, end, transport);
    if (port > 0) {
      this.#table.name(connection, keyOf(local, { family: peer.family, ip: peer.ip, port }));
    }
    return true;
  }

  held(connection: StreamConnection): void {
    this.#held.add(connection);
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      const held = [...this.#held];
      this.#held.clear();
      for (const each of held) each.resume();
    }, RETRY_MS);
  }

  established(connection: StreamConnection): void {
    this.#counters.open[connection.transport]++;
    this.#counters.opened[connection.accepted ? 'accepted' : 'made']++;
    setTypeOfService(connection.fd, connection.peer.family, this.#tos);
  }

  pinged(): void {
    this.#counters.pings++;
  }

  written(): void {
    this.#counters.messages.sent++;
  }

  unsent(connection: StreamConnection, message: Outgoing): void {
    const { to, bytes, local } = message;
    const hop = message.elsewhere ? null : otherHop(bytes, to, connection.transport);
    const other = hop === null ? null : toSocketEndpoint(hop);
    if (other === null) {
      this.#giveBack(message);
      return;
    }
    this.#send({ bytes, local, to: other, elsewhere: true });
    // Whoever talks within the dialog goes on to name the place that is gone.
    const made = this.#table.find(keyOf(local, other));
    if (made !== undefined) this.#table.name(made, keyOf(local, to));
    this.#uncork();
  }

  closed(connection: StreamConnection, reason: CloseReason): void {
    this.#counters.closed[reason]++;
    if (connection.established) this.#counters.open[connection.transport]--;
    this.#table.remove(connection);
    this.#held.delete(connection);
    this.#corked.delete(connection);
    if (!connection.accepted) this.#table.leave(connection.peer.ip);
  }

  // ---- Messages ----

  #toShard(local: number, peer: SocketEndpoint, buf: Buffer, start: number, end: number): boolean {
    const { shards, shardOf, clock } = this.#options;
    const shard = shards === 1 ? 0 : Math.max(0, shardOf(buf, start, end, shards));
    if (!this.#toShards[shard]!.push(local, peer, buf, start, end, clock.wallMs())) return false;
    if (this.#publishing) return true;
    this.#publishing = true;
    // One publication serves all that comes in this turn of the event loop.
    setImmediate(() => {
      this.#publishing = false;
      this.#toShards.forEach((ring, i) => {
        if (ring.publish()) this.#options.wakeShard(i);
      });
    });
    return true;
  }

  #send(message: Outgoing): void {
    const { local, to, bytes } = message;
    let connection = this.#table.find(keyOf(local, to));
    if (connection === undefined && isResponse(bytes) && !message.elsewhere) {
      // Its connection is gone: back to where the request said that it came from.
      const { transport } = this.#listenerOf(local);
      const hop = otherHop(bytes, to, transport);
      const other = hop === null ? null : toSocketEndpoint(hop);
      if (other !== null) this.#send({ bytes, local, to: other, elsewhere: true });
      else this.#giveBack(message);
      return;
    }
    connection ??= this.#connect(local, to);
    if (connection === undefined) {
      this.#giveBack(message);
      return;
    }
    if (!this.#corked.has(connection)) {
      this.#corked.add(connection);
      connection.cork();
    }
    connection.write(message);
  }

  #uncork(): void {
    for (const connection of this.#corked) connection.uncork();
    this.#corked.clear();
  }

  #giveBack({ bytes, to }: Outgoing): void {
    // Nobody waits for a response: the transaction of its request has its timers.
    if (isResponse(bytes)) this.#counters.messages.dropped++;
    else if (this.#toShard(UNDELIVERABLE, to, bytes, 0, bytes.length)) {
      this.#counters.messages.undeliverable++;
    } else this.#counters.messages.dropped++;
  }

  // ---- Connections ----

  async #listen(address: StreamAddress): Promise<void> {
    const local = this.#options.firstLocal + this.#listeners.length;
    const listener: StreamListener = new StreamListener(address, {
      enter: (source) => this.#enter(source),
      left: (source) => {
        this.#table.leave(source);
      },
      connected: (socket, trusted) => {
        const { remoteAddress: ip = '', remotePort: port = 0 } = socket;
        const peer = toSocketEndpoint({ family: address.family, ip, port });
        if (peer === null) {
          socket.destroy();
          return;
        }
        const { transport } = listener;
        const from = { local, peer, transport, accepted: true };
        const connection = this.#newConnection(socket, from);
        connection.trusted = trusted;
        this.established(connection);
      },
      handshakeFailed: () => {
        this.#counters.closed.handshake++;
      },
    });
    this.#listeners.push(listener);
    await listener.listen();
    this.#warnOf(listener);
  }

  #connect(local: number, to: SocketEndpoint): StreamConnection | undefined {
    if (!this.#enter(to.ip)) return undefined;
    const listener = this.#listenerOf(local);
    const socket = listener.connect(to, this.#peers.get(`${to.ip}:${to.port}`));
    const { transport } = listener;
    return this.#newConnection(socket, { local, peer: to, transport, accepted: false });
  }

  #newConnection(
    socket: ConstructorParameters<typeof StreamConnection>[0],
    from: ConstructorParameters<typeof StreamConnection>[1],
  ): StreamConnection {
    const { limits, clock } = this.#options;
    const connection = new StreamConnection(socket, from, this, limits, () => clock.monoMs());
    this.#table.add(connection);
    return connection;
  }

  #enter(source: string): boolean {
    const refused = this.#table.enter(source);
    if (refused !== null) this.#counters.refused[refused]++;
    return refused === null;
  }

  #listenerOf(local: number): StreamListener {
    return this.#listeners[local - this.#options.firstLocal]!;
  }

  #check(): void {
    const nowMs = this.#options.clock.monoMs();
    for (const connection of this.#table.connections) connection.check(nowMs);
    for (const listener of this.#listeners) {
      if (listener.certificates?.changed === true) this.#reload(listener);
    }
  }

  #reload(listener: StreamListener): void {
    try {
      listener.reload();
      this.#warnOf(listener);
    } catch (error) {
      this.#options.warn(`${(error as TandemError).message}; the certificate in force stays`);
    }
  }

  #warnOf({ certificates }: StreamListener): void {
    const warnings = certificates?.warnings(this.#options.clock.wallMs()) ?? [];
    for (const warning of warnings) this.#options.warn(warning);
  }
}
