// A report as text: an aligned table for people, CSV (RFC 4180) and JSON for programs.
import type { ReportResult, ReportValue } from './run-report.ts';

export const REPORT_FORMATS = ['table', 'json', 'csv'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Control characters come from callers' SIP messages and must not reach a terminal. */
const printable = (value: ReportValue): string =>
  value === null ? '-' : String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

function renderTable({ columns, rows }: ReportResult): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map((name, i) =>
    cells.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), name.length),
  );
  const numeric = columns.map((_, i) => rows.every((row) => typeof row[i] !== 'string'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width));
  const count = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
  return [line(columns), line(rule), ...cells.map(line), count, ''].join('\n');
}

function csvCell(value: ReportValue): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function renderCsv({ columns, rows }: ReportResult): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function renderJson({ columns, rows }: ReportResult): string {
  const objects = rows.map((row) =>
    Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])),
  );
  return `${JSON.stringify(objects, null, 2)}\n`;
}

/** The whole report, with its last line end. */
export function renderReport(result: ReportResult, format: ReportFormat): string {
  switch (format) {
    case 'table':
      return renderTable(result);
    case 'csv':
      return renderCsv(result);
    case 'json':
      return renderJson(result);
  }
}
