// Objects of one shard found by a short text that we put on the wire (in a branch or a tag) and get
// back: 6 hex digits of slot, 8 of nonce. Finding one needs no decoding and no hash map.
import { addHex, beginId, takeId } from './id-text.ts';
import type { Random } from './random.ts';

/** Characters of a handle. */
export const HANDLE_LENGTH = 14;
const SLOT_DIGITS = 6;
const MAX_SLOTS = 1 << 20;
const HANDLE = /^[0-9a-f]{14}$/;

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
  /**
   * Freed slots, oldest last: the newest is used first, which keeps the table dense. One that was
   * restored since is still in here.
   */
  readonly #free: number[] = [];
  readonly #random: Random;
  #size = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Takes `item` in.
   * @param prefix what stands before the handle in the result, at most 50 characters
   * @returns its handle behind the prefix; undefined when the table is full
   */
  add(item: T, prefix: string): string | undefined {
    let slot = this.#free.pop();
    while (slot !== undefined && this.#items[slot] !== null) slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#items.length;
      if (slot >= MAX_SLOTS) return undefined;
      this.#items.push(null);
      this.#nonces.push(0);
    }
    const nonce = this.#random.u32() | 0;
    this.#put(item, slot, nonce);
    beginId(prefix);
    addHex(slot, SLOT_DIGITS);
    addHex(nonce, HANDLE_LENGTH - SLOT_DIGITS);
    return takeId();
  }

  /** Takes `item` in under a handle given before a restart; false when that is not possible. */
  restore(item: T, handle: string): boolean {
    if (!HANDLE.test(handle)) return false;
    const slot = Number.parseInt(handle.slice(0, SLOT_DIGITS), 16);
    if (slot >= MAX_SLOTS) return false;
    while (this.#items.length <= slot) {
      this.#free.push(this.#items.length);
      this.#items.push(null);
      this.#nonces.push(0);
    }
    if (this.#items[slot] !== null) return false;
    this.#put(item, slot, Number.parseInt(handle.slice(SLOT_DIGITS), 16) | 0);
    return true;
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

  #put(item: T, slot: number, nonce: number): void {
    this.#items[slot] = item;
    this.#nonces[slot] = nonce;
    item.slot = slot;
    this.#size++;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const item of this.#items) if (item) yield item;
  }
}
