// A datagram on its way through a ring: from the shard that received it to the one it belongs to,
// or between a shard and the portable sockets on main. Record payload: uint32 listen index, the
// endpoint's six sockaddr words (engine/net/sockaddr.ts), 4 bytes unused, float64 wall time of
// enqueueing in milliseconds, then the datagram.
import { RING_FULL, RingConsumer, RingProducer } from '../shm/ring.ts';
import type { EndpointTable, SocketEndpoint } from './endpoint-table.ts';

const HEADER_BYTES = 40;
const DATAGRAM_TYPE = 1;

/**
 * In place of the listen index: not a datagram received, but one of ours that could not be
 * delivered to the endpoint.
 */
export const UNDELIVERABLE = 0xffff_ffff;

/** The least ring that takes the largest datagram. */
export const MIN_DATAGRAM_RING_BYTES = 1 << 20;

/** Takes one datagram out of a ring; `buf` is valid only during the call. */
export type DatagramSink = (
  buf: Buffer,
  start: number,
  end: number,
  endpoint: SocketEndpoint,
  local: number,
) => void;

/** Latin1 without encoding look-up or end conversion; in Node since 0.11, missing in its types. */
interface Latin1Writer {
  latin1Write(text: string, offset: number, length: number): number;
}

/** Writes `text`, one byte per character, at `offset`. */
export function writeLatin1(target: Buffer, text: string, offset: number): void {
  (target as unknown as Latin1Writer).latin1Write(text, offset, text.length);
}

export class DatagramWriter {
  readonly #producer: RingProducer;
  readonly #words: Uint32Array;
  readonly #times: Float64Array;

  constructor(ring: SharedArrayBuffer) {
    this.#producer = new RingProducer(ring);
    this.#words = new Uint32Array(ring);
    this.#times = new Float64Array(ring);
  }

  /** False when the ring is full. */
  push(
    local: number,
    endpoint: SocketEndpoint,
    buf: Buffer,
    start: number,
    end: number,
    wallMs: number,
  ): boolean {
    const at = this.#claim(local, endpoint, end - start, wallMs);
    if (at < 0) return false;
    buf.copy(this.#producer.bytes, at, start, end);
    this.#producer.commit();
    return true;
  }

  /** As `push`, for a message in two parts: text and body. */
  pushMessage(
    local: number,
    endpoint: SocketEndpoint,
    head: string,
    body: Buffer | null,
    bodyStart: number,
    bodyEnd: number,
    wallMs: number,
  ): boolean {
    const bodyBytes = body === null ? 0 : bodyEnd - bodyStart;
    const at = this.#claim(local, endpoint, head.length + bodyBytes, wallMs);
    if (at < 0) return false;
    writeLatin1(this.#producer.bytes, head, at);
    if (body !== null) body.copy(this.#producer.bytes, at + head.length, bodyStart, bodyEnd);
    this.#producer.commit();
    return true;
  }

  /** Shows what was pushed; true when the consumer has to be woken. */
  publish(): boolean {
    return this.#producer.publish();
  }

  #claim(local: number, endpoint: SocketEndpoint, bytes: number, wallMs: number): number {
    const at = this.#producer.claim(DATAGRAM_TYPE, HEADER_BYTES + bytes);
    if (at < 0) return RING_FULL;
    const words = this.#words;
    const word = at >> 2;
    words[word] = local;
    words[word + 1] = endpoint.head;
    words[word + 2] = endpoint.a0;
    words[word + 3] = endpoint.a1;
    words[word + 4] = endpoint.a2;
    words[word + 5] = endpoint.a3;
    words[word + 6] = endpoint.scope;
    this.#times[(at >> 3) + 4] = wallMs;
    return at + HEADER_BYTES;
  }
}

export class DatagramReader {
  readonly #consumer: RingConsumer;
  readonly #words: Uint32Array;
  readonly #times: Float64Array;
  readonly #endpoints: EndpointTable;
  #sink: DatagramSink = () => undefined;
  #oldestWallMs = Infinity;

  constructor(ring: SharedArrayBuffer, endpoints: EndpointTable) {
    this.#consumer = new RingConsumer(ring);
    this.#words = new Uint32Array(ring);
    this.#times = new Float64Array(ring);
    this.#endpoints = endpoints;
  }

  /** Hands over at most `limit` datagrams; returns how many. */
  read(sink: DatagramSink, limit: number): number {
    this.#sink = sink;
    this.#oldestWallMs = Infinity;
    return this.#consumer.read(this.#record, limit);
  }

  /** When the oldest datagram of the last `read` was enqueued; Infinity when there was none. */
  get oldestWallMs(): number {
    return this.#oldestWallMs;
  }

  isEmpty(): boolean {
    return this.#consumer.isEmpty();
  }

  /** See RingConsumer.setAsleep. */
  setAsleep(asleep: boolean): void {
    this.#consumer.setAsleep(asleep);
  }

  readonly #record = (_type: number, bytes: Buffer, start: number, end: number): void => {
    const words = this.#words;
    const word = start >> 2;
    const endpoint = this.#endpoints.intern(
      words[word + 1]!,
      words[word + 2]!,
      words[word + 3]!,
      words[word + 4]!,
      words[word + 5]!,
      words[word + 6]!,
    );
    const enqueuedWallMs = this.#times[(start >> 3) + 4]!;
    if (enqueuedWallMs < this.#oldestWallMs) this.#oldestWallMs = enqueuedWallMs;
    this.#sink(bytes, start + HEADER_BYTES, end, endpoint, words[word]!);
  };
}
