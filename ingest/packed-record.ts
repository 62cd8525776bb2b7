// The short way of a record into ClickHouse: its msgpack bytes become RowBinary bytes without a
// value in between. It takes what this version's encoder writes and numbers and ASCII texts in it;
// everything else it leaves to the long way (record-decoder.ts, row-binary.ts), which knows what is
// right and why something is not. What it takes comes out as the long way would write it.
import { MAX_TIME_MS } from '../engine/cdr/record-decoder.ts';
import type { Column, ColumnType } from '../engine/cdr/schema.ts';

/** Where the row goes: `bytes` has room for it behind `length`. */
export interface RowSink {
  readonly bytes: Uint8Array;
  length: number;
}

const UUID = 0;
const TEXT = 1;
const TIME = 2;
const MONEY = 3;
const SIDE = 4;
const EVIDENCE = 5;
/** Whole numbers, by the bytes that the column has. */
const UINT8 = 6;
const UINT16 = 7;
const UINT32 = 8;
/** A `count` in a column of eight bytes. */
const UINT32_IN_64 = 9;
/** Added to the above: 0 stands for NULL. */
const OPTIONAL = 16;

const CODES: Readonly<Record<ColumnType, number>> = {
  ...{ text: TEXT, time: TIME, money: MONEY, side: SIDE, evidence: EVIDENCE },
  ...{ ordinal: UINT8, code: UINT16, count: UINT32 },
};

/** Columns whose type in ClickHouse is not that of the record. */
const OTHERS: Readonly<Record<string, number>> = {
  ...{ id: UUID, duration_ms: UINT32_IN_64, billed_ms: UINT32_IN_64 },
};

/** What a value takes at most beyond its bytes in the record: a Decimal128 that was a "0". */
const MOST_GROWTH_BYTES = 16;

const FIXSTR = 0xa0;
const FIXSTR_MASK = 0xe0;
const STR_8 = 0xd9;
const FLOAT_64 = 0xcb;
const UINT_8 = 0xcc;
const UINT_16 = 0xcd;
const UINT_32 = 0xce;
const FIXARRAY = 0x90;
const MOST_FIXARRAY = 15;
const ARRAY_16 = 0xdc;
const TWO_32 = 0x1_0000_0000;
const UUID_CHARS = 36;
const DASH = 0x2d;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const BILLION = 1e9;
/** Whole part of money whose billionths a double holds exactly. */
const MOST_WHOLE = 9_000_000;
const SIDES = ['caller', 'callee', 'server'].map((word) => Buffer.from(word));
const EVIDENCES = ['seen', 'recovered', 'assumed'].map((word) => Buffer.from(word));

/** Value of each lower-case hex digit by its character, -1 for others. */
const HEX = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) HEX[digit.toString(16).charCodeAt(0)] = digit;

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

export class PackedRecord {
  readonly #codes: Uint8Array;
  /** Where in the sink each column of the last record begins, and where the last one ends. */
  readonly starts: Int32Array;
  /** Where the next value stands; -1 after one that is not taken. */
  #at = 0;
  #end = 0;

  /** @param columns in the order of the record */
  constructor(columns: readonly Column[]) {
    this.starts = new Int32Array(columns.length + 1);
    this.#codes = Uint8Array.from(
      columns,
      ({ name, type, optional }) => (OTHERS[name] ?? CODES[type]) + (optional ? OPTIONAL : 0),
    );
  }

  /** Room that the row of a record of `length` bytes needs at most. */
  roomFor(length: number): number {
    return length + this.#codes.length * MOST_GROWTH_BYTES;
  }

  /**
   * Writes the record that begins at `from[start]` behind `to.length`.
   * @returns where the record ends; -1: not taken, and what is behind the old `to.length` is void
   */
  write(from: Uint8Array, start: number, end: number, to: RowSink): number {
    const codes = this.#codes;
    const { starts } = this;
    this.#at = start;
    this.#end = end;
    this.#header(from, codes.length);
    for (let i = 0; i < codes.length && this.#at >= 0; i++) {
      starts[i] = to.length;
      this.#value(codes[i]!, from, to);
    }
    starts[codes.length] = to.length;
    return this.#at;
  }

  #header(from: Uint8Array, columns: number): void {
    const first = from[this.#at];
    if (columns <= MOST_FIXARRAY) {
      this.#at = first === FIXARRAY + columns ? this.#at + 1 : -1;
      return;
    }
    const count = from[this.#at + 1]! * 256 + from[this.#at + 2]!;
    this.#at = first === ARRAY_16 && count === columns ? this.#at + 3 : -1;
  }

  #value(code: number, from: Uint8Array, to: RowSink): void {
    let known = code;
    if (code >= OPTIONAL) {
      known -= OPTIONAL;
      const isNull = from[this.#at] === 0;
      to.bytes[to.length++] = isNull ? 1 : 0;
      if (isNull) {
        this.#at++;
        return;
      }
    }
    switch (known) {
      case UUID:
        return this.#uuid(from, to);
      case TEXT:
        return this.#text(from, to);
      case TIME:
        return this.#time(from, to);
      case MONEY:
        return this.#money(from, to);
      case SIDE:
        return this.#word(SIDES, from, to);
      case EVIDENCE:
        return this.#word(EVIDENCES, from, to);
      case UINT8:
        return this.#whole(1, 1, from, to);
      case UINT16:
        return this.#whole(2, 2, from, to);
      case UINT32:
        return this.#whole(4, 4, from, to);
      default:
        return this.#whole(4, 8, from, to);
    }
  }

  /** Length of the text that begins here, up to 127, -1: none does. Goes behind its header. */
  #textLength(from: Uint8Array): number {
    const first = from[this.#at++]!;
    const length = first === STR_8 ? from[this.#at++]! : first - FIXSTR;
    const isText = first === STR_8 || (first & FIXSTR_MASK) === FIXSTR;
    return isText && length < 128 && this.#at + length <= this.#end ? length : -1;
  }

  #text(from: Uint8Array, to: RowSink): void {
    const length = this.#textLength(from);
    if (length < 0) {
      this.#at = -1;
      return;
    }
    const { bytes } = to;
    let put = to.length;
    let at = this.#at;
    bytes[put++] = length;
    let seen = 0;
    for (const end = at + length; at < end; at++) {
      const byte = from[at]!;
      seen |= byte;
      bytes[put++] = byte;
    }
    to.length = put;
    this.#at = seen < 128 ? at : -1;
  }

  #word(words: readonly Uint8Array[], from: Uint8Array, to: RowSink): void {
    const start = this.#at + 1;
    this.#text(from, to);
    const length = this.#at - start;
    for (const word of words) {
      if (word.length === length && word.every((byte, i) => byte === from[start + i])) return;
    }
    this.#at = -1;
  }

  /** Each half of a UUID is a little-endian 64-bit number: the digits of a half go backwards. */
  #uuid(from: Uint8Array, to: RowSink): void {
    const isText = this.#textLength(from) === UUID_CHARS;
    let at = this.#at;
    let seen = isText ? 0 : -1;
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) seen |= from[at++] === DASH ? 0 : -1;
      const high = HEX[from[at++]!]!;
      const low = HEX[from[at++]!]!;
      seen |= high | low;
      to.bytes[to.length + (i < 8 ? 7 - i : 23 - i)] = (high << 4) | low;
    }
    to.length += 16;
    this.#at = seen < 0 ? -1 : at;
  }

  /** A whole number of at most `size` bytes, as `width` little-endian bytes. */
  #whole(size: number, width: number, from: Uint8Array, to: RowSink): void {
    const first = from[this.#at++]!;
    const length = first < 128 ? 0 : first === UINT_8 ? 1 : first === UINT_16 ? 2 : 4;
    let value = first < 128 ? first : 0;
    for (let i = 0; i < length; i++) value = value * 256 + from[this.#at++]!;
    // A zero that is written long may stand for NULL: not here.
    const isWhole = first < 128 || (first >= UINT_8 && first <= UINT_32 && value > 0);
    if (!isWhole || length > size || this.#at > this.#end) this.#at = -1;
    putLow(value, width, to);
  }

  /** Milliseconds need more than 32 bits: the encoder writes them as a double; 0 is no time. */
  #time(from: Uint8Array, to: RowSink): void {
    if (from[this.#at] !== FLOAT_64 || this.#at + 9 > this.#end) {
      this.#whole(4, 8, from, to);
      return;
    }
    for (let i = 0; i < 8; i++) doubleBytes[7 - i] = from[this.#at + 1 + i]!;
    const value = double[0]!;
    this.#at += 9;
    if (!(Number.isInteger(value) && value > 0 && value <= MAX_TIME_MS)) this.#at = -1;
    putLow(value % TWO_32, 4, to);
    putLow(Math.floor(value / TWO_32), 4, to);
  }

  /** Decimal(38, 9): a 128-bit integer of billionths. */
  #money(from: Uint8Array, to: RowSink): void {
    const length = this.#textLength(from);
    const end = this.#at + length;
    let whole = 0;
    let part = 0;
    let unit = 0;
    let digits = 0;
    for (let at = this.#at; at < end; at++) {
      const byte = from[at]!;
      const digit = byte - DIGIT_0;
      if (byte === DOT && unit === 0 && digits > 0) {
        unit = BILLION;
        digits = 0;
      } else if (digit < 0 || digit > 9) {
        this.#at = -1;
        return;
      } else if (unit === 0) {
        whole = whole * 10 + digit;
        digits++;
      } else {
        unit /= 10;
        part += digit * unit;
        digits++;
      }
    }
    const isMoney = length > 0 && digits > 0 && whole < MOST_WHOLE && (unit === 0 || unit >= 1);
    this.#at = isMoney ? end : -1;
    const billionths = whole * BILLION + part;
    putLow(billionths % TWO_32, 4, to);
    putLow(Math.floor(billionths / TWO_32), 12, to);
  }
}

/** A whole number below 2^32, little-endian in `width` bytes. */
function putLow(value: number, width: number, to: RowSink): void {
  const { bytes } = to;
  let left = value;
  for (let i = 0; i < width; i++) {
    bytes[to.length++] = left & 255;
    left >>>= 8;
  }
}
