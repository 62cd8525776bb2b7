// How far the rollups are, kept in ClickHouse beside them: every row that ClickHouse took before
// `settled_until` is in them. A restart, or another ingest process, goes on from there.
import type { ClickHouseClient } from '@clickhouse/client';
import type { Source } from './rollup-catalogue.ts';

export interface Progress {
  /** UTC epoch milliseconds by ClickHouse's clock; 0 when nothing has been rolled up yet. */
  readonly settledUntilMs: number;
  /** Counts the stores; the highest stands. */
  readonly generation: number;
}

export async function loadProgress(client: ClickHouseClient, source: Source): Promise<Progress> {
  const result = await client.query({
    query: `SELECT toUnixTimestamp64Milli(settled_until) AS settledUntilMs, generation
      FROM tandem.rollup_progress FINAL WHERE source = {source:String}`,
    query_params: { source },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [row] = await result.json<Progress>();
  return row ?? { settledUntilMs: 0, generation: 0 };
}

export async function storeProgress(
  client: ClickHouseClient,
  source: Source,
  settledUntilMs: number,
): Promise<void> {
  // Read again: another process may have stored meanwhile.
  const generation = (await loadProgress(client, source)).generation + 1;
  await client.insert({
    table: 'tandem.rollup_progress',
    values: [{ source, generation, settled_until: (settledUntilMs / 1000).toFixed(3) }],
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0, distributed_foreground_insert: 1 },
  });
}
