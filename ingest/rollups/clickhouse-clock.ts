// What the refresher asks of ClickHouse: its time, and which minutes have new rows.
import type { ClickHouseClient } from '@clickhouse/client';
import { bucketOf } from './recompute-sql.ts';
import type { Source } from './rollup-catalogue.ts';

/** The first column of the answer. */
async function numbers(client: ClickHouseClient, query: string): Promise<number[]> {
  const result = await client.query({
    query,
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return (await result.json<[number]>()).map(([value]) => value);
}

/** UTC epoch milliseconds of ClickHouse's clock, which also sets `inserted_at`. */
export async function serverNowMs(client: ClickHouseClient): Promise<number> {
  const [now] = await numbers(client, 'SELECT toUnixTimestamp64Milli(now64(3)) AS now');
  return now ?? Number.NaN;
}

/**
 * Minutes (epoch seconds) of the calls whose rows ClickHouse took after `sinceMs`, ascending.
 * @param floorS calls that started before are left out
 */
export function changedMinutes(
  client: ClickHouseClient,
  source: Source,
  sinceMs: number,
  floorS: number,
): Promise<number[]> {
  const minute = `toUnixTimestamp(${bucketOf('started_at', 60)})`;
  const query = `SELECT DISTINCT ${minute} AS minute FROM tandem.${source}
    WHERE inserted_at > fromUnixTimestamp64Milli(${Math.trunc(sinceMs)}, 'UTC')
      AND started_at >= toDateTime(${Math.trunc(floorS)}, 'UTC')
    ORDER BY minute`;
  return numbers(client, query);
}
