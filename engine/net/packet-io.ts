// What the shard's loop sees of the network, native or portable alike: wait, receive, send, flush.
// Datagrams only; TCP and TLS reach a shard through its rings.
import type { Endpoint } from '../base/endpoint.ts';

/** Receives what arrives. It must not throw: the rest of the batch would be lost. */
export interface PacketHandler {
  /**
   * One datagram for this shard, `buf` from `start` to `end`, valid only during the call.
   * @param local index of the listen address it came in on.
   */
  packet(buf: Buffer, start: number, end: number, source: Endpoint, local: number): void;
  /**
   * A datagram that we sent could not be delivered (RFC 3261 18.4): ICMP came back, or the kernel
   * had no route. The bytes are what is known of it, often only its first 500; may be empty.
   */
  unreachable(buf: Buffer, start: number, end: number, destination: Endpoint): void;
}

export interface PacketIo {
  /** Blocks until something is readable, a wake, or the end of `timeoutMs` (0: looks only). */
  wait(timeoutMs: number): void;
  /**
   * Handles datagrams that wait in sockets and rings, about `budget` at most (a batch is not cut).
   * What belongs to another shard goes to that shard's ring.
   * @returns how many datagrams were taken, those for other shards included.
   */
  receive(handler: PacketHandler, budget: number): number;
  /**
   * Queues one datagram: `head` as latin1 text, then `body` from `bodyStart` to `bodyEnd`, both
   * copied at once.
   * @param local index of the listen address to send from
   * @param order datagrams of one number leave in the order in which they came (send-order.ts);
   *   others may overtake each other until the next flush
   * @returns false when it was dropped: queue full, too large, address not usable (counted).
   */
  send(
    local: number,
    to: Endpoint,
    head: string,
    body: Buffer | null,
    bodyStart: number,
    bodyEnd: number,
    order: number,
  ): boolean;
  /** Sends what is queued. */
  flush(): void;
  /** How long the oldest waiting datagram may have waited, ms: overload when it grows. */
  queueAgeMs(): number;
  close(): void;
}

/**
 * Which shard a datagram belongs to.
 * @returns 0 to shards - 1, or -1 when it names no call: whoever received it handles it.
 */
export type ShardOf = (buf: Buffer, start: number, end: number, shards: number) => number;

/** The counters that packet I/O adds to: part of the shard's row (engine/shm/counters.ts). */
export const netCounterNames = [
  'netReceived',
  'netSent',
  'netForwarded',
  'netForwardDropped',
  'netSendDropped',
  'netSendErrors',
  'netUnreachable',
] as const;

export type NetCounterIndex = Readonly<Record<(typeof netCounterNames)[number], number>>;

/** The longest UDP payload over IPv4: 65,535 less 20 (IP) and 8 (UDP). */
export const MAX_DATAGRAM_BYTES = 65_507;
