// One line per second about the switch, from its /metrics: what an operator watches.
import { sumMetric } from '../calls/switch-process.ts';

/** Cumulative unless said otherwise; counted since the switch started. */
export interface Figures {
  readonly atMs: number;
  readonly started: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly failedOver: number;
  readonly rows: number;
  /** Now. */
  readonly active: number;
  /** Of all threads of the edge process, seconds. */
  readonly cpuSeconds: number;
}

/** @param text Prometheus text format @param atMs monotonic time of the scrape */
export function readFigures(text: string, atMs: number): Figures {
  const sum = (name: string): number => sumMetric(text, name) ?? 0;
  return {
    atMs,
    started: sum('tandem_calls_started_total'),
    answered: sum('tandem_calls_answered_total'),
    unanswered: sum('tandem_calls_unanswered_total'),
    failedOver: sum('tandem_attempts_failed_over_total'),
    rows: sum('tandem_ingest_rows_total'),
    active: sum('tandem_calls_active'),
    cpuSeconds: sum('process_cpu_seconds_total'),
  };
}

/** The line, from the figures of this second and of the one before. */
export function figuresLine(now: Figures, before: Figures): string {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const decided = now.answered + now.unanswered;
  const asr = decided === 0 ? '-' : `${((100 * now.answered) / decided).toFixed(1)}%`;
  const cps = ((now.started - before.started) / seconds).toFixed(1);
  const cpu = ((100 * (now.cpuSeconds - before.cpuSeconds)) / seconds).toFixed(1);
  return [
    `calls up ${String(now.active).padStart(4)}`,
    `new/s ${cps.padStart(5)}`,
    `calls ${String(now.started).padStart(5)}`,
    `answered ${String(now.answered).padStart(5)}`,
    `ASR ${asr.padStart(6)}`,
    `failed over ${String(now.failedOver).padStart(3)}`,
    `CPU ${cpu.padStart(5)}%`,
    `rows in ClickHouse ${now.rows}`,
  ].join('  ');
}
