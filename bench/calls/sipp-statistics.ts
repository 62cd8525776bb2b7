// Reads what SIPp writes: its statistics file (-trace_stat) and its response times (-trace_rtt).
// Both are text tables separated by semicolons, with a header line.

/** What one SIPp process counted, from first to last call. */
export interface SippCounts {
  readonly created: number;
  readonly successful: number;
  readonly failed: number;
  /** Messages that SIPp sent again: timer expired, or a retransmission was answered again. */
  readonly retransmissions: number;
  /** Messages that belong to no call of SIPp's. */
  readonly outOfCall: number;
  /** The most calls at once among the rows (one each `-fd` seconds). */
  readonly peakCalls: number;
}

/** Milliseconds; SIPp measures in whole ones. */
export interface Latency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const NONE: SippCounts = {
  created: 0,
  successful: 0,
  failed: 0,
  retransmissions: 0,
  outOfCall: 0,
  peakCalls: 0,
};

/** The text of a `-stf` file; a file without rows counts nothing. */
export function parseSippCounts(text: string): SippCounts {
  const rows = text.split('\n').filter((line) => line.includes(';'));
  const columns = rows.shift()?.split(';') ?? [];
  const last = rows.at(-1)?.split(';');
  if (last === undefined) return NONE;
  const column = (name: string): number => {
    const index = columns.indexOf(name);
    if (index < 0) throw new Error(`SIPp's statistics have no column ${name}`);
    return index;
  };
  const total = (name: string): number => Number(last[column(name)]);
  const current = column('CurrentCall');
  return {
    created: total('TotalCallCreated'),
    successful: total('SuccessfulCall(C)'),
    failed: total('FailedCall(C)'),
    retransmissions: total('Retransmissions(C)'),
    outOfCall: total('OutOfCallMsgs(C)'),
    peakCalls: rows.reduce((peak, row) => Math.max(peak, Number(row.split(';')[current])), 0),
  };
}

/** The value below which `share` (0..1) of the sorted values lie; 0 for none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0;
  const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
  return sorted[Math.max(0, index)]!;
}

/** The middle value, or the mean of the two in the middle; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The text of an rtt file (`Date_ms;response_time_ms;rtd_no`): latency by the number of the timer.
 */
export function parseResponseTimes(text: string): Map<string, Latency> {
  const byTimer = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const [, value, timer] = line.split(';');
    if (value === undefined || timer === undefined || timer === 'rtd_no') continue;
    const values = byTimer.get(timer) ?? [];
    values.push(Number(value));
    byTimer.set(timer, values);
  }
  const result = new Map<string, Latency>();
  for (const [timer, values] of byTimer) {
    const sorted = Float64Array.from(values).sort();
    result.set(timer, {
      count: sorted.length,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      maxMs: sorted.at(-1) ?? 0,
    });
  }
  return result;
}
