// Rows as ClickHouse's RowBinary format: what the writer sends. Half the bytes of JSON and a third
// of the work of parsing it. A row is written down as soon as it is decoded: kept as values until
// its batch is full, the collector would copy it twice. ClickHouse documentation, "RowBinary".
import type { Row } from '../engine/cdr/record-decoder.ts';
import type { Column, ColumnType } from '../engine/cdr/schema.ts';
import { PackedRecord } from './packed-record.ts';

/** Nullable: a byte 1 for NULL, 0 before a value. */
type Put = (to: RowBuffer, value: string | number) => void;

const MONEY_PLACES = 9;
const LOW_64 = 0xffff_ffff_ffff_ffffn;

const FIRST_BYTES = 1 << 20;

/** A buffer that grows. */
class RowBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  length = 0;

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Longest text that is written character by character: below, a call into C++ costs more. */
const SHORT_TEXT = 48;

/** Length as LEB128, then the bytes. */
function putText(to: RowBuffer, value: string | number): void {
  const text = value as string;
  const { length } = text;
  to.reserve(length * 3 + 5);
  if (length <= SHORT_TEXT && putShortText(to.bytes, to.length, text)) {
    to.length += 1 + length;
    return;
  }
  let left = Buffer.byteLength(text);
  while (left >= 128) {
    to.bytes[to.length++] = (left & 127) | 128;
    left >>>= 7;
  }
  to.bytes[to.length++] = left;
  to.length += to.bytes.write(text, to.length);
}

/** False when a character is not ASCII: nothing of it counts then. */
function putShortText(bytes: Uint8Array, start: number, text: string): boolean {
  const { length } = text;
  bytes[start] = length;
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    seen |= code;
    bytes[start + 1 + i] = code;
  }
  return seen < 128;
}

/** Each half of a UUID is a little-endian 64-bit number: the digits of a half go backwards. */
function putUuid(to: RowBuffer, value: string | number): void {
  const text = value as string;
  to.reserve(16);
  for (let i = 0; i < 16; i++) {
    // Byte i stands at digit 2i, behind one dash more at bytes 4, 6, 8 and 10.
    const at = 2 * i + (i < 4 ? 0 : i < 6 ? 1 : i < 8 ? 2 : i < 10 ? 3 : 4);
    const byte = (hexDigit(text.charCodeAt(at)) << 4) | hexDigit(text.charCodeAt(at + 1));
    to.bytes[to.length + (i < 8 ? 7 - i : 23 - i)] = byte;
  }
  to.length += 16;
}

function hexDigit(code: number): number {
  return code <= 57 ? code - 48 : (code | 32) - 87;
}

/** The lowest `count` bytes of a whole number below 2^32, little-endian. */
function putLow(to: RowBuffer, value: number, count: number): void {
  const { bytes } = to;
  let left = value;
  for (let i = 0; i < count; i++) {
    bytes[to.length + i] = left & 255;
    left >>>= 8;
  }
  to.length += count;
}

/** Epoch milliseconds of a DateTime64(3), and any UInt64 below 2^53. */
function putInt64(to: RowBuffer, value: string | number): void {
  const number = value as number;
  to.reserve(8);
  putLow(to, number % 0x1_0000_0000, 4);
  putLow(to, Math.floor(number / 0x1_0000_0000), 4);
}

function putUInt32(to: RowBuffer, value: string | number): void {
  to.reserve(4);
  putLow(to, value as number, 4);
}

function putUInt16(to: RowBuffer, value: string | number): void {
  to.reserve(2);
  putLow(to, value as number, 2);
}

function putUInt8(to: RowBuffer, value: string | number): void {
  to.reserve(1);
  to.bytes[to.length++] = value as number;
}

/** Decimal(38, 9): a 128-bit integer of billionths. */
function putMoney(to: RowBuffer, value: string | number): void {
  const text = value as string;
  to.reserve(16);
  if (text === '0') {
    for (let i = 0; i < 4; i++) putLow(to, 0, 4);
    return;
  }
  const dot = text.indexOf('.');
  const digits = dot < 0 ? text : text.slice(0, dot) + text.slice(dot + 1);
  const places = dot < 0 ? 0 : text.length - dot - 1;
  const billionths = BigInt(digits + '000000000'.slice(0, MONEY_PLACES - places));
  to.bytes.writeBigUInt64LE(billionths & LOW_64, to.length);
  to.bytes.writeBigInt64LE(billionths >> 64n, to.length + 8);
  to.length += 16;
}

const PUTS: Readonly<Record<ColumnType, Put>> = {
  text: putText,
  side: putText,
  evidence: putText,
  time: putInt64,
  count: putUInt32,
  code: putUInt16,
  ordinal: putUInt8,
  money: putMoney,
};

/** Columns whose type in ClickHouse is wider than the record's. */
const WIDER: Readonly<Record<string, Put>> = {
  id: putUuid,
  duration_ms: putInt64,
  billed_ms: putInt64,
};

/** How the values of one table's rows are written. */
export interface RowLayout {
  /** For records, whose first columns are the row's. */
  readonly packed: PackedRecord;
  readonly puts: readonly Put[];
  /** By the column of the record. */
  readonly optional: readonly boolean[];
}

/**
 * @param columns in the order of the rows and of the INSERT's column list
 * @param more that its records have behind them
 */
export function rowLayout(columns: readonly Column[], more: readonly Column[] = []): RowLayout {
  const ofRecord = [...columns, ...more];
  return {
    packed: new PackedRecord(ofRecord),
    puts: columns.map(({ name, type }) => WIDER[name] ?? PUTS[type]),
    optional: ofRecord.map(({ optional }) => optional),
  };
}

/** Rows of one table, one after the other. */
export class RowBlock {
  rows = 0;
  readonly #layout: RowLayout;
  readonly #buffer = new RowBuffer();

  constructor(layout: RowLayout) {
    this.#layout = layout;
  }

  get length(): number {
    return this.#buffer.length;
  }

  get bytes(): Buffer {
    return this.#buffer.bytes.subarray(0, this.#buffer.length);
  }

  /** @param row as `decodeRecord` checked it */
  add(row: Row): void {
    const to = this.#buffer;
    const { puts, optional } = this.#layout;
    for (let i = 0; i < puts.length; i++) {
      const value = row[i] ?? null;
      if (optional[i]) putUInt8(to, value === null ? 1 : 0);
      if (value !== null) puts[i]!(to, value);
    }
    this.rows++;
  }

  /**
   * Adds the record of this schema version whose msgpack begins at `payload[start]`.
   * @returns where it ends; -1: it has to go the long way, by `decodeRecord` and {@link add}
   */
  addPacked(payload: Buffer, start: number, end: number): number {
    const to = this.#buffer;
    const { packed, puts } = this.#layout;
    const before = to.length;
    to.reserve(packed.roomFor(end - start));
    const next = packed.write(payload, start, end, to);
    // What the record has beyond the row stays behind it, for `addColumnsOf`.
    to.length = next < 0 ? before : packed.starts[puts.length]!;
    if (next >= 0) this.rows++;
    return next;
  }

  /** Whether an optional column of the record that `addPacked` took last has a value. */
  has(column: number): boolean {
    return this.#buffer.bytes[this.#layout.packed.starts[column]!] === 0;
  }

  /**
   * Adds a row of columns of the record that the other block took last by `addPacked`. One that is
   * optional there only has a value.
   * @param columns by their place in that record, in the order of this row
   */
  addColumnsOf(other: RowBlock, columns: readonly number[]): void {
    const { bytes } = other.#buffer;
    const { packed, optional } = other.#layout;
    const to = this.#buffer;
    to.reserve(packed.starts.at(-1)! - packed.starts[0]!);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const hasFlag = optional[column]! && !this.#layout.optional[i]!;
      const end = packed.starts[column + 1]!;
      for (let at = packed.starts[column]! + (hasFlag ? 1 : 0); at < end; at++) {
        to.bytes[to.length++] = bytes[at]!;
      }
    }
    this.rows++;
  }

  /** Forgets what was added since it had `rows` rows in `length` bytes. */
  cutBack(rows: number, length: number): void {
    this.rows = rows;
    this.#buffer.length = length;
  }
}
