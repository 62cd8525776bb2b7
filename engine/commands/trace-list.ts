// Lists of the trace command as text: traces with what was kept of them, calls of a trace.
import type { StoredTrace } from '../store/traces.ts';
import type { TraceTotals } from '../trace/trace-reader.ts';
import type { CallSummary } from '../trace/traced-calls.ts';

/** Lines of cells, each column as wide as its widest. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export function traceList(
  traces: readonly StoredTrace[],
  totals: ReadonlyMap<number, TraceTotals>,
): string {
  if (traces.length === 0) return 'no trace was started\n';
  const rows = traces.map((trace) => {
    const { messages, bytes } = totals.get(trace.id) ?? { messages: 0, bytes: 0 };
    return [
      String(trace.id),
      trace.kind === 'call' ? 'call-id' : trace.kind,
      trace.value,
      time(trace.startedAtMs),
      trace.endedAtMs === null ? `until ${time(trace.untilMs)}` : `ended ${time(trace.endedAtMs)}`,
      trace.endReason === '' ? '-' : trace.endReason,
      `${messages} of ${trace.maxMessages}`,
      `${bytes} of ${trace.maxBytes}`,
    ];
  });
  const head = ['trace', 'of', 'what', 'started (UTC)', 'state', 'by', 'messages', 'bytes'];
  return table([head, ...rows]);
}

export function callList(calls: readonly CallSummary[]): string {
  if (calls.length === 0) return 'no call was traced\n';
  const rows = calls.map((call) => [
    time(call.startUs / 1000),
    call.name,
    call.from,
    call.to,
    call.gateways.join(' > '),
    String(call.messages),
    call.outcome,
  ]);
  const head = ['started (UTC)', 'call', 'from', 'to', 'gateways', 'messages', 'outcome'];
  return table([head, ...rows]);
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
