// Whether a report may leave out FINAL. FINAL has to read the id of every record to find those that
// were delivered twice and are not merged yet: half the time of a report over millions of records,
// of which hardly any is. The rollups tell: they count each call once.
import type { ClickHouseClient } from '@clickhouse/client';
import { clickHouseFailure } from './clickhouse-failure.ts';
import { readSql, withSources } from './report-sql.ts';
import type { Period } from './traffic-period.ts';
import { trafficParameters } from './traffic-period.ts';

const HOUR_MS = 3_600_000;

/**
 * @param nowMs UTC epoch milliseconds
 * @returns false also when the rollups do not cover the period yet
 * @throws TandemError TDM_CLICKHOUSE_FAILED
 */
export async function isWithoutDoubles(
  client: ClickHouseClient,
  period: Period,
  nowMs: number,
): Promise<boolean> {
  // Whole hours: their numbers stand in rollups and index, nothing has to be counted.
  const fromMs = Math.floor(period.fromMs / HOUR_MS) * HOUR_MS;
  const toMs = Math.ceil(period.toMs / HOUR_MS) * HOUR_MS;
  const hours = { ...period, fromMs, toMs };
  const { parameters, parts, isSettled } = await trafficParameters(client, hours, 'all', nowMs);
  if (!isSettled) return false;
  const query_params = {
    ...parameters,
    from: (fromMs / 1000).toFixed(3),
    to: (toMs / 1000).toFixed(3),
  };
  const query = await withSources(await readSql('doubles'), parts);
  const rows = await client
    .query({ query, query_params, format: 'JSONEachRow' })
    .then((result) => result.json<{ none: number | boolean }>())
    .catch((cause: unknown) => {
      throw clickHouseFailure('the report', cause);
    });
  return Boolean(rows[0]?.none);
}
