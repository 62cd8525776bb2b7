// Whether FINAL may be left out: only when every record is there once, and the rollups know it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { isWithoutDoubles } from '../../../ingest/reports/doubles.ts';
import { runReport } from '../../../ingest/reports/run-report.ts';
import { RollupRefresher } from '../../../ingest/rollups/refresher.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';
import { DAY_MS, insertCalls } from './sample-calls.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
  for (const table of ['cdr', 'cdr_attempt']) {
    await server.client.command({ query: `SYSTEM STOP MERGES tandem.${table}` });
  }
});
after(() => server.close());

const NOW_MS = DAY_MS + 86_400_000;
const period = { fromMs: DAY_MS + 1, toMs: NOW_MS - 1, timezone: 'UTC' };

const calls = Array.from({ length: 50 }, (_, n) => ({
  atMs: 1000 + n * 1_700_000,
  gateway: 'acme-1',
  code: 404,
  reason: 'Not found',
  vendors: n % 2 === 0 ? ['alpha-1'] : [],
}));

async function refresh(): Promise<void> {
  const grainDays = { minute: 9999, quarter: 9999, hour: 9999, day: 9999 };
  const rawDays = { cdr: 9999, cdr_attempt: 9999 };
  const refresher = new RollupRefresher(server.client, { rawDays, grainDays, settleMs: 1 });
  await refresher.refresh(true);
  await refresher.refresh(true);
}

const isPlain = (): Promise<boolean> => isWithoutDoubles(server.client, period, NOW_MS);

async function codes(): Promise<number[]> {
  const request = { name: 'codes', ...period, filters: {} } as const;
  return (await runReport(server.client, request, NOW_MS)).rows.map((row) => row.calls);
}

test('not before the rollups have the records', async () => {
  await insertCalls(server.client, calls);
  assert.equal(await isPlain(), false);
  assert.deepEqual(await codes(), [50, 25]);
  await refresh();
  assert.equal(await isPlain(), true);
  assert.deepEqual(await codes(), [50, 25]);
});

test('not while a call or an attempt is there twice; reports count it once', async () => {
  await insertCalls(server.client, calls.slice(7, 8), 7);
  assert.equal(await isPlain(), false);
  assert.deepEqual(await codes(), [50, 25]);
  await refresh();
  assert.equal(await isPlain(), false);
  assert.deepEqual(await codes(), [50, 25]);
  for (const table of ['cdr', 'cdr_attempt']) {
    await server.client.command({ query: `SYSTEM START MERGES tandem.${table}` });
    await server.client.command({ query: `OPTIMIZE TABLE tandem.${table} FINAL` });
  }
  assert.equal(await isPlain(), true);
  assert.deepEqual(await codes(), [50, 25]);
});

test('a double outside of the period does not matter', async () => {
  await server.client.command({ query: 'SYSTEM STOP MERGES tandem.cdr_attempt' });
  const outside = { ...calls[0]!, atMs: 30 * 86_400_000 };
  await insertCalls(server.client, [outside], 900);
  await insertCalls(server.client, [outside], 900);
  await refresh();
  assert.equal(await isPlain(), true);
});
