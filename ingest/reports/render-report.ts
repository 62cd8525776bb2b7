// A report as text: an aligned table for people, CSV (RFC 4180) and JSON for programs.
import type { Columns, ReportValue } from './report-types.ts';
import { kindOf } from './report-types.ts';

export const REPORT_FORMATS = ['table', 'json', 'csv'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

type Rows = readonly Readonly<Record<string, ReportValue>>[];

/** Control characters come from callers' SIP messages and must not reach a terminal. */
const printable = (value: ReportValue | undefined): string =>
  value === null || value === undefined
    ? '-'
    : String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

function renderTable(columns: Columns, rows: Rows): string {
  const names = Object.keys(columns);
  const cells = rows.map((row) => names.map((name) => printable(row[name])));
  const widths = names.map((name, i) =>
    cells.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), name.length),
  );
  const toTheLeft = Object.values(columns).map((type) =>
    ['text', 'time', 'offset'].includes(kindOf(type)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (toTheLeft[i] ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width));
  const count = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
  return [line(names), line(rule), ...cells.map(line), count, ''].join('\n');
}

function csvCell(value: ReportValue | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvLine = (cells: readonly (ReportValue | undefined)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`;

/** CSV without the line of names, for what follows a first part. */
export function renderCsvRows(columns: Columns, rows: Rows): string {
  const names = Object.keys(columns);
  return rows.map((row) => csvLine(names.map((name) => row[name]))).join('');
}

/** The whole report, with its last line end. */
export function renderReport(columns: Columns, rows: Rows, format: ReportFormat): string {
  const names = Object.keys(columns);
  switch (format) {
    case 'table':
      return renderTable(columns, rows);
    case 'csv':
      return csvLine(names) + renderCsvRows(columns, rows);
    case 'json':
      return `${JSON.stringify(rows, null, 2)}\n`;
  }
}
