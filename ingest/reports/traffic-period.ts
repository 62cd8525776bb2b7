// Cuts a report's period into what rollups have as whole buckets and what is read from the records:
//
//   from    fineFrom     coarseFrom         coarseTo      fineTo      to
//    |records|  fine rollup  |  coarse rollup  |  fine rollup |  records |
//
// A bucket is taken from a rollup only when every record of it is in there (rollup_progress), so
// that a report is the sum of the records at any moment; the rest is summed from the records.
import type { ClickHouseClient } from '@clickhouse/client';
import { clickHouseFailure } from './clickhouse-failure.ts';
import { zoneStepMs } from './local-time.ts';
import type { SourceParts } from './report-sql.ts';
import type { Bucket } from './report-types.ts';

type Grain = 'minute' | 'quarter' | 'hour' | 'day';

const MS: Readonly<Record<Grain, number>> = {
  minute: 60_000,
  quarter: 900_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Fine grains are kept for 190 days at least; older periods are summed from the records. */
const FINE_KEPT_MS = 180 * MS.day;

export interface Period {
  /** UTC epoch milliseconds: `fromMs` inclusive, `toMs` exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly timezone: string;
}

interface Grains {
  readonly coarse: Grain;
  readonly fine: Grain;
}

/** The coarsest rollups whose buckets do not straddle those of the report. */
export function grainsFor(bucket: Bucket, period: Period): Grains {
  if (bucket === 'all') return { coarse: 'day', fine: 'hour' };
  if (bucket === 'minute') return { coarse: 'minute', fine: 'minute' };
  const step = zoneStepMs(period.fromMs, period.toMs, period.timezone);
  if (bucket === 'day' && step % MS.day === 0) return { coarse: 'day', fine: 'hour' };
  if (step % MS.hour === 0) return { coarse: 'hour', fine: 'hour' };
  const fine = step % MS.quarter === 0 ? 'quarter' : 'minute';
  return { coarse: fine, fine };
}

const up = (ms: number, step: number): number => Math.ceil(ms / step) * step;
const down = (ms: number, step: number): number => Math.floor(ms / step) * step;
const clamp = (ms: number, from: number, to: number): number => Math.min(Math.max(ms, from), to);

export interface Cuts {
  readonly fineFromMs: number;
  readonly coarseFromMs: number;
  readonly coarseToMs: number;
  readonly fineToMs: number;
}

/** @param settledMs begin of the first record of the period that may not be in the rollups */
export function cutPeriod(period: Period, { coarse, fine }: Grains, settledMs: number): Cuts {
  const { fromMs, toMs } = period;
  const fineToMs = down(Math.min(toMs, settledMs), MS[fine]);
  const fineFromMs = up(fromMs, MS[fine]);
  if (fineToMs <= fineFromMs) {
    // Everything from the records; whole seconds, as the rollups' times are.
    const end = up(toMs, 1000);
    return { fineFromMs: end, coarseFromMs: end, coarseToMs: end, fineToMs: end };
  }
  const coarseFromMs = clamp(up(fineFromMs, MS[coarse]), fineFromMs, fineToMs);
  const coarseToMs = clamp(down(fineToMs, MS[coarse]), coarseFromMs, fineToMs);
  return { fineFromMs, coarseFromMs, coarseToMs, fineToMs };
}

const dateTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** The parameters of sql/sources. */
function cutParameters(cuts: Cuts, { coarse, fine }: Grains): Record<string, string> {
  const parameters: Record<string, string> = {
    fineFrom: dateTime(cuts.fineFromMs),
    coarseFrom: dateTime(cuts.coarseFromMs),
    coarseTo: dateTime(cuts.coarseToMs),
    fineTo: dateTime(cuts.fineToMs),
  };
  for (const family of ['customer', 'vendor', 'attempt']) {
    parameters[`${family}Coarse`] = `${family}_traffic_${coarse}`;
    parameters[`${family}Fine`] = `${family}_traffic_${fine}`;
  }
  return parameters;
}

/** First record of the period that ClickHouse took after the rollups were last made up to date. */
const UNSETTLED = `
WITH
    (
        SELECT
        (
            argMaxIf(settled_until, generation, source = 'cdr'),
            argMaxIf(settled_until, generation, source = 'cdr_attempt')
        )
        FROM tandem.rollup_progress
    ) AS until
SELECT toString(toUnixTimestamp64Milli(minOrDefault(started_at))) AS first, count() AS records
FROM
(
    SELECT started_at FROM tandem.cdr
    WHERE inserted_at >= until.1
        AND started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT started_at FROM tandem.cdr_attempt
    WHERE inserted_at >= until.2
        AND started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
)`;

/**
 * From when on the records of the period have to be read, UTC epoch milliseconds: its end when all
 * of them are in the rollups.
 * @throws TandemError TDM_CLICKHOUSE_FAILED
 */
async function settledUntil(client: ClickHouseClient, { fromMs, toMs }: Period): Promise<number> {
  const query_params = { from: (fromMs / 1000).toFixed(3), to: (toMs / 1000).toFixed(3) };
  const rows = await client
    .query({ query: UNSETTLED, query_params, format: 'JSONEachRow' })
    .then((result) => result.json<{ first: string; records: string }>())
    .catch((cause: unknown) => {
      throw clickHouseFailure('the report', cause);
    });
  const found = rows[0];
  return found === undefined || Number(found.records) === 0 ? toMs : Number(found.first);
}

export interface TrafficParameters {
  /** For sql/sources. */
  readonly parameters: Record<string, string>;
  /** Which of them have something to read. */
  readonly parts: SourceParts;
  /** Every record of the period is in the rollups. */
  readonly isSettled: boolean;
}

/**
 * Parameters that tell a report where to read its period.
 * @param bucket of the report's rows
 * @param nowMs UTC epoch milliseconds; undefined: read the records alone
 */
export async function trafficParameters(
  client: ClickHouseClient,
  period: Period,
  bucket: Bucket,
  nowMs: number | undefined,
): Promise<TrafficParameters> {
  const grains = grainsFor(bucket, period);
  const isKept =
    nowMs !== undefined && (MS[grains.fine] >= MS.hour || period.fromMs >= nowMs - FINE_KEPT_MS);
  const settledMs = isKept ? await settledUntil(client, period) : period.fromMs;
  const cuts = cutPeriod(period, grains, settledMs);
  const parts = {
    coarse: cuts.coarseFromMs < cuts.coarseToMs,
    fine: cuts.fineFromMs < cuts.coarseFromMs || cuts.coarseToMs < cuts.fineToMs,
    records: period.fromMs < cuts.fineFromMs || cuts.fineToMs < period.toMs,
  };
  const parameters = cutParameters(cuts, grains);
  return { parameters, parts, isSettled: isKept && settledMs >= period.toMs };
}
