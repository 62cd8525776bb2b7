// Call records for the reports bench, made inside ClickHouse: the same ones each time.
import { readFile } from 'node:fs/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { repositoryPath } from '../../engine/base/paths.ts';
import { serverNowMs } from '../../ingest/rollups/clickhouse-clock.ts';
import { storeProgress } from '../../ingest/rollups/progress.ts';
import { recomputeSql } from '../../ingest/rollups/recompute-sql.ts';
import { FAMILIES, GRAINS } from '../../ingest/rollups/rollup-catalogue.ts';

/** The records lie in this month, UTC. */
export const MONTH = {
  from: '2026-10-01 00:00:00',
  fromMs: Date.UTC(2026, 9, 1),
  toMs: Date.UTC(2026, 9, 31),
  days: 30,
} as const;

/** Rows of one INSERT: a part is sorted in memory. */
const CHUNK_ROWS = 1_000_000;

async function run(
  client: ClickHouseClient,
  file: string,
  query_params: Record<string, string | number>,
): Promise<void> {
  const query = await readFile(repositoryPath('bench', 'reports', file), 'utf8');
  await client.command({ query, query_params });
}

async function countCalls(client: ClickHouseClient): Promise<number> {
  const query = 'SELECT count() AS calls FROM tandem.cdr';
  const result = await client.query({ query, format: 'JSONEachRow' });
  const [row] = await result.json<{ calls: string }>();
  return Number(row?.calls ?? 0);
}

/** Fills `cdr` and `cdr_attempt` unless they hold that many calls already, then the rollups. */
export async function fillRecords(
  client: ClickHouseClient,
  rows: number,
  say: (text: string) => void,
): Promise<void> {
  if ((await countCalls(client)) === rows) return;
  for (const table of ['cdr', 'cdr_attempt']) {
    await client.command({ query: `TRUNCATE TABLE tandem.${table}` });
  }
  for (let first = 0; first < rows; first += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - first);
    const { days, from } = MONTH;
    await run(client, 'fill-cdr.sql', { days, total: rows, first, count, start: from });
    say(`${first + count} calls`);
  }
  const dayMs = 86_400_000;
  for (let fromMs = MONTH.fromMs; fromMs < MONTH.toMs; fromMs += dayMs) {
    const to = ((fromMs + dayMs) / 1000).toFixed(3);
    await run(client, 'fill-attempt.sql', { from: (fromMs / 1000).toFixed(3), to });
  }
  say('attempts made');
  await fillRollups(client);
  say('rollups made');
}

/**
 * The hours and days that reports over a month read, computed as the refresher does; its minutes
 * and quarters, which would take most of the time here, are left out.
 */
async function fillRollups(client: ClickHouseClient): Promise<void> {
  const hours = Array.from({ length: MONTH.days * 24 }, (_, n) => MONTH.fromMs / 1000 + n * 3600);
  for (const rule of GRAINS.filter(({ grain }) => grain === 'hour' || grain === 'day')) {
    const fromRaw = rule.grain === 'hour';
    const buckets = hours.filter((hour) => hour % rule.seconds === 0);
    const perStatement = fromRaw ? 24 : MONTH.days;
    for (const family of FAMILIES) {
      for (let at = 0; at < buckets.length; at += perStatement) {
        const part = buckets.slice(at, at + perStatement);
        await client.command({ query: recomputeSql({ family, rule, fromRaw, buckets: part }) });
      }
    }
  }
  for (const source of ['cdr', 'cdr_attempt'] as const) {
    await storeProgress(client, source, await serverNowMs(client));
  }
}
