// Packet I/O of a shard where native sockets are not to be had: main owns the sockets
// (portable-sockets.ts), packets come and go through two rings. ICMP errors are not seen: Node's
// dgram does not tell which datagram they are about, so transactions run into their timeouts.
import type { Endpoint } from '../base/endpoint.ts';
import { Sleeper, wakeSleeper } from '../shm/waker.ts';
import { DatagramInbox } from './datagram-inbox.ts';
import { DatagramWriter, UNDELIVERABLE } from './datagram-record.ts';
import { EndpointTable } from './endpoint-table.ts';
import type { SocketEndpoint } from './endpoint-table.ts';
import type { IoServices } from './io-services.ts';
import { MAX_DATAGRAM_BYTES } from './packet-io.ts';
import type { PacketHandler, PacketIo } from './packet-io.ts';
import { StreamOutbox, type StreamSetup } from './streams/stream-outbox.ts';

/** What main hands to a portable shard; survives structured clone. */
export interface PortableSetup {
  readonly kind: 'portable';
  readonly shard: number;
  /** Of each listen address. */
  readonly families: readonly (4 | 6)[];
  /** Wakers of all shards, main's behind them (engine/shm/waker.ts). */
  readonly wakers: SharedArrayBuffer;
  readonly mainWaker: number;
  /** Main to shard, shard to main. */
  readonly inbound: SharedArrayBuffer;
  readonly outbound: SharedArrayBuffer;
  /** TCP and TLS, whose listen indices follow those of `families`; null without any. */
  readonly streams: StreamSetup | null;
}

export class PortableIo implements PacketIo {
  readonly #setup: PortableSetup;
  readonly #services: IoServices;
  readonly #endpoints = new EndpointTable();
  readonly #inbox: DatagramInbox;
  readonly #outbound: DatagramWriter;
  readonly #sleeper: Sleeper;
  readonly #streams: StreamOutbox | null;
  #handler: PacketHandler | null = null;
  #queued = 0;
  #drainedAtMs: number;

  constructor(setup: PortableSetup, services: IoServices) {
    this.#setup = setup;
    this.#services = services;
    const { streams } = setup;
    this.#streams = streams && new StreamOutbox(streams, this.#endpoints, services.clock);
    const inbound = streams === null ? [setup.inbound] : [setup.inbound, streams.inbound];
    this.#inbox = new DatagramInbox(inbound, this.#endpoints, services.clock);
    this.#outbound = new DatagramWriter(setup.outbound);
    this.#sleeper = new Sleeper(setup.wakers, setup.shard);
    this.#drainedAtMs = services.clock.monoMs();
  }

  wait(timeoutMs: number): void {
    if (this.#streams?.refused.isEmpty === false) return;
    this.#inbox.setAsleep(true);
    this.#sleeper.sleep(this.#inbox.isEmpty() ? timeoutMs : 0);
    this.#inbox.setAsleep(false);
  }

  receive(handler: PacketHandler, budget: number): number {
    this.#handler = handler;
    this.#streams?.refused.take(this.#unreachable);
    const count = this.#inbox.read(this.#deliver, budget);
    this.#services.counters.add(this.#services.counterIndex.netReceived, count);
    if (count < budget) this.#drainedAtMs = this.#services.clock.monoMs();
    return count;
  }

  send(
    local: number,
    to: Endpoint,
    head: string,
    body: Buffer | null,
    bodyStart: number,
    bodyEnd: number,
  ): boolean {
    if (local >= this.#setup.families.length) {
      if (this.#streams?.push(local, to, head, body, bodyStart, bodyEnd) === true) return true;
      this.#services.counters.add(this.#services.counterIndex.netSendDropped, 1);
      return false;
    }
    const endpoint = this.#endpoints.resolve(to);
    const bytes = head.length + (body === null ? 0 : bodyEnd - bodyStart);
    const fits = bytes <= MAX_DATAGRAM_BYTES && endpoint?.family === this.#setup.families[local];
    const wallMs = this.#services.clock.wallMs();
    if (endpoint !== null && fits) {
      const out = this.#outbound;
      if (out.pushMessage(local, endpoint, head, body, bodyStart, bodyEnd, wallMs)) {
        this.#queued++;
        return true;
      }
    }
    this.#services.counters.add(this.#services.counterIndex.netSendDropped, 1);
    return false;
  }

  flush(): void {
    const streamed = this.#streams?.flush() ?? 0;
    if (this.#queued + streamed === 0) return;
    this.#services.counters.add(this.#services.counterIndex.netSent, this.#queued + streamed);
    this.#queued = 0;
    if (this.#outbound.publish()) wakeSleeper(this.#setup.wakers, this.#setup.mainWaker);
  }

  queueAgeMs(): number {
    if (this.#inbox.isEmpty()) return this.#inbox.ageMs;
    return Math.max(this.#services.clock.monoMs() - this.#drainedAtMs, this.#inbox.ageMs);
  }

  close(): void {
    this.flush();
  }

  readonly #deliver = (
    buf: Buffer,
    start: number,
    end: number,
    source: SocketEndpoint,
    local: number,
  ): void => {
    if (local === UNDELIVERABLE) this.#handler!.unreachable(buf, start, end, source);
    else this.#handler!.packet(buf, start, end, source, local);
  };

  readonly #unreachable = (bytes: Buffer, destination: SocketEndpoint): void => {
    this.#handler!.unreachable(bytes, 0, bytes.length, destination);
  };
}
