// The few forms of msgpack that records are made of (github.com/msgpack/msgpack, spec.md), written
// into one buffer that is reused. Texts here are short and nearly always ASCII: a loop over their
// characters allocates nothing, and is cheaper than a native call.
// Used by record-encoder.ts and call-state-encoder.ts; read back with msgpackr.

const FIXSTR = 0xa0;
const STR_8 = 0xd9;
const STR_16 = 0xda;
const STR_32 = 0xdb;
const FIXARRAY = 0x90;
const ARRAY_16 = 0xdc;
const UINT_8 = 0xcc;
const UINT_16 = 0xcd;
const UINT_32 = 0xce;
const FLOAT_64 = 0xcb;
const STR_32_HEAD = 5;
/** From here on the native call is the cheaper one. */
const LONG_TEXT = 96;

interface Utf8Methods {
  utf8Write(text: string, offset: number): number;
}

export class MsgpackWriter {
  readonly bytes: Buffer;
  readonly #numbers: DataView;
  /** Where `clear` begins: what stands before is not this payload's. */
  start = 0;
  /** Where the next value goes: all before it has been written. */
  length = 0;

  constructor(bytes: number) {
    this.bytes = Buffer.alloc(bytes);
    const { buffer, byteOffset, byteLength } = this.bytes;
    this.#numbers = new DataView(buffer, byteOffset, byteLength);
  }

  /** Begins anew. */
  clear(): void {
    this.length = this.start;
  }

  /** An array of up to 65,535 values; as {@link add}. */
  values(values: readonly (string | number)[], maxChars: number): void {
    this.array(values.length);
    this.add(values, maxChars);
  }

  /**
   * Values of an array: texts and numbers as `text` and `integer` take them. One loop instead of a
   * call for each is a twentieth less in a shard, where code is out of the cache.
   * @param maxChars texts are cut to so many characters
   */
  add(values: readonly (string | number)[], maxChars: number): void {
    for (const value of values) {
      if (typeof value === 'number') this.integer(value);
      else this.text(value.length <= maxChars ? value : value.slice(0, maxChars));
    }
  }

  /** The head of an array of up to 65,535 values, which follow. */
  array(count: number): void {
    const { bytes } = this;
    if (count < 16) {
      bytes[this.length++] = FIXARRAY | count;
      return;
    }
    bytes[this.length] = ARRAY_16;
    bytes[this.length + 1] = count >>> 8;
    bytes[this.length + 2] = count;
    this.length += 3;
  }

  /** A whole number from -32 to 2^53 - 1; above 32 bits as a double, as msgpackr has it. */
  integer(value: number): void {
    const { bytes } = this;
    const at = this.length;
    if (value < 0x80) {
      // A negative one is its own low byte too.
      bytes[at] = value;
      this.length = at + 1;
    } else if (value < 0x1_0000) {
      if (value < 0x100) {
        bytes[at] = UINT_8;
        bytes[at + 1] = value;
        this.length = at + 2;
      } else {
        bytes[at] = UINT_16;
        bytes[at + 1] = value >>> 8;
        bytes[at + 2] = value;
        this.length = at + 3;
      }
    } else if (value <= 0xffff_ffff) {
      bytes[at] = UINT_32;
      this.#word(at + 1, value);
      this.length = at + 5;
    } else {
      bytes[at] = FLOAT_64;
      this.#numbers.setFloat64(at + 1, value);
      this.length = at + 9;
    }
  }

  text(value: string): void {
    const { length } = value;
    if (length > LONG_TEXT) {
      this.#long(value);
      return;
    }
    const head = length < 32 ? 1 : 2;
    const end = this.#ascii(value, this.length + head);
    if (end < 0) {
      this.#long(value);
      return;
    }
    if (head === 1) {
      this.bytes[this.length] = FIXSTR | length;
    } else {
      this.bytes[this.length] = STR_8;
      this.bytes[this.length + 1] = length;
    }
    this.length = end;
  }

  /** A text that is long as a rule, or of more than 65,535 bytes; cut where the buffer ends. */
  longText(value: string): void {
    const at = this.length;
    const written = this.#utf8(value, at + STR_32_HEAD);
    this.bytes[at] = STR_32;
    this.#word(at + 1, written);
    this.length = at + STR_32_HEAD + written;
  }

  #word(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  /** Writes the characters as they are; -1 when one is not ASCII, else where they end. */
  #ascii(value: string, at: number): number {
    const { bytes } = this;
    const { length } = value;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return -1;
      bytes[at + i] = code;
    }
    return at + length;
  }

  #long(value: string): void {
    const at = this.length;
    const written = this.#utf8(value, at + 3);
    this.bytes[at] = STR_16;
    this.bytes[at + 1] = written >>> 8;
    this.bytes[at + 2] = written;
    this.length = at + 3 + written;
  }

  #utf8(value: string, at: number): number {
    return (this.bytes as unknown as Utf8Methods).utf8Write(value, at);
  }
}
