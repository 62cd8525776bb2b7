// Compares every cell of every rollup with sums of the records that are written down here by hand,
// not taken from the catalogue.
import type { ClickHouseClient } from '@clickhouse/client';

const CALLS = `count() AS calls, countIf(isNotNull(answered_at)) AS answered,
  countIf(isNotNull(answered_at) OR isNotNull(ringing_at) OR end_code IN (480, 486, 600, 603)),
  sum(duration_ms), sum(billed_ms), sum(coalesce(pdd_ms, 0)), countIf(isNotNull(pdd_ms)),
  sum(toUInt64(c.attempts)), sum(c.customer_fee), sum(c.vendor_fee), sum(c.agent_fee), sum(c.tax),
  toString(sumMap(map(end_code, toUInt64(1))))`;
const CALL_COLUMNS = `calls, answered, effective, duration_ms, billed_ms, pdd_sum_ms, pdd_count,
  attempts, customer_fee, vendor_fee, agent_fee, tax, toString(codes)`;
const ATTEMPTS = `count(), countIf(code BETWEEN 200 AND 299),
  countIf(code BETWEEN 200 AND 299 OR isNotNull(pdd_ms) OR code IN (480, 486, 600, 603)),
  sum(coalesce(pdd_ms, 0)), countIf(isNotNull(pdd_ms)), toString(sumMap(map(code, toUInt64(1))))`;
const ATTEMPT_COLUMNS = 'attempts, answered, effective, pdd_sum_ms, pdd_count, toString(codes)';

const FAMILIES = [
  ['customer', 'cdr', 'account, mapping_gateway, area, call_level', CALLS, CALL_COLUMNS],
  ['vendor', 'cdr', 'clearing_account, routing_gateway, vendor_area', CALLS, CALL_COLUMNS],
  ['attempt', 'cdr_attempt', 'routing_gateway', ATTEMPTS, ATTEMPT_COLUMNS],
] as const;

const SECONDS = { minute: 60, quarter: 900, hour: 3600, day: 86_400 };

/** Lines that stand on one side only, with the rollup's name; empty when all is equal. */
export async function differences(
  client: ClickHouseClient,
  grains: readonly (keyof typeof SECONDS)[] = ['minute', 'quarter', 'hour', 'day'],
): Promise<string[]> {
  const lines = async (query: string): Promise<string[]> => {
    const result = await client.query({ query, format: 'TabSeparated' });
    return (await result.text()).split('\n').filter((line) => line !== '');
  };
  const found: string[] = [];
  for (const [family, source, keys, sums, columns] of FAMILIES) {
    for (const grain of grains) {
      const seconds = SECONDS[grain];
      const bucket = `intDiv(toUnixTimestamp64Milli(started_at), ${seconds * 1000}) * ${seconds}`;
      // Without FINAL: one row of each call by hand.
      const one =
        source === 'cdr'
          ? 'SELECT * FROM tandem.cdr ORDER BY inserted_at DESC LIMIT 1 BY id'
          : 'SELECT * FROM tandem.cdr_attempt ORDER BY inserted_at DESC LIMIT 1 BY id, attempt';
      const raw = await lines(
        `SELECT ${bucket} AS b, ${keys}, ${sums} FROM (${one}) AS c GROUP BY b, ${keys}`,
      );
      const name = `${family}_traffic_${grain}`;
      const rolled = await lines(
        `SELECT toUnixTimestamp(bucket), ${keys}, ${columns} FROM tandem.${name}`,
      );
      const inRaw = new Set(raw);
      const inRolled = new Set(rolled);
      for (const line of raw) if (!inRolled.has(line)) found.push(`not in ${name}: ${line}`);
      for (const line of rolled) if (!inRaw.has(line)) found.push(`only in ${name}: ${line}`);
      if (inRolled.size !== rolled.length) found.push(`${name} has a row twice`);
    }
  }
  return found;
}
