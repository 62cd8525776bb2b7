// The value of a Kafka message: the records of one call that were written together, as a rule its
// attempts and its CDR, in one of two forms:
//   msgpack  [[kind, schema version, [column, ...]], ...]: each record as the spool has it
//   json     [{"kind": "cdr", "version": 3, "id": "...", ...}, ...]: columns by name, NULL as null,
//            the attempt that a CDR says it answered as an object of its own
// The consumer takes both, whatever its own configuration says. Other readers:
// infra/kafka/README.md.
import { Unpackr } from 'msgpackr';
import { MAX_PAYLOAD_BYTES } from '../../engine/cdr/frame.ts';
import type { Decoded, Row } from '../../engine/cdr/record-decoder.ts';
import type { Column } from '../../engine/cdr/schema.ts';
import {
  answeredColumns,
  attemptColumns,
  cdrColumns,
  COLUMN_DEFAULTS,
  KIND_ATTEMPT,
  KIND_CDR,
} from '../../engine/cdr/schema.ts';
import type { Gathered, RecordGatherer } from '../record-gatherer.ts';

/** msgpack: array of n in one byte, for n up to 15. */
const FIXARRAY = 0x90;
const MOST_RECORDS = 15;
/** Before each record: array of three, kind, version. */
const ENVELOPE_BYTES = 3;
/** Kind and version stand in one byte each: msgpack's positive fixint. */
const MOST_FIXINT = 0x7f;
/** Well below the 1 MB that brokers and librdkafka take. */
const CAPACITY_BYTES = 8 * MAX_PAYLOAD_BYTES;
const OPENING_BRACKET = 0x5b;
const COMMA = 0x2c;
const CLOSING_BRACKET = 0x5d;
const UUID_CHARS = 36;
/** msgpack: str 8 of the length of a UUID, in an array of up to 15 or more columns. */
const STR_8 = 0xd9;
const ARRAY_16 = 0xdc;

const TABLES = {
  cdr: { kind: KIND_CDR, columns: cdrColumns, more: answeredColumns },
  attempt: { kind: KIND_ATTEMPT, columns: attemptColumns, more: [] },
} as const;

/** What has rows. */
type DecodedRows = Extract<Decoded, { status: 'cdr' | 'attempt' }>;

const unpackr = new Unpackr({ useRecords: false });

/** A message that is being put together; its buffer is used again for the next. */
export class CallMessage {
  /** The call's id; null for bytes that have none, which go alone. */
  key: string | null = null;
  records = 0;
  readonly #bytes = Buffer.alloc(CAPACITY_BYTES);
  #length = 1;

  /** Whether a record of this call and length belongs into this message. */
  takes(key: string | null, length: number): boolean {
    if (this.records === 0) return true;
    if (key === null || key !== this.key || this.records === MOST_RECORDS) return false;
    return this.#length + length + ENVELOPE_BYTES < CAPACITY_BYTES;
  }

  /** The record `payload[start, end)` as it is, also one of a future version. */
  addMsgpack(kind: number, version: number, payload: Buffer, start: number, end: number): void {
    const bytes = this.#bytes;
    const at = this.#length;
    bytes[at] = FIXARRAY + ENVELOPE_BYTES;
    bytes[at + 1] = kind & MOST_FIXINT;
    bytes[at + 2] = version & MOST_FIXINT;
    const length = payload.copy(bytes, at + ENVELOPE_BYTES, start, end);
    this.#length = at + ENVELOPE_BYTES + length;
    bytes[0] = FIXARRAY + ++this.records;
  }

  addJson(text: Buffer): void {
    // The comma takes the place of the bracket behind the record before.
    if (this.records > 0) this.#bytes[this.#length - 1] = COMMA;
    this.#length += text.copy(this.#bytes, this.#length);
    this.#bytes[this.#length++] = CLOSING_BRACKET;
    this.#bytes[0] = OPENING_BRACKET;
    this.records++;
  }

  /** Valid until the next record is added. */
  value(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.key = null;
    this.records = 0;
    this.#length = 1;
  }
}

/** The rows of a record as JSON. @param version of the columns that it has */
export function jsonRecords(decoded: DecodedRows, version: number): Buffer[] {
  const { status, row } = decoded;
  const own = jsonRecord(status, version, row);
  const isAnswered = status === 'cdr' && decoded.answered !== null;
  return isAnswered ? [jsonRecord('attempt', version, decoded.answered), own] : [own];
}

function jsonRecord(name: keyof typeof TABLES, version: number, row: Row): Buffer {
  const { columns } = TABLES[name];
  const object: Record<string, unknown> = { kind: name, version };
  for (let i = 0; i < columns.length; i++) object[columns[i]!.name] = row[i];
  return Buffer.from(JSON.stringify(object));
}

/** The call's id, which is the first column; null when the payload is no record. */
export function callIdOf(payload: Buffer, start: number, end: number): string | null {
  const header = payload[start] === ARRAY_16 ? 3 : 1;
  const at = start + header;
  if (payload[at] !== STR_8 || payload[at + 1] !== UUID_CHARS) return null;
  const first = at + 2;
  return first + UUID_CHARS > end ? null : payload.toString('latin1', first, first + UUID_CHARS);
}

/**
 * Gathers the records that a message carries. Of a message that holds a malformed one the others
 * are taken; of one that holds a record of the future none is. `into.reason` says which and why.
 */
export function gatherValue(value: Buffer | null, into: RecordGatherer): Gathered {
  if (value !== null && gatherPacked(value, into)) return 'taken';
  const records = recordsOf(value);
  if (records === undefined) {
    into.reason = 'no array of records, in msgpack or JSON';
    return 'malformed';
  }
  const before = into.mark();
  let malformed = '';
  for (let i = 0; i < records.length; i++) {
    const gathered = gatherRecord(records[i], into);
    if (gathered === 'future') {
      into.cutBack(before);
      return 'future';
    }
    if (gathered === 'malformed') malformed ||= `record ${i + 1}: ${into.reason}`;
  }
  if (malformed === '') return 'taken';
  into.reason = malformed;
  return 'malformed';
}

/** All records the short way, without unpacking; false: not all can go it, and none was taken. */
function gatherPacked(value: Buffer, into: RecordGatherer): boolean {
  const records = value[0]! - FIXARRAY;
  if (!(records > 0 && records <= MOST_RECORDS)) return false;
  const before = into.mark();
  let at = 1;
  for (let i = 0; i < records && at > 0; i++) {
    const kind = value[at + 1]!;
    const version = value[at + 2]!;
    const isRecord = value[at] === FIXARRAY + ENVELOPE_BYTES;
    at = isRecord ? into.addPacked(kind, version, value, at + ENVELOPE_BYTES, value.length) : -1;
  }
  if (at === value.length) return true;
  into.cutBack(before);
  return false;
}

function recordsOf(value: Buffer | null): readonly unknown[] | undefined {
  if (value === null) return undefined;
  try {
    const records: unknown =
      value[0] === OPENING_BRACKET ? JSON.parse(value.toString()) : unpackr.unpack(value);
    return Array.isArray(records) && records.length > 0 ? records : undefined;
  } catch {
    return undefined;
  }
}

function gatherRecord(record: unknown, into: RecordGatherer): Gathered {
  if (Array.isArray(record)) {
    const [kind, version, values] = record as [number, number, unknown];
    return into.addValues(kind, version, values);
  }
  const object = (record ?? {}) as Readonly<Record<string, unknown>>;
  const { kind: name, version } = object;
  if ((name !== 'cdr' && name !== 'attempt') || !Number.isInteger(version)) {
    into.reason = 'an object needs "kind" (cdr or attempt) and "version"';
    return 'malformed';
  }
  const { kind, columns, more } = TABLES[name];
  const isKnown = ({ since }: Column): boolean => since <= (version as number);
  return into.addValues(kind, version as number, [
    ...columns.filter(isKnown).map((column) => columnValue(object, column)),
    ...more.filter(isKnown).map(({ type }) => COLUMN_DEFAULTS[type]),
  ]);
}

/** As it stands in a record, where 0 means that it never happened. */
function columnValue(object: Readonly<Record<string, unknown>>, column: Column): unknown {
  const value = object[column.name];
  return value === null && column.optional ? 0 : value;
}
