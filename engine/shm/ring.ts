// Single-producer single-consumer byte ring in a SharedArrayBuffer: how packets and records cross
// threads. Lines of 128 bytes: 0 tail and quiet time (producer), 1 head (consumer), 2 consumer
// asleep, 3 consumer heartbeat; from byte 512 the data. A record is {int32 length with header,
// int32 type, payload}, 8-aligned and contiguous; a padding record fills the end when the next one
// does not fit there. Positions are byte counts modulo 2^32: tail - head in int32 is what waits.

const LINE_WORDS = 32;
const TAIL = 0;
const QUIET_UNTIL = 1;
const HEAD = LINE_WORDS;
const ASLEEP = 2 * LINE_WORDS;
const HEARTBEAT = 3 * LINE_WORDS;
const DATA_BYTES = 4 * LINE_WORDS * 4;
const HEADER_BYTES = 8;
const PADDING_TYPE = -1;
const MIN_CAPACITY_BYTES = 64;
const MAX_CAPACITY_BYTES = 2 ** 30;
/** A longer quiet time is one of long ago, seen modulo 2^32. */
const MAX_QUIET_MS = 1000;

/** `claim`: no room now; the consumer is behind. Drop and count, or stop taking work. */
export const RING_FULL = -1;
/** `claim`: the payload can never fit (see `maxPayloadBytes`). */
export const RING_TOO_LARGE = -2;

/** Called once per record; `bytes` from `start` to `end` is valid only during the call. */
export type RingHandler = (type: number, bytes: Buffer, start: number, end: number) => void;

/** @param capacityBytes a power of two from 64 to 2^30; a record may take an eighth of it. */
export function createRing(capacityBytes: number): SharedArrayBuffer {
  const powerOfTwo = (capacityBytes & (capacityBytes - 1)) === 0;
  if (capacityBytes < MIN_CAPACITY_BYTES || capacityBytes > MAX_CAPACITY_BYTES || !powerOfTwo) {
    throw new RangeError(`ring capacity ${capacityBytes} is not a power of two in 64..2^30`);
  }
  return new SharedArrayBuffer(DATA_BYTES + capacityBytes);
}

function recordBytes(payloadBytes: number): number {
  return (payloadBytes + HEADER_BYTES + 7) & ~7;
}

/**
 * The writing end; exactly one thread at a time. Claim, write into `bytes`, commit; publish once
 * per batch. Whatever was not published when a producer dies was never there: its successor
 * starts at the published tail.
 */
export class RingProducer {
  /** The whole shared buffer; `claim` returns offsets into it. */
  readonly bytes: Buffer;
  readonly capacityBytes: number;
  /** The longest payload that `claim` accepts. */
  readonly maxPayloadBytes: number;
  readonly #words: Int32Array;
  readonly #mask: number;
  #tail: number;
  #published: number;
  #cachedHead: number;
  #claimedAt = 0;

  constructor(ring: SharedArrayBuffer) {
    this.bytes = Buffer.from(ring);
    this.#words = new Int32Array(ring);
    this.capacityBytes = ring.byteLength - DATA_BYTES;
    this.maxPayloadBytes = this.capacityBytes / 8 - HEADER_BYTES;
    this.#mask = this.capacityBytes - 1;
    this.#tail = Atomics.load(this.#words, TAIL);
    this.#published = this.#tail;
    this.#cachedHead = Atomics.load(this.#words, HEAD);
  }

  /**
   * Reserves room for a payload.
   * @param type any integer from 0 to 2^31 - 1.
   * @returns the offset into `bytes` to write the payload at, RING_FULL or RING_TOO_LARGE. A claim
   * that is not committed is forgotten by the next one.
   */
  claim(type: number, payloadBytes: number): number {
    if (payloadBytes > this.maxPayloadBytes) return RING_TOO_LARGE;
    const needed = recordBytes(payloadBytes);
    const index = this.#tail & this.#mask;
    const toEnd = this.capacityBytes - index;
    const padding = needed > toEnd ? toEnd : 0;
    if (!this.#hasRoom(needed + padding)) return RING_FULL;
    const words = this.#words;
    let word = (DATA_BYTES + index) >> 2;
    if (padding > 0) {
      words[word] = padding;
      words[word + 1] = PADDING_TYPE;
      word = DATA_BYTES >> 2;
    }
    words[word] = payloadBytes + HEADER_BYTES;
    words[word + 1] = type;
    this.#claimedAt = (this.#tail + padding) | 0;
    return (word << 2) + HEADER_BYTES;
  }

  /** Ends the claimed record. @param payloadBytes when less was written than claimed. */
  commit(payloadBytes?: number): void {
    const word = (DATA_BYTES + (this.#claimedAt & this.#mask)) >> 2;
    if (payloadBytes !== undefined) this.#words[word] = payloadBytes + HEADER_BYTES;
    const length = this.#words[word]!;
    this.#tail = (this.#claimedAt + ((length + 7) & ~7)) | 0;
  }

  /** Shows all committed records to the consumer. @returns true when it sleeps: wake it. */
  publish(): boolean {
    if (this.#tail === this.#published) return false;
    this.#published = this.#tail;
    const words = this.#words;
    Atomics.store(words, TAIL, this.#tail);
    if (Atomics.load(words, ASLEEP) === 0) return false;
    return Atomics.compareExchange(words, ASLEEP, 1, 0) === 1;
  }

  /** Promises to publish nothing before `monoMs`, monotonic milliseconds of all threads. */
  quietUntil(monoMs: number): void {
    Atomics.store(this.#words, QUIET_UNTIL, Math.floor(monoMs) | 0);
  }

  /** Bytes that the consumer has not released, with those not yet published. */
  depthBytes(): number {
    this.#cachedHead = Atomics.load(this.#words, HEAD);
    return (this.#tail - this.#cachedHead) | 0;
  }

  #hasRoom(bytes: number): boolean {
    const limit = this.capacityBytes - bytes;
    if (((this.#tail - this.#cachedHead) | 0) <= limit) return true;
    return this.depthBytes() <= limit;
  }
}

/** The reading end; exactly one thread at a time. */
export class RingConsumer {
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  readonly #mask: number;
  #head: number;
  #corruptions = 0;

  constructor(ring: SharedArrayBuffer) {
    this.#bytes = Buffer.from(ring);
    this.#words = new Int32Array(ring);
    this.#mask = ring.byteLength - DATA_BYTES - 1;
    this.#head = Atomics.load(this.#words, HEAD);
  }

  /**
   * Hands over at most `limit` records and releases their room once, at the end. A record whose
   * handler throws counts as handed over: it does not come back.
   * @returns how many records were handed over.
   */
  read(handler: RingHandler, limit: number): number {
    const words = this.#words;
    const tail = Atomics.load(words, TAIL);
    const first = this.#head;
    let count = 0;
    try {
      while (this.#head !== tail && count < limit) {
        const start = DATA_BYTES + (this.#head & this.#mask);
        const length = words[start >> 2]!;
        if (length < HEADER_BYTES || length > ((tail - this.#head) | 0)) {
          // Only memory corruption leads here; skipping to the tail is the one defined way on.
          this.#corruptions++;
          this.#head = tail;
          break;
        }
        const type = words[(start >> 2) + 1]!;
        this.#head = (this.#head + ((length + 7) & ~7)) | 0;
        if (type === PADDING_TYPE) continue;
        count++;
        handler(type, this.#bytes, start + HEADER_BYTES, start + length);
      }
    } finally {
      if (this.#head !== first) Atomics.store(words, HEAD, this.#head);
    }
    return count;
  }

  /** For how long from now, `monoMs`, the producer has promised to publish nothing; 0: it may. */
  quietMs(monoMs: number): number {
    const ms = (Atomics.load(this.#words, QUIET_UNTIL) - Math.ceil(monoMs)) | 0;
    return ms > 0 && ms <= MAX_QUIET_MS ? ms : 0;
  }

  /** True when nothing published waits. */
  isEmpty(): boolean {
    return Atomics.load(this.#words, TAIL) === this.#head;
  }

  /** Bytes published and not yet read. */
  depthBytes(): number {
    return (Atomics.load(this.#words, TAIL) - this.#head) | 0;
  }

  /**
   * Says whether the consumer is about to block. Set it, then look at `isEmpty` again, then block:
   * a producer that publishes in between sees the flag or is seen.
   */
  setAsleep(asleep: boolean): void {
    Atomics.store(this.#words, ASLEEP, asleep ? 1 : 0);
  }

  /** Proof of life, for whoever supervises the consumer. */
  beat(): void {
    Atomics.add(this.#words, HEARTBEAT, 1);
  }

  /** How often the ring was found damaged and emptied; stays 0. */
  get corruptions(): number {
    return this.#corruptions;
  }
}

/** What a third thread may look at: depth for metrics, heartbeat for supervision. */
export function inspectRing(ring: SharedArrayBuffer): {
  depthBytes: number;
  capacityBytes: number;
  heartbeat: number;
} {
  const words = new Int32Array(ring, 0, DATA_BYTES / 4);
  const head = Atomics.load(words, HEAD);
  const depthBytes = Math.max(0, (Atomics.load(words, TAIL) - head) | 0);
  const heartbeat = Atomics.load(words, HEARTBEAT);
  return { depthBytes, capacityBytes: ring.byteLength - DATA_BYTES, heartbeat };
}
