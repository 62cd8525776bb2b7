// The record of the nightly run (tandem.report_run): which report was made for which day and when,
// and from that which days are missing and which have changed since.
import type { ClickHouseClient } from '@clickhouse/client';
import { addDaysTo, dayBounds, localDay } from '../local-time.ts';
import { queryTime } from '../run-report.ts';

/** made: its rows are in its table; off: its parameter was Off when its night came. */
export type RunState = 'made' | 'off';

export interface ReportRun {
  readonly table: string;
  /** Local day, `2026-11-22`. */
  readonly day: string;
  readonly state: RunState;
}

/**
 * A row may show up this long after its `inserted_at`: a run counts rows of its last minutes as not
 * seen. A day is then made once more without need, never once too few.
 */
const SETTLE_MINUTES = 10;

/** ClickHouse's own clock, as `inserted_at` is: UTC epoch milliseconds as text with decimals. */
export async function clickHouseTime(client: ClickHouseClient): Promise<string> {
  const query = `SELECT toString(now64(3, 'UTC')) AS now`;
  const [row] = await rowsOf<{ now: string }>(client, query, {});
  return row!.now;
}

/** @param madeAt time of {@link clickHouseTime} before the records were read */
export async function recordRun(
  client: ClickHouseClient,
  run: ReportRun & { readonly timezone: string; readonly rows: number },
  madeAt: string,
): Promise<void> {
  const { table, ...rest } = run;
  const values = [{ report: table, made_at: madeAt, ...rest }];
  await client.insert({ table: 'tandem.report_run', values, format: 'JSONEachRow' });
}

/** Runs of the days from `firstDay` on. */
export async function readRuns(
  client: ClickHouseClient,
  firstDay: string,
): Promise<readonly ReportRun[]> {
  const query = `
    SELECT report AS table, toString(runs.day) AS day, state
    FROM tandem.report_run AS runs FINAL WHERE runs.day >= {firstDay:Date}`;
  return rowsOf<ReportRun>(client, query, { firstDay });
}

/** Local day of the first call record from `firstDay` on; undefined when there is none. */
export async function firstDayWithCalls(
  client: ClickHouseClient,
  firstDay: string,
  timezone: string,
): Promise<string | undefined> {
  const query = `
    SELECT toUnixTimestamp64Milli(min(started_at)) AS first, count() AS records
    FROM tandem.cdr WHERE started_at >= {from:DateTime64(3, 'UTC')}`;
  const from = queryTime(dayBounds(firstDay, timezone)!.fromMs);
  const [row] = await rowsOf<{ first: string; records: string }>(client, query, { from });
  return row === undefined || Number(row.records) === 0
    ? undefined
    : localDay(Number(row.first), timezone);
}

/** Made reports whose day has records that came after they were made: late ones, long calls. */
export async function changedSince(
  client: ClickHouseClient,
  firstDay: string,
  timezone: string,
): Promise<readonly Pick<ReportRun, 'table' | 'day'>[]> {
  const query = `
    SELECT runs.report AS table, toString(runs.day) AS day
    FROM
    (
        SELECT report, day, made_at - toIntervalMinute(${SETTLE_MINUTES}) AS seen_until
        FROM tandem.report_run FINAL
        WHERE day >= {firstDay:Date} AND state = 'made'
            AND made_at < now64(3) - toIntervalMinute(${SETTLE_MINUTES})
    ) AS runs
    INNER JOIN
    (
        SELECT toDate(started_at, {timezone:String}) AS day, max(inserted_at) AS last
        FROM tandem.cdr
        WHERE started_at >= {from:DateTime64(3, 'UTC')}
        GROUP BY day
    ) AS calls ON runs.day = calls.day
    WHERE last > seen_until
    ORDER BY day, table`;
  const from = queryTime(dayBounds(firstDay, timezone)!.fromMs);
  return rowsOf(client, query, { firstDay, timezone, from });
}

/** The days from `firstDay` to `lastDay`, both included. */
export function daysBetween(firstDay: string, lastDay: string): string[] {
  const days: string[] = [];
  for (let day = firstDay; day <= lastDay; day = addDaysTo(day, 1)) days.push(day);
  return days;
}

async function rowsOf<Row>(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, string>,
): Promise<Row[]> {
  const result = await client.query({ query, query_params, format: 'JSONEachRow' });
  return result.json<Row>();
}
