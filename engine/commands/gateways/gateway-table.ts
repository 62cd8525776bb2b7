// The rows of GET /gateways as a table for people.
import type { GatewayRow } from '../../http/gateway-row.ts';

const COLUMNS: readonly (readonly [title: string, read: (row: GatewayRow) => string])[] = [
  ['kind', ({ kind }) => kind],
  ['name', ({ name }) => name],
  ['status', statusText],
  ['calls', ({ calls, capacity }) => `${calls}/${capacity ?? '-'}`],
  ['address', ({ address }) => address],
  ['registration', registrationText],
  ['latency', latencyText],
  ['published', publishedText],
  [
    'retry after',
    ({ retryAfterSeconds }) => (retryAfterSeconds > 0 ? `${retryAfterSeconds} s` : '-'),
  ],
];

/** With a line of titles; ends with a line end. */
export function gatewayTable(rows: readonly GatewayRow[]): string {
  const lines = [
    COLUMNS.map(([title]) => title),
    ...rows.map((row) => COLUMNS.map(([, read]) => printable(read(row)))),
  ];
  const widths = COLUMNS.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function statusText({ status, reason, locked }: GatewayRow): string {
  const why = reason === '' ? status : `${status}: ${reason}`;
  return locked ? `${why} (locked)` : why;
}

function registrationText({ registration }: GatewayRow): string {
  if (registration === null) return '-';
  const { state, code, secondsLeft } = registration;
  const status = code === 0 || code === 200 ? '' : ` ${code}`;
  return state === 'registered' ? `${state}${status} ${secondsLeft} s` : `${state}${status}`;
}

function latencyText({ probe }: GatewayRow): string {
  if (probe === null) return '-';
  const { state, latencyMs } = probe;
  return latencyMs === null || state !== 'up' ? state : `${latencyMs.toFixed(1)} ms`;
}

function publishedText({ published }: GatewayRow): string {
  if (published === null) return '-';
  const { state, capacity, secondsLeft } = published;
  return `${state}${capacity === null ? '' : ` ${capacity}`} ${secondsLeft} s`;
}

/** Names come from files that others may have written: no control characters for the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
