// A shard's end of TCP and TLS: main owns their sockets (stream-hub.ts), messages come and go
// through rings like forwarded datagrams. A message that finds no room counts as undeliverable:
// over a stream nobody sends it again.
import type { Clock } from '../../base/clock.ts';
import type { Endpoint } from '../../base/endpoint.ts';
import { MAX_MESSAGE_BYTES } from '../../base/limits.ts';
import { wakeSleeper } from '../../shm/waker.ts';
import { DatagramWriter } from '../datagram-record.ts';
import type { EndpointTable } from '../endpoint-table.ts';
import { Undeliverable } from '../error-queue.ts';

/** What main hands to a shard; survives structured clone. */
export interface StreamSetup {
  /** Main to shard: messages, and ours that could not be delivered. */
  readonly inbound: SharedArrayBuffer;
  /** Shard to main. */
  readonly outbound: SharedArrayBuffer;
  /** Main's waker, the only one (engine/shm/waker.ts). */
  readonly wakers: SharedArrayBuffer;
}

export class StreamOutbox {
  /** What found no room, on its way back to the transactions. */
  readonly refused: Undeliverable = new Undeliverable();
  readonly #setup: StreamSetup;
  readonly #writer: DatagramWriter;
  readonly #endpoints: EndpointTable;
  readonly #clock: Clock;
  #queued = 0;

  constructor(setup: StreamSetup, endpoints: EndpointTable, clock: Clock) {
    this.#setup = setup;
    this.#writer = new DatagramWriter(setup.outbound);
    this.#endpoints = endpoints;
    this.#clock = clock;
  }

  /** See PacketIo.send. */
  push(
    local: number,
    to: Endpoint,
    head: string,
    body: Buffer | null,
    bodyStart: number,
    bodyEnd: number,
  ): boolean {
    const endpoint = this.#endpoints.resolve(to);
    const bytes = head.length + (body === null ? 0 : bodyEnd - bodyStart);
    if (endpoint === null || bytes > MAX_MESSAGE_BYTES) return false;
    const wallMs = this.#clock.wallMs();
    if (this.#writer.pushMessage(local, endpoint, head, body, bodyStart, bodyEnd, wallMs)) {
      this.#queued++;
      return true;
    }
    // Its headers are enough for the transaction to be found.
    this.refused.add(Buffer.from(head, 'latin1'), 0, head.length, endpoint);
    return false;
  }

  /** Shows main what was queued; returns how many messages that are. */
  flush(): number {
    const queued = this.#queued;
    if (queued === 0) return 0;
    this.#queued = 0;
    if (this.#writer.publish()) wakeSleeper(this.#setup.wakers, 0);
    return queued;
  }
}
