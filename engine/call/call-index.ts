// The running calls of a shard by the Call-ID of their caller, to find the call of a merged INVITE
// (RFC 3261 8.2.2.2). A chained hash table over the calls themselves: no key text is built to look
// one up, and hardly any memory is touched, for a question whose answer is nearly always no.
import { latin1Equals } from '../base/latin1.ts';
import type { Random } from '../base/random.ts';
import type { SipMessage } from '../sip/message/message.ts';

const FIRST_BUCKETS = 1024;

/** What the index keeps in each call. */
export interface IndexedCall<T> {
  /** Call-ID of the caller's leg. */
  readonly callIdIn: string;
  indexHash: number;
  nextInIndex: T | null;
}

export class CallIndex<T extends IndexedCall<T>> {
  readonly #seed: number;
  /** Chains of calls with equal low bits of their hash; a power of two of them. */
  #buckets: (T | null)[] = emptyBuckets(FIRST_BUCKETS);
  #size = 0;

  constructor(random: Random) {
    this.#seed = random.u32() | 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a call in; of two with the same Call-ID the later one is found. */
  add(call: T): void {
    const { callIdIn } = call;
    let hash = this.#seed;
    for (let i = 0; i < callIdIn.length; i++) hash = mixed(hash, callIdIn.charCodeAt(i));
    call.indexHash = hash;
    if (this.#size >= this.#buckets.length) this.#grow();
    this.#link(call);
    this.#size++;
  }

  /** The call whose caller's Call-ID a request has. */
  find(request: SipMessage): T | undefined {
    const { buf, callIdStart, callIdEnd } = request;
    let hash = this.#seed;
    for (let i = callIdStart; i < callIdEnd; i++) hash = mixed(hash, buf[i]!);
    let call = this.#chain(hash);
    while (call !== null) {
      if (call.indexHash === hash && latin1Equals(buf, callIdStart, callIdEnd, call.callIdIn)) {
        return call;
      }
      call = call.nextInIndex;
    }
    return undefined;
  }

  remove(call: T): void {
    const index = call.indexHash & (this.#buckets.length - 1);
    let before: T | null = null;
    let at = this.#chain(index);
    while (at !== null && at !== call) {
      before = at;
      at = at.nextInIndex;
    }
    if (at === null) return;
    if (before === null) this.#buckets[index] = at.nextInIndex;
    else before.nextInIndex = at.nextInIndex;
    at.nextInIndex = null;
    this.#size--;
  }

  #chain(hash: number): T | null {
    return this.#buckets[hash & (this.#buckets.length - 1)] ?? null;
  }

  #link(call: T): void {
    const index = call.indexHash & (this.#buckets.length - 1);
    call.nextInIndex = this.#chain(index);
    this.#buckets[index] = call;
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = emptyBuckets(old.length * 2);
    for (let next of old) {
      while (next !== null) {
        const call = next;
        next = next.nextInIndex;
        this.#link(call);
      }
    }
  }
}

function emptyBuckets<T>(count: number): (T | null)[] {
  return Array.from({ length: count }, () => null);
}

/** FNV-1a with a secret beginning, spread once more: the low bits choose the bucket. */
function mixed(hash: number, byte: number): number {
  const product = Math.imul(hash ^ byte, 0x01000193);
  return product ^ (product >>> 15);
}
