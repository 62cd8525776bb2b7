// The nonces of digest challenges (RFC 7616 3.3): nothing is kept of a challenge until somebody
// answers it right. A nonce says which shard made it, when, how often its request was challenged
// before, and its number, under a keyed hash; the key lives and dies with the shard.
// Layout, hex digits: shard 2, time 8, round 2, number 8, hash 16.
import { hash } from 'node:crypto';

const LENGTH = 36;
const SIGNED = 20;
const NONCE = /^[0-9a-f]{36}$/;
/** Rounds that a nonce can count. */
const MAX_ROUND = 0xff;

/** What one of our own nonces says. */
export interface Nonce {
  /** When the first challenge of this request was made, whole seconds of the shard's clock. */
  readonly madeAtS: number;
  /** How often the request was challenged again after that. */
  readonly round: number;
  /** Counts the nonces of a shard, modulo 2^32. */
  readonly number: number;
}

export class Nonces {
  readonly #shard: string;
  readonly #key: string;
  #next = 0;

  /** @param key secret of this shard's life, at least 128 bits of randomness as text */
  constructor(shard: number, key: string) {
    this.#shard = hex(shard, 2);
    this.#key = key;
  }

  make(madeAtS: number, round: number): string {
    const number = this.#next;
    this.#next = (number + 1) >>> 0;
    const signed =
      this.#shard + hex(madeAtS, 8) + hex(Math.min(round, MAX_ROUND), 2) + hex(number, 8);
    return signed + this.#hash(signed);
  }

  /** Null when this life of this shard has not made it. */
  read(nonce: string): Nonce | null {
    if (nonce.length !== LENGTH || !NONCE.test(nonce)) return null;
    const signed = nonce.slice(0, SIGNED);
    if (this.#hash(signed) !== nonce.slice(SIGNED)) return null;
    return {
      madeAtS: Number.parseInt(nonce.slice(2, 10), 16),
      round: Number.parseInt(nonce.slice(10, 12), 16),
      number: Number.parseInt(nonce.slice(12, 20), 16),
    };
  }

  /** Of a text of fixed length, cut: nothing can be appended to it. */
  #hash(signed: string): string {
    return hash('sha256', this.#key + signed, 'hex').slice(0, LENGTH - SIGNED);
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0').slice(-digits);
}
