// All phones in one piece of shared memory, compiled by main and read by every shard: number,
// password, account, lock, gate. A look-up is one hash and one comparison; hundreds of thousands
// of phones cost no object. Layout: count, buckets, then buckets (linear probing), records, texts.
import { latin1Equals, latin1Slice } from '../base/latin1.ts';
import { hashText } from '../base/text-hash.ts';

/** A phone as main knows it. */
export interface DeckPhone {
  readonly e164: string;
  readonly account: string;
  readonly password: string;
  readonly lock: boolean;
  /** Gate that counts its calls, and most calls at once. */
  readonly slot: number;
  readonly capacity: number;
}

/** A phone as a shard finds it; the password is the latin1 reading of its UTF-8 bytes. */
export type Phone = DeckPhone;

const HEAD_WORDS = 4;
const RECORD_WORDS = 6;
const LOCKED = 1;

export function compilePhoneDeck(phones: readonly DeckPhone[]): SharedArrayBuffer {
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, phones.length * 2)));
  const textAt = (HEAD_WORDS + buckets + phones.length * RECORD_WORDS) * 4;
  const texts = phones.map(
    ({ e164, password, account }) =>
      [Buffer.from(e164, 'latin1'), Buffer.from(account), Buffer.from(password)] as const,
  );
  const bytes = texts.reduce(
    (sum, parts) => sum + parts.reduce((s, part) => s + part.length, 0),
    0,
  );
  const memory = new SharedArrayBuffer(Math.ceil((textAt + bytes) / 4) * 4);
  const words = new Int32Array(memory);
  const buffer = Buffer.from(memory);
  words[0] = phones.length;
  words[1] = buckets;
  let text = textAt;
  phones.forEach((phone, i) => {
    const [e164, account, password] = texts[i]!;
    let bucket = hashText(phone.e164) & (buckets - 1);
    while (words[HEAD_WORDS + bucket] !== 0) bucket = (bucket + 1) & (buckets - 1);
    words[HEAD_WORDS + bucket] = i + 1;
    const at = HEAD_WORDS + buckets + i * RECORD_WORDS;
    words[at] = text;
    words[at + 1] = e164.length | (account.length << 8) | (password.length << 16);
    words[at + 2] = phone.lock ? LOCKED : 0;
    words[at + 3] = phone.slot;
    words[at + 4] = phone.capacity;
    for (const part of [e164, account, password]) text += part.copy(buffer, text);
  });
  return memory;
}

export class PhoneDeck {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;

  /** @param memory of compilePhoneDeck */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#bytes = Buffer.from(memory);
  }

  get size(): number {
    return this.#words[0]!;
  }

  find(e164: string): Phone | null {
    const at = this.#recordOf(e164);
    if (at < 0) return null;
    const words = this.#words;
    const lengths = words[at + 1]!;
    const account = words[at]! + (lengths & 0xff);
    const password = account + ((lengths >>> 8) & 0xff);
    return {
      e164,
      account: this.#bytes.toString('utf8', account, password),
      password: latin1Slice(this.#bytes, password, password + (lengths >>> 16)),
      lock: (words[at + 2]! & LOCKED) !== 0,
      slot: words[at + 3]!,
      capacity: words[at + 4]!,
    };
  }

  has(e164: string): boolean {
    return this.#recordOf(e164) >= 0;
  }

  /** Word of the phone's record, or -1. */
  #recordOf(e164: string): number {
    const words = this.#words;
    const buckets = words[1]!;
    let bucket = hashText(e164) & (buckets - 1);
    for (;;) {
      const number = words[HEAD_WORDS + bucket]!;
      if (number === 0) return -1;
      const at = HEAD_WORDS + buckets + (number - 1) * RECORD_WORDS;
      const text = words[at]!;
      const end = text + (words[at + 1]! & 0xff);
      if (latin1Equals(this.#bytes, text, end, e164)) return at;
      bucket = (bucket + 1) & (buckets - 1);
    }
  }
}
