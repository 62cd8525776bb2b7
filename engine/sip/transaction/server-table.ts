// The server transactions of one shard, found by what RFC 3261 17.2.3 compares: branch and sent-by
// of the top Via, and the method. Compared as two independent 32-bit hashes with secret seeds, so
// that no key text is built or kept: at a million transactions a false match has odds of 1 in
// 10^13.
import type { Random } from '../../base/random.ts';
import { Method } from '../message/methods.ts';
import type { SipMessage } from '../message/message.ts';
import { MAGIC_COOKIE } from './branch.ts';
import type { ServerTransaction } from './server-transaction.ts';

const FIRST_BUCKETS = 1024;

/** Two hashes of a request; each call of `ServerTable.keyOf` overwrites it. */
export interface ServerKey {
  high: number;
  low: number;
}

export class ServerTable {
  readonly #seedHigh: number;
  readonly #seedLow: number;
  readonly #key: ServerKey = { high: 0, low: 0 };
  /** Chains of transactions with equal low bits of `key.low`; a power of two of them. */
  #buckets: (ServerTransaction | null)[] = emptyBuckets(FIRST_BUCKETS);
  #size = 0;

  constructor(random: Random) {
    this.#seedHigh = random.u32() | 0;
    this.#seedLow = random.u32() | 0;
  }

  get size(): number {
    return this.#size;
  }

  /** The key of a request; of an ACK and, with `asInvite`, of a CANCEL that of their INVITE. */
  keyOf(request: SipMessage, asInvite = request.method === Method.Ack): Readonly<ServerKey> {
    const key = this.#key;
    key.high = this.#seedHigh;
    key.low = this.#seedLow;
    const { buf, topVia: via } = request;
    mix(key, buf, via.branchStart, via.branchEnd);
    mix(key, buf, via.hostStart, via.hostEnd);
    mixNumber(key, via.port);
    if (!hasCookie(buf, via.branchStart, via.branchEnd)) {
      // A client of RFC 2543: all that its retransmissions share stands in for a unique branch.
      mix(key, buf, request.callIdStart, request.callIdEnd);
      mix(key, buf, request.from.tagStart, request.from.tagEnd);
      mixNumber(key, request.cseq);
    }
    mixNumber(key, asInvite ? Method.Invite : request.method);
    return key;
  }

  find({ high, low }: Readonly<ServerKey>): ServerTransaction | undefined {
    let found = this.#chain(low);
    while (found !== null && (found.keyLow !== low || found.keyHigh !== high)) {
      found = found.nextInBucket;
    }
    return found ?? undefined;
  }

  /** Takes a transaction in under the key last made by `keyOf`. */
  add(transaction: ServerTransaction): void {
    transaction.keyHigh = this.#key.high;
    transaction.keyLow = this.#key.low;
    if (this.#size >= this.#buckets.length) this.#grow();
    this.#link(transaction);
    this.#size++;
  }

  remove(transaction: ServerTransaction): void {
    const index = transaction.keyLow & (this.#buckets.length - 1);
    let before: ServerTransaction | null = null;
    let at = this.#chain(index);
    while (at !== null && at !== transaction) {
      before = at;
      at = at.nextInBucket;
    }
    if (at === null) return;
    if (before === null) this.#buckets[index] = at.nextInBucket;
    else before.nextInBucket = at.nextInBucket;
    at.nextInBucket = null;
    this.#size--;
  }

  #chain(hash: number): ServerTransaction | null {
    return this.#buckets[hash & (this.#buckets.length - 1)] ?? null;
  }

  #link(transaction: ServerTransaction): void {
    const index = transaction.keyLow & (this.#buckets.length - 1);
    transaction.nextInBucket = this.#chain(index);
    this.#buckets[index] = transaction;
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = emptyBuckets(old.length * 2);
    for (let next of old) {
      while (next !== null) {
        const transaction = next;
        next = next.nextInBucket;
        this.#link(transaction);
      }
    }
  }
}

function emptyBuckets(count: number): (ServerTransaction | null)[] {
  return Array.from({ length: count }, () => null);
}

/** Two lanes: FNV-1a, and a multiply-xorshift hash of another constant. */
function mix(key: ServerKey, buf: Uint8Array, start: number, end: number): void {
  let { high, low } = key;
  for (let i = start; i < end; i++) {
    const byte = buf[i]!;
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte ^ (high >>> 15), 0x2c1b3c6d);
  }
  key.high = high;
  key.low = low;
  // Fields end with a mark of their own, so that bytes do not wander from one into the next.
  mixNumber(key, end - start);
}

function mixNumber(key: ServerKey, value: number): void {
  key.low = Math.imul(key.low ^ value, 0x85ebca6b);
  key.low ^= key.low >>> 13;
  key.high = Math.imul(key.high ^ value ^ (key.high >>> 15), 0x297a2d39);
}

/** RFC 3261 8.1.1.7; the cookie alone makes no branch unique (RFC 4475 3.2.1). */
function hasCookie(buf: Uint8Array, start: number, end: number): boolean {
  if (start < 0 || end - start <= MAGIC_COOKIE.length) return false;
  for (let i = 0; i < MAGIC_COOKIE.length; i++) {
    if (buf[start + i] !== MAGIC_COOKIE.charCodeAt(i)) return false;
  }
  return true;
}
