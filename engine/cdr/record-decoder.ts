// Turns a payload back into the rows of its tables, checked column by column: what passes here,
// ClickHouse takes. Used by ingest; the encoder's other half.
import { Unpackr } from 'msgpackr';
import type { Column, ColumnType } from './schema.ts';
import {
  ANSWERED_POSITION,
  answeredPositions,
  attemptColumns,
  cdrColumns,
  cdrRecordColumns,
  COLUMN_DEFAULTS,
  KIND_ALIVE,
  KIND_ATTEMPT,
  KIND_CDR,
  KIND_START,
  KIND_WITHHELD,
  SCHEMA_VERSION,
} from './schema.ts';

/** Values in column order; null where an optional one is 0. */
export type Row = readonly (string | number | null)[];

export type Decoded =
  /** `answered` is the row of the attempt that was answered, when the CDR says it too. */
  | { readonly status: 'cdr'; readonly row: Row; readonly answered: Row | null }
  | { readonly status: 'attempt'; readonly row: Row }
  /** Kept for the edge that wrote it (call-state.ts): to be stepped over. */
  | { readonly status: 'state' }
  /** Written by a newer program: keep it until a program that knows it reads it. */
  | { readonly status: 'future'; readonly reason: string }
  /** Not a record of its kind and version; `reason` names the column. */
  | { readonly status: 'malformed'; readonly reason: string };

const DECIMAL = /^-?\d{1,29}(?:\.\d{1,9})?$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** 2299-12-31: the last day of ClickHouse's DateTime64. */
export const MAX_TIME_MS = 10_413_705_600_000;

/** Positions of the optional columns. */
const OPTIONAL = {
  cdr: optionalColumns(cdrRecordColumns),
  attempt: optionalColumns(attemptColumns),
};

function optionalColumns(columns: readonly Column[]): number[] {
  return columns.flatMap((column, i) => (column.optional ? [i] : []));
}

/** Columns that a record of each version has. */
const WIDTHS = { cdr: widths(cdrRecordColumns), attempt: widths(attemptColumns) };

function widths(columns: readonly Column[]): number[] {
  return Array.from(
    { length: SCHEMA_VERSION + 1 },
    (_, version) => columns.filter(({ since }) => since <= version).length,
  );
}

const unpackr = new Unpackr({ useRecords: false });

/**
 * Decodes `payload[start, end)`.
 * @param kind as in schema.ts; a higher one is of the future, as is a higher version.
 */
export function decodeRecord(
  kind: number,
  version: number,
  payload: Buffer,
  start: number,
  end: number,
): Decoded {
  const other = notDecoded(kind, version);
  if (other !== undefined) return other;
  try {
    return decodeValues(kind, version, unpackr.unpack(payload.subarray(start, end)));
  } catch (error) {
    return malformed(`not msgpack: ${String(error)}`);
  }
}

/** The same for a record that is unpacked already: `values` becomes a row. */
export function decodeValues(kind: number, version: number, values: unknown): Decoded {
  const other = notDecoded(kind, version);
  if (other !== undefined) return other;
  const status = kind === KIND_CDR ? 'cdr' : 'attempt';
  const columns = kind === KIND_CDR ? cdrRecordColumns : attemptColumns;
  const width = WIDTHS[status][version]!;
  if (!Array.isArray(values) || values.length !== width) {
    return malformed(`not an array of ${width} values`);
  }
  const row: unknown[] = values;
  for (let at = width; at < columns.length; at++) row.push(COLUMN_DEFAULTS[columns[at]!.type]);
  const bad = findBadColumn(columns, row);
  if (bad !== undefined) return malformed(`column ${bad}`);
  for (const at of OPTIONAL[status]) if (row[at] === 0) row[at] = null;
  return status === 'cdr' ? cdrOf(row as Row) : { status, row: row as Row };
}

/** @param values of a CDR's record, checked */
function cdrOf(values: Row): Decoded {
  const hasAttempt = values[ANSWERED_POSITION] !== null;
  const answered = hasAttempt ? answeredPositions.map((at) => values[at] ?? null) : null;
  return { status: 'cdr', row: values.slice(0, cdrColumns.length), answered };
}

/** What becomes of kinds and versions that have no row here; undefined for the others. */
function notDecoded(kind: number, version: number): Decoded | undefined {
  if (!(kind >= KIND_CDR && version >= 1)) return malformed(`kind ${kind}, version ${version}`);
  if (kind === KIND_START || kind === KIND_ALIVE || kind === KIND_WITHHELD) {
    return { status: 'state' };
  }
  if (kind > KIND_ATTEMPT || version > SCHEMA_VERSION) {
    return { status: 'future', reason: `kind ${kind}, schema version ${version}` };
  }
  return undefined;
}

function malformed(reason: string): Decoded {
  return { status: 'malformed', reason };
}

function findBadColumn(columns: readonly Column[], row: readonly unknown[]): string | undefined {
  for (let i = 0; i < columns.length; i++) {
    if (!fits(columns[i]!.type, row[i])) return columns[i]!.name;
  }
  return typeof row[0] === 'string' && UUID.test(row[0]) ? undefined : 'id';
}

function fits(type: ColumnType, value: unknown): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'side':
      return value === 'caller' || value === 'callee' || value === 'server';
    case 'evidence':
      return value === 'seen' || value === 'recovered' || value === 'assumed';
    case 'money':
      return typeof value === 'string' && DECIMAL.test(value);
    case 'time':
      return isWhole(value, MAX_TIME_MS);
    case 'count':
      return isWhole(value, 0xffffffff);
    case 'code':
      return isWhole(value, 0xffff);
    case 'ordinal':
      return isWhole(value, 0xff);
  }
}

function isWhole(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}
