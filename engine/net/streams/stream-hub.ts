// TCP and TLS on main: takes and opens connections, hands each message to the shard of its call by
// ring, and sends what the shards put into theirs. A response goes back over the connection of its
// request; a request goes over any connection that stands to its address (RFC 3261 18, RFC 5923).
// What cannot be sent comes back to its shard as ICMP errors of UDP do.
import type { Clock } from '../../base/clock.ts';
import type { TandemError } from '../../base/errors.ts';
import { CR } from '../../sip/message/bytes.ts';
import { aliasPort, isResponse } from '../../sip/message/next-hop.ts';
import { createRing } from '../../shm/ring.ts';
import { createWakers } from '../../shm/waker.ts';
import { DatagramWriter, UNDELIVERABLE } from '../datagram-record.ts';
import { toSocketEndpoint, type SocketEndpoint } from '../endpoint-table.ts';
import type { StreamAddress } from '../listen-address.ts';
import type { ShardOf } from '../packet-io.ts';
import type { RingSetup } from '../ring-heartbeats.ts';
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
import { StreamSender } from './stream-sender.ts';
import { keyOf, StreamTable, type LostConnection } from './stream-table.ts';

const CHECK_MS = 1000;
/** How soon a connection whose message found no room in a ring is read again. */
const RETRY_MS = 5;
/** Ends of connections are told together: a network that breaks ends many at once. */
const LOST_MS = 100;

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
  /** Within a fifth of a second after the end of connections; not of those that are there again. */
  readonly lost: (connections: readonly LostConnection[]) => void;
}

export class StreamHub implements ConnectionUser {
  readonly #options: StreamHubOptions;
  readonly #table: StreamTable;
  readonly #counters = new StreamCounters();
  readonly #listeners: StreamListener[] = [];
  readonly #inbound: readonly SharedArrayBuffer[];
  readonly #outbound: readonly SharedArrayBuffer[];
  readonly #toShards: readonly DatagramWriter[];
  readonly #pings: SharedArrayBuffer;
  /** Main's, and the pacer's. */
  readonly #wakers = createWakers(2);
  readonly #inbox: MainInbox;
  readonly #sender: StreamSender;
  readonly #lost: LostConnection[] = [];
  readonly #held = new Set<StreamConnection>();
  #peers: ReadonlyMap<string, PeerTls> = new Map();
  #tos = 0;
  #publishing = false;
  #checks: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #telling: NodeJS.Timeout | null = null;

  private constructor(options: StreamHubOptions) {
    const rings = (): SharedArrayBuffer[] =>
      Array.from({ length: options.shards }, () => createRing(options.ringBytes));
    this.#options = options;
    this.#table = new StreamTable(options.limits);
    this.#inbound = rings();
    this.#outbound = rings();
    this.#pings = createRing(options.ringBytes);
    this.#sender = new StreamSender({
      table: this.#table,
      transportOf: (local) => this.#listenerOf(local).transport,
      connect: (local, to) => this.#connect(local, to),
      giveBack: (message) => {
        this.#giveBack(message);
      },
    });
    this.#toShards = this.#inbound.map((ring) => new DatagramWriter(ring));
    this.#inbox = new MainInbox({
      rings: [...this.#outbound, this.#pings],
      wakers: this.#wakers,
      waker: 0,
      clock: options.clock,
      sink: (buf, start, end, to, local) => {
        if (buf[start] === CR) this.#ping(local, to);
        else {
          const bytes = Buffer.from(buf.subarray(start, end));
          this.#sender.send({ bytes, local, to, elsewhere: false });
        }
      },
      batchEnd: () => {
        this.#sender.uncork();
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

  /** For the pacer's thread; the same again for its successor. */
  pingSetup(): RingSetup {
    return {
      first: this.#options.firstLocal,
      families: this.#listeners.map(({ address }) => address.family),
      ring: this.#pings,
      wakers: this.#wakers,
      mainWaker: 0,
      ownWaker: 1,
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
    for (const listener of this.#listeners) listener.setTypeOfService(tos);
    for (const connection of this.#table.connections) connection.setTypeOfService(tos);
  }

  /** Reads all certificates again; one that cannot be used is a warning, the old one stays. */
  reloadCertificates(): void {
    for (const listener of this.#listeners) listener.renew(this.#options.clock.wallMs(), true);
  }

  /** Sends what the shards left in their rings, then closes all. */
  async close(): Promise<void> {
    await this.#inbox.close();
    if (this.#checks !== null) clearInterval(this.#checks);
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#telling !== null) clearTimeout(this.#telling);
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
    connection.setTypeOfService(this.#tos);
  }

  pinged(): void {
    this.#counters.pings.answered++;
  }

  written(): void {
    this.#counters.messages.sent++;
  }

  unsent(message: Outgoing): void {
    this.#sender.unsent(message);
  }

  closed(connection: StreamConnection, reason: CloseReason): void {
    this.#counters.closed[reason]++;
    if (connection.established) this.#counters.open[connection.transport]--;
    this.#table.remove(connection);
    this.#held.delete(connection);
    this.#sender.forget(connection);
    if (connection.accepted) this.#tellLost(connection);
    else this.#table.leave(connection.peer.ip);
  }

  #tellLost({ local, peer }: StreamConnection): void {
    this.#lost.push({ local, peer });
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      const lost = this.#lost.splice(0);
      this.#options.lost(
        lost.filter((one) => this.#table.find(keyOf(one.local, one.peer)) === undefined),
      );
    }, LOST_MS);
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

  /** Of the pacer, for a device behind NAT; whose connection has ended gets none. */
  #ping(local: number, to: SocketEndpoint): void {
    if (this.#table.find(keyOf(local, to))?.ping() === true) this.#counters.pings.sent++;
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
    const listener: StreamListener = new StreamListener(address, this.#options.limits.messageMs, {
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
      warn: this.#options.warn,
    });
    this.#listeners.push(listener);
    await listener.listen();
    listener.warnOfDates(this.#options.clock.wallMs());
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
    const wallMs = this.#options.clock.wallMs();
    for (const listener of this.#listeners) listener.renew(wallMs, false);
  }
}
