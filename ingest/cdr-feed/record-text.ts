// A CDR as a CSV line and as a JSON object, by the column names of engine/cdr/schema.ts. Times are
// ISO 8601 in UTC with milliseconds, durations milliseconds, money decimal strings; what never
// happened is empty in CSV and null in JSON.
import type { Row } from '../../engine/cdr/record-decoder.ts';
import { cdrColumns } from '../../engine/cdr/schema.ts';

type Value = Row[number];

const NAMES: readonly string[] = cdrColumns.map(({ name }) => name);
const IS_TIME: readonly boolean[] = cdrColumns.map(({ type }) => type === 'time');
/** What a CSV field must be quoted for, RFC 4180 2.6; a space at an end is lost on some readers. */
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/** First line of a CSV file, with its line end. */
export const CSV_HEADER = `${NAMES.join(',')}\r\n`;

/** One line of CSV after RFC 4180, with its line end. */
export function csvLine(row: Row): string {
  let line = '';
  for (let i = 0; i < NAMES.length; i++) {
    const value = shown(row, i);
    const text = value === null ? '' : String(value);
    const field = NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    line += i === 0 ? field : `,${field}`;
  }
  return `${line}\r\n`;
}

/** One JSON object on one line, without a line end. */
export function jsonRecord(row: Row): string {
  const record: Record<string, Value> = {};
  for (let i = 0; i < NAMES.length; i++) record[NAMES[i]!] = shown(row, i);
  return JSON.stringify(record);
}

/** Id of the call: the first column. */
export function callIdOf(row: Row): string {
  return String(row[0]);
}

function shown(row: Row, column: number): Value {
  const value = row[column] ?? null;
  return IS_TIME[column] === true && value !== null ? new Date(value).toISOString() : value;
}
