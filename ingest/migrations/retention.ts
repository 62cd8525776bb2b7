// How long rows are kept: a TTL on each table, brought in line with the settings at every start.
// Whole parts are dropped when all their rows are past it (no rewriting), so a row may live up to
// a month longer: parts do not span months.
import type { ClickHouseClient } from '@clickhouse/client';
import type { RetentionDays } from '../../engine/config/clickhouse-settings.ts';

interface TableRetention {
  readonly table: string;
  readonly column: string;
  readonly days: number;
}

function wanted(retention: RetentionDays): TableRetention[] {
  const rollups = ['customer', 'vendor', 'attempt'].flatMap((family) => {
    const of = (grain: string, days: number): TableRetention => {
      return { table: `rollup_${family}_${grain}`, column: 'bucket', days };
    };
    return [
      of('minute', retention.minuteRetentionDays),
      of('quarter', retention.minuteRetentionDays),
      of('hour', retention.rollupRetentionDays),
      of('day', retention.rollupRetentionDays),
    ];
  });
  return [
    { table: 'cdr', column: 'started_at', days: retention.retentionDays },
    { table: 'cdr_attempt', column: 'started_at', days: retention.attemptRetentionDays },
    ...rollups,
  ];
}

/** Days of the TTL that each table has, by its name; 0 where there is none. */
async function current(client: ClickHouseClient): Promise<Map<string, number>> {
  const result = await client.query({
    query: `SELECT name, engine_full FROM system.tables WHERE database = 'tandem'`,
    format: 'JSONCompactEachRow',
  });
  const rows = await result.json<[string, string]>();
  return new Map(
    rows.map(([name, engine]) => {
      return [name, Number(/TTL .*toIntervalDay\((\d+)\)/.exec(engine)?.[1] ?? 0)];
    }),
  );
}

/**
 * Changes what differs; ClickHouse applies it to existing parts in the background.
 * @returns the tables that were changed, with their days
 */
export async function applyRetention(
  client: ClickHouseClient,
  retention: RetentionDays,
  cluster: string | null,
): Promise<string[]> {
  const days = await current(client);
  const changed: string[] = [];
  for (const one of wanted(retention)) {
    const name = cluster === null ? one.table : `${one.table}_local`;
    if (days.get(name) === one.days) continue;
    const on = cluster === null ? '' : ` ON CLUSTER ${cluster}`;
    const ttl = `toDateTime(${one.column}) + toIntervalDay(${one.days})`;
    const alter = one.days === 0 ? 'REMOVE TTL' : `MODIFY TTL ${ttl}`;
    await client.command({ query: `ALTER TABLE tandem.${name}${on} ${alter}` });
    changed.push(`${one.table}: ${one.days === 0 ? 'for ever' : `${one.days} days`}`);
  }
  return changed;
}
