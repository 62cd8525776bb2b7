// The last net under the refresher: compares each rollup's totals per day with the records, and
// has the days that differ computed anew. Finds what no clock can hide, such as a table restored
// from an old backup.
import type { ClickHouseClient } from '@clickhouse/client';
import { serverNowMs } from './clickhouse-clock.ts';
import type { RollupRefresher } from './refresher.ts';
import type { Family } from './rollup-catalogue.ts';
import { FAMILIES, GRAINS } from './rollup-catalogue.ts';

const DAY_S = 86_400;

/** Rows of (day, totals as one text), of the records or of one grain. */
async function totals(
  client: ClickHouseClient,
  sums: readonly string[],
  from: string,
  range: string,
): Promise<Map<number, string>> {
  const all = `toString(tuple(${sums.join(', ')}))`;
  const query = `SELECT toUnixTimestamp(toDateTime(day_, 'UTC')), ${all}
    FROM ${from} WHERE ${range} GROUP BY day_`;
  const result = await client.query({
    query,
    format: 'JSONCompactEachRow',
    clickhouse_settings: { max_threads: 1, do_not_merge_across_partitions_select_final: 1 },
  });
  return new Map(await result.json<[number, string]>());
}

/** Days (epoch seconds) on which a grain of the family differs from the records. */
async function differing(
  client: ClickHouseClient,
  family: Family,
  first: number,
  end: number,
): Promise<number[]> {
  const range = (column: string): string =>
    `${column} >= toDateTime(${first}, 'UTC') AND ${column} < toDateTime(${end}, 'UTC')`;
  const day = (column: string): string => `toStartOfDay(${column}) AS day_`;
  const raw = await totals(
    client,
    family.measures.map((measure) => `CAST(${measure.raw}, '${measure.type}')`),
    `(SELECT *, ${day('started_at')} FROM tandem.${family.source} FINAL)`,
    range('started_at'),
  );
  const wrong = new Set<number>();
  for (const { grain } of GRAINS) {
    const rolled = await totals(
      client,
      family.measures.map(({ column }) => `sum(${column})`),
      `(SELECT *, ${day('bucket')} FROM tandem.${family.name}_traffic_${grain})`,
      range('bucket'),
    );
    for (const at of new Set([...raw.keys(), ...rolled.keys()])) {
      if (raw.get(at) !== rolled.get(at)) wrong.add(at);
    }
  }
  return [...wrong];
}

/**
 * Compares the `days` whole days (UTC) before today and recomputes those that differ.
 * @returns their begins, as ISO dates
 */
export async function reconcileDays(
  client: ClickHouseClient,
  refresher: RollupRefresher,
  days: number,
): Promise<string[]> {
  const nowS = (await serverNowMs(client)) / 1000;
  const end = Math.floor(nowS / DAY_S) * DAY_S;
  const found = new Set<number>();
  for (const family of FAMILIES) {
    const wrong = await differing(client, family, end - days * DAY_S, end);
    for (const day of wrong) found.add(day);
    for (const day of wrong) await refresher.mark(family.source, minutesOf(day));
  }
  if (found.size > 0) await refresher.refresh(true);
  return [...found]
    .sort((a, b) => a - b)
    .map((day) => new Date(day * 1000).toISOString().slice(0, 10));
}

function minutesOf(day: number): number[] {
  return Array.from({ length: DAY_S / 60 }, (_, n) => day + n * 60);
}
