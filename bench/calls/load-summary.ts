// The table of load rounds and what follows from them: medians per target, paired ratios.
import type { LoadResult } from './load-round.ts';
import { median } from './sipp-statistics.ts';
import type { Latency } from './sipp-statistics.ts';
import { formatTable, mebibytes } from './table.ts';

function latency(value: Latency | undefined): string {
  return value === undefined ? '-' : `${value.p50Ms}/${value.p99Ms}`;
}

function optional(value: number | undefined): string {
  return value === undefined ? '-' : String(value);
}

/**
 * One line a round. Latencies are p50/p99 in milliseconds, at SIPp's resolution of 1 ms; `failed`
 * shows calls of the warm-up behind a plus.
 */
export function formatRounds(results: readonly LoadResult[]): string {
  const head = ['target', 'calls/s', 'calls', 'us/call', 'record us', 'failed', 'resent'];
  head.push(
    'lost CDR',
    '100 ms',
    '180 ms',
    '200 ms',
    'at once',
    'RSS',
    'busy',
    'drops target/SIPp',
  );
  const rows = results.map((r) => [
    r.target,
    String(r.rate),
    String(r.calls),
    r.cpuUsPerCall.toFixed(1),
    r.recordCpuUsPerCall.toFixed(1),
    r.warmUpFailed === 0 ? String(r.failed) : `${r.failed}+${r.warmUpFailed}`,
    String(r.retransmissions),
    optional(r.lostRecords),
    latency(r.trying),
    latency(r.ringing),
    latency(r.answer),
    String(r.peakCalls),
    mebibytes(r.residentBytes),
    r.cpuPressure === undefined ? '-' : `${Math.round(r.cpuPressure * 100)} %`,
    `${r.dropsAtTarget}/${r.dropsAtSipp}`,
  ]);
  return formatTable([head, ...rows]);
}

export interface Summary {
  /** No failed call, no lost and no double record in any round. */
  readonly clean: boolean;
  /** Median CPU microseconds per call, by target. */
  readonly medianCpuUs: Readonly<Record<string, number>>;
  /** First target's CPU per call over the second's, round by round; empty with one target. */
  readonly ratios: readonly number[];
  /** NaN with one target. */
  readonly medianRatio: number;
  readonly text: string;
}

/** @param results rounds in the order they ran; with two targets strictly in turn: A B A B. */
export function summarise(results: readonly LoadResult[]): Summary {
  const byTarget = new Map<string, number[]>();
  for (const result of results) {
    const values = byTarget.get(result.target) ?? [];
    values.push(result.cpuUsPerCall);
    byTarget.set(result.target, values);
  }
  const [first, second] = [...byTarget.values()];
  const ratios = second === undefined ? [] : second.map((value, i) => first![i]! / value);
  const medianRatio = median(ratios);
  const medianCpuUs = Object.fromEntries([...byTarget].map(([key, v]) => [key, median(v)]));
  const lines = Object.entries(medianCpuUs).map(
    ([target, value]) => `${target}: median ${value.toFixed(1)} us CPU per call`,
  );
  if (ratios.length > 0) {
    const each = ratios.map((ratio) => ratio.toFixed(2)).join(' ');
    lines.push(`paired ratios ${each}; median ${medianRatio.toFixed(2)}`);
  }
  const clean = results.every(
    (r) =>
      r.failed === 0 &&
      r.warmUpFailed === 0 &&
      (r.lostRecords ?? 0) === 0 &&
      (r.doubleRecords ?? 0) === 0,
  );
  lines.push(clean ? 'clean: no failed call, no lost record' : 'NOT CLEAN');
  return { clean, medianCpuUs, ratios, medianRatio, text: lines.join('\n') };
}
