// Packet I/O of a shard on its own sockets: epoll, recvmmsg, sendmmsg. The kernel spreads packets
// over the shards' sockets by address; what belongs to another shard goes through a ring to it, and
// its eventfd wakes it when it sleeps.
import type { Endpoint } from '../base/endpoint.ts';
import { DatagramInbox } from './datagram-inbox.ts';
import { DatagramWriter, UNDELIVERABLE } from './datagram-record.ts';
import { EndpointTable } from './endpoint-table.ts';
import type { SocketEndpoint } from './endpoint-table.ts';
import { ErrorQueue, Undeliverable } from './error-queue.ts';
import { EAGAIN, EINTR, EPOLLERR, openLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import type { IoServices } from './io-services.ts';
import type { PacketHandler, PacketIo } from './packet-io.ts';
import { Poller } from './poller.ts';
import { PacketRate } from './packet-rate.ts';
import { allocateSlots, BATCH_MESSAGES, ReceiveBatch } from './receive-batch.ts';
import { SendQueue, type SendFailures } from './send-queue.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';
import { StreamOutbox, type StreamSetup } from './streams/stream-outbox.ts';
import { wakeEventFd } from './event-fd.ts';

/** What main hands to a native shard; survives structured clone. */
export interface NativeSetup {
  readonly kind: 'native';
  readonly shard: number;
  /** One bound socket per listen address, this shard's own. */
  readonly sockets: readonly { readonly fd: number; readonly family: 4 | 6 }[];
  /** The eventfds of all shards. */
  readonly wakeFds: readonly number[];
  /** Rings to this shard, from all others. */
  readonly inbound: readonly SharedArrayBuffer[];
  /** Rings from this shard, by shard; null for its own place. */
  readonly outbound: readonly (SharedArrayBuffer | null)[];
  /** TCP and TLS, whose listen indices follow those of the sockets; null without any. */
  readonly streams: StreamSetup | null;
}

interface ShardSocket {
  readonly fd: number;
  readonly local: number;
  readonly batch: ReceiveBatch;
  readonly queue: SendQueue;
  /** False when the last batch was not full: nothing waits as far as we know. */
  ready: boolean;
}

export class NativeIo implements PacketIo {
  readonly #setup: NativeSetup;
  readonly #services: IoServices;
  readonly #libc: Libc;
  readonly #endpoints = new EndpointTable();
  readonly #slots = allocateSlots();
  readonly #sockets: readonly ShardSocket[];
  readonly #poller: Poller;
  readonly #inbox: DatagramInbox;
  readonly #outbound: readonly (DatagramWriter | null)[];
  readonly #undeliverable = new Undeliverable();
  readonly #errors: ErrorQueue;
  readonly #rate: PacketRate;
  readonly #streams: StreamOutbox | null;
  #handler: PacketHandler | null = null;
  #drainedAtMs: number;
  #lookedAtMs = 0;
  #turn = 0;
  /** Of this turn; what goes on to another shard is not work. */
  #handled = 0;
  #wallMs = 0;

  /** @throws TandemError TDM_NATIVE_UNAVAILABLE where libc cannot be called. */
  constructor(setup: NativeSetup, services: IoServices) {
    this.#setup = setup;
    this.#services = services;
    this.#libc = openLibc();
    this.#errors = new ErrorQueue(this.#libc, this.#endpoints, this.#undeliverable);
    this.#sockets = setup.sockets.map(({ fd, family }, local) =>
      this.#openSocket(fd, family, local),
    );
    const fds = setup.sockets.map(({ fd }) => fd);
    this.#poller = new Poller(this.#libc, fds, setup.wakeFds[setup.shard]!);
    const { streams } = setup;
    this.#streams = streams && new StreamOutbox(streams, this.#endpoints, services.clock);
    const inbound = streams === null ? setup.inbound : [...setup.inbound, streams.inbound];
    this.#inbox = new DatagramInbox(inbound, this.#endpoints, services.clock);
    this.#outbound = setup.outbound.map((ring) =>
      ring === null ? null : new DatagramWriter(ring),
    );
    this.#rate = new PacketRate(services.gather);
    this.#drainedAtMs = services.clock.monoMs();
  }

  wait(timeoutMs: number): void {
    if (!this.#isDrained() || !this.#undeliverable.isEmpty) return;
    if (this.#streams?.refused.isEmpty === false) return;
    // Whatever the kernel did not take is offered again soon; it rarely refuses.
    const limitMs = this.#hasBacklog() ? Math.min(timeoutMs, 1) : timeoutMs;
    const nowMs = this.#services.clock.monoMs();
    const delayMs = this.#rate.delayMs(nowMs, this.#lookedAtMs, limitMs);
    if (delayMs > 0) {
      this.#services.asleepUntil?.(nowMs + delayMs);
      this.#libc.usleep(Math.round(delayMs * 1000));
      this.#lookAfterSleep();
    } else {
      this.#inbox.setAsleep(true);
      this.#look(this.#inbox.isEmpty() ? limitMs : 0);
      this.#inbox.setAsleep(false);
    }
    this.#lookedAtMs = this.#services.clock.monoMs();
    this.#drainedAtMs = this.#lookedAtMs;
  }

  receive(handler: PacketHandler, budget: number): number {
    this.#handler = handler;
    this.#wallMs = this.#services.clock.wallMs();
    this.#undeliverable.take(this.#dispatchUndeliverable);
    this.#streams?.refused.take(this.#dispatchUndeliverable);
    let count = 0;
    for (let i = 0; i < this.#sockets.length && count < budget; i++) {
      const socket = this.#sockets[(this.#turn + i) % this.#sockets.length]!;
      while (socket.ready && count < budget) count += this.#receiveBatch(socket);
    }
    this.#turn++;
    this.#publishForwarded();
    this.#services.counters.add(this.#services.counterIndex.netReceived, count);
    count += this.#inbox.read(this.#deliver, Math.max(budget - count, BATCH_MESSAGES));
    this.#rate.count(this.#handled);
    this.#handled = 0;
    if (this.#isDrained()) this.#drainedAtMs = this.#services.clock.monoMs();
    return count;
  }

  send(
    local: number,
    to: Endpoint,
    head: string,
    body: Buffer | null,
    bodyStart: number,
    bodyEnd: number,
    order: number,
  ): boolean {
    const socket = this.#sockets[local];
    if (socket !== undefined) {
      const endpoint = this.#endpoints.resolve(to);
      const queued =
        endpoint !== null && socket.queue.push(endpoint, head, body, bodyStart, bodyEnd, order);
      if (queued) return true;
    } else if (this.#streams?.push(local, to, head, body, bodyStart, bodyEnd) === true) return true;
    this.#services.counters.add(this.#services.counterIndex.netSendDropped, 1);
    return false;
  }

  flush(): void {
    let sent = 0;
    for (const { queue } of this.#sockets) {
      queue.flush();
      sent += queue.sent;
      queue.sent = 0;
    }
    if (this.#streams !== null) sent += this.#streams.flush();
    if (sent > 0) this.#services.counters.add(this.#services.counterIndex.netSent, sent);
  }

  queueAgeMs(): number {
    return Math.max(this.#services.clock.monoMs() - this.#drainedAtMs, this.#inbox.ageMs);
  }

  /** Sockets and eventfds belong to main and stay open for the shard that takes over. */
  close(): void {
    this.flush();
    this.#poller.close();
  }

  #openSocket(fd: number, family: 4 | 6, local: number): ShardSocket {
    const { counters, counterIndex } = this.#services;
    const failures: SendFailures = {
      drainErrors: () => {
        this.#drainErrors(fd);
      },
      failed: (arena, start, end, destination) => {
        counters.add(counterIndex.netSendErrors, 1);
        this.#undeliverable.add(arena, start, end, destination);
      },
    };
    const queue = new SendQueue(this.#libc, fd, family, failures, this.#services.trains);
    const batch = new ReceiveBatch(this.#libc, family === 6 ? AF_INET6 : AF_INET, this.#slots);
    return { fd, local, batch, queue, ready: true };
  }

  /** recvmmsg tells as much of a single socket as epoll does. */
  #lookAfterSleep(): void {
    if (this.#sockets.length === 1) this.#sockets[0]!.ready = true;
    else this.#look(0);
  }

  #look(timeoutMs: number): void {
    const events = this.#poller.wait(timeoutMs);
    for (let i = 0; i < events; i++) {
      const socket = this.#sockets[this.#poller.tagOf(i)];
      if (socket === undefined) continue;
      if ((this.#poller.eventsOf(i) & EPOLLERR) !== 0) this.#drainErrors(socket.fd);
      socket.ready = true;
    }
  }

  /** One recvmmsg; returns how many datagrams it brought. */
  #receiveBatch(socket: ShardSocket): number {
    const count = socket.batch.receive(socket.fd);
    if (count < 0) {
      const errno = this.#libc.errno();
      if (errno !== EAGAIN && errno !== EINTR) this.#drainErrors(socket.fd);
      // An error told of does not hide datagrams: epoll shows them in the next turn.
      socket.ready = errno === EINTR;
      return 0;
    }
    const { batch, local } = socket;
    for (let i = 0; i < count; i++) {
      const start = batch.startOf(i);
      const source = this.#endpoints.internSockaddr(batch.sources, batch.sourceAt(i));
      this.#dispatch(this.#slots, start, start + batch.lengthOf(i), source, local);
    }
    socket.ready = count === BATCH_MESSAGES;
    return count;
  }

  /** Hands a datagram, or with UNDELIVERABLE for `local` an ICMP error, to its shard. */
  #dispatch(
    buf: Buffer,
    start: number,
    end: number,
    endpoint: SocketEndpoint,
    local: number,
  ): void {
    const outbound = this.#outbound;
    if (outbound.length > 1) {
      const writer = outbound[this.#services.shardOf(buf, start, end, outbound.length)];
      if (writer !== undefined && writer !== null) {
        const pushed = writer.push(local, endpoint, buf, start, end, this.#wallMs);
        const { netForwarded, netForwardDropped } = this.#services.counterIndex;
        this.#services.counters.add(pushed ? netForwarded : netForwardDropped, 1);
        return;
      }
    }
    this.#deliver(buf, start, end, endpoint, local);
  }

  readonly #deliver = (
    buf: Buffer,
    start: number,
    end: number,
    endpoint: SocketEndpoint,
    local: number,
  ): void => {
    this.#handled++;
    if (local === UNDELIVERABLE) this.#handler!.unreachable(buf, start, end, endpoint);
    else this.#handler!.packet(buf, start, end, endpoint, local);
  };

  /** The kernel picks the socket that gets an ICMP error by address, as it does for packets. */
  readonly #dispatchUndeliverable = (bytes: Buffer, destination: SocketEndpoint): void => {
    this.#dispatch(bytes, 0, bytes.length, destination, UNDELIVERABLE);
  };

  #publishForwarded(): void {
    for (let shard = 0; shard < this.#outbound.length; shard++) {
      if (this.#outbound[shard]?.publish() !== true) continue;
      wakeEventFd(this.#libc, this.#setup.wakeFds[shard]!);
    }
  }

  #drainErrors(fd: number): void {
    const { counters, counterIndex } = this.#services;
    counters.add(counterIndex.netUnreachable, this.#errors.drain(fd));
  }

  #isDrained(): boolean {
    for (const socket of this.#sockets) if (socket.ready) return false;
    return true;
  }

  #hasBacklog(): boolean {
    for (const { queue } of this.#sockets) if (!queue.isEmpty) return true;
    return false;
  }
}
