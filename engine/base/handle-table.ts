// Objects of one shard found by a short text that we put on the wire (in a branch or a tag) and get
// back: 6 hex digits of slot, 8 of nonce. Finding one needs no decoding and no hash map.
import { hex16, hex32, hex8 } from './hex.ts';
import type { Random } from './random.ts';

/** Characters of a handle. */
export const HANDLE_LENGTH = 14;
const SLOT_DIGITS = 6;
const MAX_SLOTS = 1 << 20;

/** Lower-case hex digit to value; 16 for anything else. */
const DIGIT = new Uint8Array(256).fill(16);
for (let i = 0; i < 16; i++) DIGIT['0123456789abcdef'.charCodeAt(i)] = i;

/** What a table keeps: it remembers its own slot, -1 when it is in none. */
export interface Handled {
  slot: number;
}

export class HandleTable<T extends Handled> {
  readonly #items: (T | null)[] = [];
  readonly #nonces: number[] = [];
  /** Freed slots, oldest last: the newest is used first, which keeps the table dense. */
  readonly #free: number[] = [];
  readonly #random: Random;
  #size = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes `item` in and returns its handle; undefined when the table is full. */
  add(item: T): string | undefined {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#items.length;
      if (slot >= MAX_SLOTS) return undefined;
      this.#items.push(null);
      this.#nonces.push(0);
    }
    const nonce = this.#random.u32() | 0;
    this.#items[slot] = item;
    this.#nonces[slot] = nonce;
    item.slot = slot;
    this.#size++;
    return hex8(slot >>> 16) + hex16(slot & 0xffff) + hex32(nonce);
  }

  /** The item whose handle stands at `start`, or undefined. */
  find(bytes: Uint8Array, start: number): T | undefined {
    let slot = 0;
    let nonce = 0;
    for (let i = 0; i < HANDLE_LENGTH; i++) {
      const digit = DIGIT[bytes[start + i] ?? 0]!;
      if (digit > 15) return undefined;
      if (i < SLOT_DIGITS) slot = (slot << 4) | digit;
      else nonce = (nonce << 4) | digit;
    }
    const item = this.#items[slot];
    return item && this.#nonces[slot] === nonce ? item : undefined;
  }

  remove(item: T): void {
    if (item.slot < 0 || this.#items[item.slot] !== item) return;
    this.#items[item.slot] = null;
    this.#free.push(item.slot);
    item.slot = -1;
    this.#size--;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const item of this.#items) if (item) yield item;
  }
}
